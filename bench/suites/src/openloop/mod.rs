//! The exchange under open load, through shared memory and through UDP: from the intended send of an order to its report, at a rate, then at more
//! until it breaks.
//!
//! The exchange is `hftz match` as the product runs it, with a journal (`--durability none`: a command is in the log before it is matched, the
//! acknowledgement is `appended`). The client is one thread beside it. Where processors are fewer than busy threads the exchange is fused on
//! one, and takes no snapshots, which are another thread's. What the machine itself took away in the same seconds: from the client's loop `floor`,
//! from the exchange's threads `exchangeWaitedMs`, of both `stolenShare` by a hypervisor.

mod client;
mod exchange;
mod flow;
mod waits;
mod way;

use client::{Load, SLICE_NS, Seen};
use exchange::Exchange;
use hftz_clock::Scale;
use hftz_hist::OwnedHistogram;
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

fn percentiles(of: &OwnedHistogram) -> Value {
    let at = |part| of.percentile(part) as f64 / 1e3;
    json!({"p50": at(500_000), "p90": at(900_000), "p99": at(990_000), "p999": at(999_000), "p9999": at(999_900),
        "max": of.max() as f64 / 1e3})
}

/// What the machine took away during a step.
struct Taken {
    stolen_share: Option<f64>,
    exchange_ms: Option<f64>,
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
    let is_logged = options.number("journal", 1) > 0;
    report.fact("acknowledgement", if is_logged { "appended" } else { "unlogged" });
    report.fact("exchangeThreads", threads);
    report.fact("processors", course.cpus.len());
    report.fact("commandsTogether", course.batch);
    // The client stays on the first processor, the exchange takes the last ones.
    if through_memory {
        let (exchange, mut line) = Exchange::over_memory(threads, is_logged)?;
        course.measure("native+shm", &mut line, options, &mut report)?;
        exchange.stop()?;
    }
    if through_udp {
        let (exchange, mut socket) = Exchange::over_udp(threads, is_logged)?;
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
            let (before, waited) = (Stolen::until_now(cpus), waits::exchange_ms());
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
            let taken = Taken {
                stolen_share: before.share_since(seen.elapsed_ns),
                exchange_ms: waits::exchange_ms().zip(waited).map(|(now, then)| now - then),
            };
            Ok::<_, String>((load, seen, taken))
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
            let (load, seen, taken) = step(rate * percent / 100, *milliseconds)?;
            steps.push(describe(&load, &seen, &taken));
            broke = broke.or(is_broken(&load, &seen).then_some(load.rate));
            if percent == 100 {
                report.latency_over_time(&format!("{name} response"), SLICE_NS, &seen.response);
                report.latency(format!("{name} lateness"), seen.lateness);
                report.latency(format!("{name} floor"), seen.floor);
            }
        }
        report.fact(name, json!({ "steps": steps, "brokeAtPerSec": broke }));
        Ok(())
    }
}

fn is_broken(load: &Load, seen: &Seen) -> bool {
    seen.answered * 1_000 < load.commands * (1_000 - LOST_PER_MILLE) || seen.responses().percentile(990_000) > BROKEN_NS
}

fn describe(load: &Load, seen: &Seen, taken: &Taken) -> Value {
    // The last slice is a rest.
    let slices = &seen.response[..seen.response.len().saturating_sub(1)];
    let mut p99: Vec<_> = slices.iter().map(|slice| slice.percentile(990_000) as f64 / 1e3).collect();
    p99.sort_by(f64::total_cmp);
    json!({
        "offeredPerSec": load.rate,
        "answeredPerSec": (seen.answered as f64 * 1e9 / seen.elapsed_ns.max(1) as f64).round(),
        "unanswered": load.commands - seen.answered,
        "refused": seen.refused,
        "us": percentiles(&seen.responses()),
        "p99OfSlicesUs": {"min": p99.first(), "median": p99.get(p99.len() / 2), "max": p99.last()},
        "floorUs": percentiles(&seen.floor),
        "exchangeWaitedMs": taken.exchange_ms,
        "stolenShare": taken.stolen_share,
    })
}
