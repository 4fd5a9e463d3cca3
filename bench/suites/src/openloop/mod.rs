//! The exchange under open load, through shared memory and through UDP: from the intended send of an order to its report, at a rate, then at more
//! until it breaks.
//!
//! The exchange is `hftz match` as the product runs it, with a journal (`--durability none`: a command is in the log before it is matched, the
//! acknowledgement is `appended`). The client is one thread beside it. Where processors are fewer than busy threads the exchange is fused on
//! one; `gaps` says what the machine itself took away from the client's loop in the same seconds, `stolenShare` what of it a hypervisor took.

mod client;
mod exchange;
mod flow;
mod way;

use client::{Load, Seen};
use exchange::Exchange;
use hftz_clock::Scale;
use hftz_lab::{Options, Report};
use hftz_velox::host::{Stolen, allowed_cpus, calibrate, pin};
use serde_json::{Value, json};
use std::time::Duration;
use way::Way;

/// Steps of the load, in hundredths of the rate asked for.
const STEPS: [u64; 12] = [25, 50, 75, 100, 150, 200, 300, 400, 600, 800, 1200, 1600];
/// Reports that come later than this are lost.
const PATIENCE: Duration = Duration::from_millis(300);
/// A step breaks when so much of it is not answered (in thousandths), or its 99th percentile is above this.
const LOST_PER_MILLE: u64 = 1;
const BROKEN_NS: u64 = 10_000_000;

/// What every way is measured with.
struct Course {
    rate: u64,
    milliseconds: u64,
    batch: u64,
    scale: Scale,
    cpus: Vec<usize>,
}

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let course = Course {
        rate: options.number("rate", 1_000_000).max(1),
        milliseconds: options.number("milliseconds", 3_000),
        batch: options.number("batch", 16).clamp(1, 40),
        scale: calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale,
        cpus: allowed_cpus(),
    };
    let (through_memory, through_udp) = (options.number("shm", 1) > 0, options.number("udp", 1) > 0);
    let threads = if course.cpus.len() >= 3 { 2 } else { 1 };
    let mut report = Report::default();
    report.fact("acknowledgement", "appended");
    report.fact("exchangeThreads", threads);
    report.fact("processors", course.cpus.len());
    report.fact("commandsTogether", course.batch);
    // The client stays on the first processor, the exchange takes the last ones.
    if through_memory {
        let (exchange, mut line) = Exchange::over_memory(threads)?;
        course.measure("native+shm", &mut line, options, &mut report)?;
        exchange.stop()?;
    }
    if through_udp {
        let (exchange, mut socket) = Exchange::over_udp(threads)?;
        course.measure("native+udp", &mut socket, options, &mut report)?;
        exchange.stop()?;
    }
    Ok(report)
}

impl Course {
    /// Step by step, until it breaks.
    fn measure(
        &self,
        name: &str,
        way: &mut (impl Way + Send),
        options: &Options<'_>,
        report: &mut Report,
    ) -> Result<(), String> {
        let Self { rate, milliseconds, batch, scale, cpus } = self;
        let mut first = 0;
        let mut step = |rate: u64, milliseconds: u64| {
            let commands = (rate * milliseconds / 1_000).next_multiple_of(batch * 8);
            let load = Load { rate, batch: *batch, commands, patience_ns: PATIENCE.as_nanos() as u64 };
            let before = Stolen::until_now(cpus);
            // A thread of its own: where it stays is not where the next exchange does.
            let client = || {
                if cpus.len() > 1 {
                    pin(cpus[0]).map_err(|error| error.to_string())?;
                }
                client::run(way, *scale, load, first)
            };
            let fallen = |_| Err("the client fell".to_owned());
            let seen = std::thread::scope(|scope| scope.spawn(client).join().unwrap_or_else(fallen))?;
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
            let (load, seen, stolen) = step(rate * percent / 100, *milliseconds)?;
            steps.push(describe(&load, &seen, stolen));
            broke = broke.or(is_broken(&load, &seen).then_some(load.rate));
            if percent == 100 {
                report.latency(format!("{name} response"), seen.response);
                report.latency(format!("{name} lateness"), seen.lateness);
                report.latency(format!("{name} gaps"), seen.gaps);
            }
        }
        report.fact(name, json!({ "steps": steps, "brokeAtPerSec": broke }));
        Ok(())
    }
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
        "refused": seen.refused,
        "us": {"p50": at(500_000), "p90": at(900_000), "p99": at(990_000), "p999": at(999_000), "p9999": at(999_900),
            "max": seen.response.max() as f64 / 1e3},
        "gapsUs": {"p99": seen.gaps.percentile(990_000) as f64 / 1e3, "p9999": seen.gaps.percentile(999_900) as f64 / 1e3,
            "max": seen.gaps.max() as f64 / 1e3},
        "stolenShare": stolen,
    })
}
