//! An exchange in this process, and clients of it.

use hftz_engine::run::{Counter, Run, Status};
use hftz_model::{Command, Event, Side};
use hftz_wire::native;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What no test should ever wait for.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Exchange(Run);

impl Exchange {
    /// `config` is the run's block without `run` and `input`.
    pub fn start(config: &Value) -> Self {
        let mut run = open(config);
        run.start().unwrap();
        Self(run)
    }

    /// Connects once the exchange listens.
    pub fn connect(&self, port: u16) -> TcpStream {
        let stream = self.until(|| TcpStream::connect(("127.0.0.1", port)).ok());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub fn connect_unix(&self, path: &Path) -> UnixStream {
        self.until(|| UnixStream::connect(path).ok())
    }

    /// Waits until so many clients are connected.
    pub fn until_clients(&self, count: u32) {
        self.until(|| (self.0.page().get(Counter::Clients) == f64::from(count)).then_some(()));
    }

    pub fn until<T>(&self, mut attempt: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(done) = attempt() {
                return done;
            }
            assert!(!self.0.page().finished(), "the exchange ended by itself");
            assert!(begun.elapsed() < PATIENCE, "it never came");
            std::thread::yield_now();
        }
    }

    pub fn stop(self) -> (Status, Value) {
        self.0.page().request_stop();
        ended(self.0)
    }
}

fn open(config: &Value) -> Run {
    let mut config = config.clone();
    config["run"] = "match".into();
    if config.get("input").is_none() {
        config["input"] = "-".into();
    }
    Run::new(hftz_engine::plan(config.to_string().as_bytes()).unwrap())
}

fn outcome(mut run: Run) -> hftz_engine::run::Outcome {
    let begun = Instant::now();
    while !run.page().finished() {
        assert!(begun.elapsed() < PATIENCE, "the run never ended");
        std::thread::yield_now();
    }
    run.outcome().unwrap()
}

fn ended(run: Run) -> (Status, Value) {
    let outcome = outcome(run);
    (outcome.status, Value::Object(outcome.result))
}

/// A run from its start to its own end.
pub fn result_of(config: &Value) -> (Status, Value) {
    let mut run = open(config);
    run.start().unwrap();
    ended(run)
}

/// Status, words and hint of a run that cannot begin.
pub fn refusal_of(config: &Value) -> (Status, String, Option<String>) {
    let mut run = open(config);
    run.start().unwrap();
    let outcome = outcome(run);
    (outcome.status, outcome.error.unwrap(), outcome.hint)
}

/// A port that was free a moment ago, and that no other test of this process was given.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        if GIVEN.lock().unwrap().insert(port) {
            return port;
        }
    }
}

pub fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("hftz-exchange-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A command as a client sends it.
pub fn order(command: &Command) -> Vec<u8> {
    let mut bytes = [0; native::MAX_MESSAGE_BYTES];
    let length = native::write(command, &mut bytes).unwrap();
    bytes[..length].to_vec()
}

pub fn limit(session: u64, side: Side, number: u64, quantity: u32) -> Vec<u8> {
    order(&Command::limit(1, side, session << 48 | number, 10_000, quantity))
}

pub fn read_reports(stream: &mut impl Read, count: usize) -> Vec<Event> {
    let mut bytes = vec![0; count * native::REPORT_BYTES];
    stream.read_exact(&mut bytes).unwrap();
    bytes
        .chunks(native::REPORT_BYTES)
        .map(|report| native::read_report(report.try_into().unwrap(), 0).unwrap())
        .collect()
}

/// A replay of a journal, to its end.
pub fn replay_of(config: &Value) -> (Status, Value) {
    let mut config = config.clone();
    config["run"] = "journal".into();
    let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes()).unwrap());
    run.start().unwrap();
    ended(run)
}
