//! Any engine with the public benchmark's C ABI, paired with ours: both are opened as libraries and measured by one harness.
//!
//! Wall time from the first message until every report was drained by a second thread, as the benchmark defines it; A B A B, so that
//! what disturbs the machine disturbs both. Before anything is timed the hash over all report lines is compared with the published one.

mod abi;

use std::ffi::c_void;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::matching::workload::{ORDERS, Order, SCENARIOS, SEED, generate};
use crate::ring::settle;
use crate::rounds::Series;
use crate::{Options, Report as Findings};
use abi::{Library, Report, Tagged, Transport, own_path};

/// Reports between the two threads.
const ROOM: u32 = 1 << 14;

/// Reports that are drained at once, as many as the public harness asks for.
const DRAINED: usize = 256;

/// A ring of a transport, one end for the engine's thread and one for the draining.
struct Sink(*mut c_void);

// SAFETY: a transport's sink is made for two threads.
unsafe impl Sync for Sink {}

impl Sink {
    const fn handle(&self) -> *mut c_void {
        self.0
    }
}

/// Whether `path` can be loaded and has what the harness calls.
///
/// # Errors
/// The path and what it lacks.
pub fn check(path: &str) -> Result<(), String> {
    Library::open(path).map(drop)
}

/// Options: `rounds`.
///
/// # Errors
/// A library that cannot be loaded or lacks a function, a stop between rounds.
pub fn compare(path: &str, options: &Options<'_>) -> Result<Findings, String> {
    let rounds = options.number("rounds", 5).max(1);
    let engines = [("hftz", Library::open(&own_path()?)?), (path, Library::open(path)?)];
    // An engine may bring its transport; one that does not gets ours, as the public harness gives it one of its own.
    let ours = engines[0].1.transport().ok_or("this library has no transport")?;
    let transports = engines.map(|(_, engine)| engine.transport().unwrap_or(ours));
    let mut rows = Vec::new();
    let mut report = Findings::default();
    // The benchmark's score of an engine: its slowest scenario.
    let mut worst = [f64::INFINITY; 2];
    for scenario in &SCENARIOS {
        options.go_on()?;
        let messages: Vec<Tagged> = (0..)
            .zip(&generate(scenario, ORDERS, SEED, Order::Published))
            .map(|(sequence, message)| Tagged::new(sequence, message))
            .collect();
        let mut series = [Series::default(), Series::default()];
        let mut hashes = Vec::new();
        for ((_, engine), transport) in engines.iter().zip(transports) {
            let mut reports = Vec::with_capacity(messages.len() * 2);
            run(engine, transport, &messages, |report| reports.push(*report))?;
            hashes.push(digest(reports));
        }
        for _ in 0..rounds {
            options.go_on()?;
            for (((_, engine), transport), series) in engines.iter().zip(transports).zip(&mut series) {
                // Every report is looked at and none is kept: storing them would be measured too.
                let mut sum = 0_u64;
                let seconds =
                    run(engine, transport, &messages, |report| sum = sum.wrapping_add(report.order ^ report.sequence))?;
                std::hint::black_box(sum);
                series.0.push(messages.len() as f64 / seconds / 1e6);
            }
        }
        for ((((name, _), hash), series), worst) in engines.iter().zip(&hashes).zip(&series).zip(&mut worst) {
            let spread = series.spread();
            *worst = worst.min(spread.median);
            rows.push(row(name, scenario.name, messages.len(), spread.median * 1e6, hash, scenario.sha256));
            report.figure(format!("{}, {name}", scenario.name), "M messages/s", series);
        }
        report.figure(format!("{}, hftz over {path}", scenario.name), "times", &series[0].over(&series[1]));
    }
    report.fact("engine", path);
    report.fact("warmUp", "1 pass of each scenario, whose reports are hashed");
    report.fact("orders", ORDERS);
    report.fact("worstMessagesPerSec", worst[0] * 1e6);
    report.fact("itsWorstMessagesPerSec", worst[1] * 1e6);
    report.fact("worstOverItsWorst", worst[0] / worst[1]);
    report.fact("scenarios", rows);
    Ok(report)
}

