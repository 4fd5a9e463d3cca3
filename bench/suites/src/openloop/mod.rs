//! The exchange under open load through UDP: from the intended send of an order to its report, at a rate, then at more until it breaks.
//!
//! The exchange is `hftz match` as the product runs it, with a journal (`--durability none`: a command is in the log before it is matched, the
//! acknowledgement is `appended`). The client is one thread beside it. Where processors are fewer than busy threads the exchange is fused on
//! one; `gaps` says what the machine itself took away from the client's loop in the same seconds, `stolenShare` what of it a hypervisor took.

mod client;
mod flow;

use client::{Load, Seen};
use hftz_engine::run::{Run, Status};
use hftz_lab::{Options, Report};
use hftz_net::enlarge;
use hftz_velox::host::{Stolen, allowed_cpus, calibrate, pin};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Steps of the load, in hundredths of the rate asked for.
const STEPS: [u64; 10] = [25, 50, 75, 100, 150, 200, 300, 400, 600, 800];
/// Receive buffer of the client, for what comes while it is held up.
const BURST_BYTES: usize = 8 << 20;
/// Reports that come later than this are lost.
const PATIENCE: Duration = Duration::from_millis(300);
/// A step breaks when so much of it is not answered (in thousandths), or its 99th percentile is above this.
const LOST_PER_MILLE: u64 = 1;
const BROKEN_NS: u64 = 10_000_000;

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let rate = options.number("rate", 1_000_000).max(1);
    let milliseconds = options.number("milliseconds", 3_000);
    let batch = options.number("batch", 16).clamp(1, 40);
    let scale = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale;
    let cpus = allowed_cpus();
    let threads = if cpus.len() >= 3 { 2 } else { 1 };
    let exchange = Exchange::start(threads)?;
    if cpus.len() > 1 {
        // The exchange takes the last ones.
        pin(cpus[0]).map_err(|error| error.to_string())?;
    }
    let mut report = Report::default();
    report.fact("transport", "native+udp on loopback");
    report.fact("acknowledgement", "appended");
    report.fact("exchangeThreads", threads);
    report.fact("processors", cpus.len());
    report.fact("commandsPerDatagram", batch);
    let mut first = 0;
    let mut step = |rate: u64, milliseconds: u64| {
        let commands = (rate * milliseconds / 1_000).next_multiple_of(batch * 8);
        let load = Load { rate, batch, commands, patience_ns: PATIENCE.as_nanos() as u64 };
        let before = Stolen::until_now(&cpus);
        let seen = client::run(&exchange.socket, scale, load, first)?;
        first += commands;
        let stolen = before.share_since(seen.elapsed_ns);
        Ok::<_, String>((load, seen, stolen))
    };
    // Pages, caches and branch predictors; nothing of it counts.
    step(rate / 4, 500)?;
    let (mut steps, mut broke) = (Vec::new(), None);
    for percent in STEPS {
        // The rate asked for is measured, broken or not.
        if broke.is_some() && percent > 100 {
            break;
        }
        options.go_on()?;
        let (load, seen, stolen) = step(rate * percent / 100, milliseconds)?;
        steps.push(describe(&load, &seen, stolen));
        broke = broke.or(is_broken(&load, &seen).then_some(load.rate));
        if percent == 100 {
            report.latency("response", seen.response);
            report.latency("lateness", seen.lateness);
            report.latency("gaps", seen.gaps);
        }
    }
    report.fact("steps", Value::Array(steps));
    report.fact("brokeAtPerSec", broke);
    exchange.stop()?;
    Ok(report)
}

fn is_broken(load: &Load, seen: &Seen) -> bool {
    seen.answered * 1_000 < load.commands * (1_000 - LOST_PER_MILLE) || seen.response.percentile(990_000) > BROKEN_NS
}

fn describe(load: &Load, seen: &Seen, stolen: Option<f64>) -> Value {
    let at = |part| seen.response.percentile(part) as f64 / 1e3;
    json!({
        "offeredPerSec": load.rate,
        "answeredPerSec": (seen.answered as f64 * 1e9 / seen.elapsed_ns.max(1) as f64).round(),
        "unanswered": load.commands - seen.answered,
        "datagramsRefused": seen.refused,
        "us": {"p50": at(500_000), "p90": at(900_000), "p99": at(990_000), "p999": at(999_000), "p9999": at(999_900),
            "max": seen.response.max() as f64 / 1e3},
        "gapsUs": {"p99": seen.gaps.percentile(990_000) as f64 / 1e3, "p9999": seen.gaps.percentile(999_900) as f64 / 1e3,
            "max": seen.gaps.max() as f64 / 1e3},
        "stolenShare": stolen,
    })
}

/// The product's exchange, and a socket that is its client.
struct Exchange {
    run: Run,
    socket: UdpSocket,
    folder: PathBuf,
}

impl Exchange {
    fn start(threads: u8) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("loopback: {error}");
        let free = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(told);
        let place: SocketAddr = free()?.local_addr().map_err(told)?;
        let folder = std::env::temp_dir().join(format!("hftz-openloop-{}", std::process::id()));
        let config = json!({
            "run": "match", "input": "-", "reports": "none", "threads": threads, "listen": [format!("native+udp://{place}")],
            "journal": {"path": folder.join("journal"), "durability": "none"},
        });
        let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes())?);
        run.start().map_err(|error| error.to_string())?;
        let socket = free()?;
        enlarge(&socket, BURST_BYTES).map_err(told)?;
        socket.connect(place).map_err(told)?;
        let exchange = Self { run, socket, folder };
        exchange.until_it_answers(place)?;
        exchange.socket.set_nonblocking(true).map_err(told)?;
        Ok(exchange)
    }

    /// Sends a cancel of nothing until it is rejected.
    fn until_it_answers(&self, place: SocketAddr) -> Result<(), String> {
        let told = |error: std::io::Error| format!("{place}: {error}");
        self.socket.set_read_timeout(Some(Duration::from_millis(20))).map_err(told)?;
        let mut question = Vec::new();
        // A cancel of an order that the flow enters later.
        flow::write(1, &mut question);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) && !self.run.page().finished() {
            // Nobody listens yet: the next one may arrive.
            let _ = self.socket.send(&question);
            if self.socket.recv(&mut [0; 2048]).is_ok() {
                return Ok(());
            }
        }
        Err("the exchange never answered".into())
    }

    fn stop(mut self) -> Result<(), String> {
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
