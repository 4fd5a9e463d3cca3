//! The product's exchange, and the way of its one client to it.

use super::flow;
use super::way::Way;
use hftz_engine::run::{Run, Status};
use hftz_net::{SharedLine, enlarge};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Receive buffer of the client, for what comes while it is held up.
const BURST_BYTES: usize = 8 << 20;
/// How long the exchange may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

/// `hftz match` in this process, with a journal that nobody waits for.
pub struct Exchange {
    run: Run,
    folder: PathBuf,
}

impl Exchange {
    /// Serves at `listen`; files go below a folder of its own.
    fn start(listen: &str, folder: PathBuf, threads: u8, is_logged: bool) -> Result<Self, String> {
        let mut config =
            json!({"run": "match", "input": "-", "reports": "none", "threads": threads, "listen": [listen]});
        if is_logged {
            config["journal"] = json!({"path": folder.join("journal"), "durability": "none"});
            if threads == 1 {
                config["journal"]["snapshotEvery"] = 0.into();
            }
        }
        let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes())?);
        run.start().map_err(|error| error.to_string())?;
        Ok(Self { run, folder })
    }

    /// Through UDP on loopback.
    pub fn over_udp(threads: u8, is_logged: bool) -> Result<(Self, UdpSocket), String> {
        let told = |error: std::io::Error| format!("loopback: {error}");
        let free = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(told);
        let place: SocketAddr = free()?.local_addr().map_err(told)?;
        let exchange = Self::start(&format!("native+udp://{place}"), folder("udp")?, threads, is_logged)?;
        let mut socket = free()?;
        enlarge(&socket, BURST_BYTES).map_err(told)?;
        socket.connect(place).map_err(told)?;
        socket.set_nonblocking(true).map_err(told)?;
        exchange.until_it_answers(&mut socket)?;
        Ok((exchange, socket))
    }

    /// Through shared memory.
    pub fn over_memory(threads: u8, is_logged: bool) -> Result<(Self, SharedLine), String> {
        let folder = folder("shm")?;
        let place = folder.join("ring");
        let exchange = Self::start(&format!("native+shm://{}", place.display()), folder, threads, is_logged)?;
        let mut line = exchange.until("listens", || Ok(SharedLine::join(Path::new(&place)).ok()))?;
        exchange.until_it_answers(&mut line)?;
        Ok((exchange, line))
    }

    /// Sends a cancel of nothing until it is rejected.
    fn until_it_answers(&self, way: &mut impl Way) -> Result<(), String> {
        // A cancel of an order that the flow enters later.
        let mut question = Vec::new();
        flow::write(1, &mut question);
        self.until("answers", || {
            // Nobody listens yet: the next one may arrive.
            let _ = way.send(&question);
            std::thread::sleep(Duration::from_millis(20));
            Ok((way.receive(&mut [0; 2048])? > 0).then_some(()))
        })?;
        // Answers to the other questions.
        while way.receive(&mut [0; 2048])? > 0 {}
        Ok(())
    }

    fn until<T>(&self, what: &str, mut attempt: impl FnMut() -> Result<Option<T>, String>) -> Result<T, String> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && !self.run.page().finished() {
            if let Some(done) = attempt()? {
                return Ok(done);
            }
        }
        Err(format!("the exchange never {what}"))
    }

    pub fn stop(mut self) -> Result<(), String> {
        self.run.page().request_stop();
        while !self.run.page().finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let outcome = self.run.outcome().map_err(|error| error.to_string())?;
        // What is left of a benchmark's journal is nobody's.
        let _ = std::fs::remove_dir_all(&self.folder);
        match outcome.status {
            Status::Interrupted | Status::Done => Ok(()),
            _ => Err(outcome.error.unwrap_or_default()),
        }
    }
}

fn folder(way: &str) -> Result<PathBuf, String> {
    let folder = std::env::temp_dir().join(format!("hftz-openloop-{way}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}