fn row(engine: &str, scenario: &str, messages: usize, per_sec: f64, hash: &str, published: &str) -> Value {
    json!({ "engine": engine, "scenario": scenario, "messages": messages, "messagesPerSec": per_sec, "hash": hash,
        "hashOk": hash == published })
}

/// Seconds until `take` has had the last report, which comes by `transport`.
fn run(
    engine: &Library,
    transport: &'static Transport,
    messages: &[Tagged],
    take: impl FnMut(&Report) + Send,
) -> Result<f64, String> {
    // SAFETY: a transport's functions are called as the ABI has it: the sink is made here, used by one thread at each end and
    // destroyed last.
    let sink = Sink(unsafe { (transport.create)(ROOM) });
    if sink.handle().is_null() {
        return Err("no memory for the ring of reports".to_owned());
    }
    // SAFETY: transport and sink outlive the engine, which is shut down below.
    unsafe { engine.init(transport, sink.handle()) };
    let done = AtomicBool::new(false);
    let seconds = std::thread::scope(|threads| {
        let draining = threads.spawn(|| {
            settle(1);
            collect(transport, &sink, &done, take);
        });
        let matching = threads.spawn(|| {
            settle(0);
            let start = Instant::now();
            // SAFETY: between `init` and `shutdown`, and all calls come from this thread, the only one that fills the sink.
            unsafe {
                engine.send(messages);
                (transport.flush)(sink.handle());
            }
            done.store(true, Ordering::Release);
            start
        });
        let start = matching.join();
        draining.join().and(start).map(|start| start.elapsed().as_secs_f64())
    });
    // SAFETY: no call is under way; the sink is not used any more when the engine is gone.
    unsafe {
        engine.shutdown();
        (transport.destroy)(sink.handle());
    }
    seconds.map_err(|_| "a measuring thread failed".to_owned())
}

fn collect(transport: &Transport, sink: &Sink, done: &AtomicBool, mut take: impl FnMut(&Report)) {
    let mut reports = [Report::default(); DRAINED];
    loop {
        // Asked before the ring is looked at: what was pushed before the end is then seen.
        let ended = done.load(Ordering::Acquire);
        // SAFETY: this is the one draining thread, and there is room for so many.
        let count = unsafe { (transport.drain)(sink.handle(), reports.as_mut_ptr(), DRAINED as u32) };
        reports[..(count as usize).min(DRAINED)].iter().for_each(&mut take);
        if count == 0 {
            if ended {
                return;
            }
            // Each look takes the position's cache line from the engine's thread.
            (0..20).for_each(|_| std::hint::spin_loop());
        }
    }
}

/// SHA-256 of the report lines, sorted by message and type.
fn digest(mut reports: Vec<Report>) -> String {
    reports.sort_by_key(|report| (report.sequence, report.kind));
    let mut text = String::with_capacity(reports.len() * 32);
    for Report { kind, side, sequence, order, price, quantity, maker, taker, .. } in reports {
        if !text.is_empty() {
            text.push('\n');
        }
        // Writing into a string cannot fail.
        let _ = match kind {
            0 | 3 => write!(text, "{kind},{sequence},{side},{order},{price},{quantity}"),
            1 => write!(text, "1,{sequence},{price},{quantity},{maker},{taker}"),
            2 => write!(text, "2,{sequence},{side},{order},{price}"),
            _ => write!(text, "{kind},{sequence},{order}"),
        };
    }
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_none_is_refused_with_the_reason() {
        let refused = |path| Library::open(path).err().unwrap_or_default();
        assert!(refused("/nonexistent/engine.so").contains("/nonexistent/engine.so"));
        assert_eq!(refused("libc.so.6"), "libc.so.6 has no engine_init");
    }
}
