//! The counter: what reading it costs in each way, beside the system's clocks, and how well it can be calibrated; and what it costs
//! to keep what was read.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hftz_clock::{CpuCounter, Scale, features, ticks, ticks_fenced};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_velox::host::{allocations, calibrate};

use crate::options::Options;
use crate::recording;
use crate::report::Report;
use crate::rounds::{Series, nanoseconds_each};

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let rounds = options.number("rounds", 9);
    let readings = options.number("readings", 1_000_000);
    let mut report = Report::default();
    let counter = features();
    report.fact("invariant", counter.invariant);
    report.fact("advertisedHz", counter.advertised_hz);
    report.fact("smallestStepTicks", smallest_step());
    report.fact("warmUp", "1 round");
    let (mut hz, mut error) = (Series::default(), Series::default());
    for _ in 0..rounds {
        options.go_on()?;
        let found = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?;
        hz.0.push(found.scale.hz() as f64 / 1e6);
        error.0.push(found.error_ppb as f64 / 1e3);
    }
    report.figure("calibrated rate", "MHz", &hz);
    report.figure("its error bound", "parts per million", &error);
    costs(&mut report, rounds, readings, options)?;
    recording(&mut report, rounds, readings, options)?;
    let scale = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale;
    let each = readings / rounds.max(1);
    let (mut counter, mut system) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        options.go_on()?;
        counter.push(between(each, scale, || see(ticks())));
        system.push(between(each, scale, || see(system_time(libc::CLOCK_MONOTONIC))));
    }
    report.latency_in_rounds("rdtsc", &counter);
    report.latency_in_rounds("clock_gettime", &system);
    Ok(report)
}

/// A way to read a clock.
type Way = (&'static str, Box<dyn FnMut()>);

fn costs(report: &mut Report, rounds: u64, readings: u64, options: &Options<'_>) -> Result<(), String> {
    let scale = Scale::new(2_600_000_000).map_err(|error| error.to_string())?;
    let mut ways: Vec<Way> = vec![
        ("rdtsc", Box::new(|| see(ticks()))),
        ("rdtsc, fenced", Box::new(|| see(ticks_fenced()))),
        ("rdtsc and conversion to ns", Box::new(move || see(scale.nanoseconds(ticks())))),
        ("Instant::now", Box::new(|| see(Instant::now()))),
        ("clock_gettime", Box::new(|| see(system_time(libc::CLOCK_MONOTONIC)))),
        ("clock_gettime, raw", Box::new(|| see(system_time(libc::CLOCK_MONOTONIC_RAW)))),
        ("clock_gettime, coarse", Box::new(|| see(system_time(libc::CLOCK_MONOTONIC_COARSE)))),
    ];
    if let Some(counter) = CpuCounter::detect() {
        ways.insert(2, ("rdtscp", Box::new(move || see(counter.read()))));
    }
    let mut series: Vec<Series> = ways.iter().map(|_| Series::default()).collect();
    for round in 0..=rounds {
        options.go_on()?;
        for ((_, read), series) in ways.iter_mut().zip(&mut series) {
            let each = nanoseconds_each(readings, || (0..readings).for_each(|_| read()));
            // The first round warms up.
            if round > 0 {
                series.0.push(each);
            }
        }
    }
    for ((name, _), series) in ways.iter().zip(&series) {
        report.figure(*name, "ns, thread time", series);
    }
    Ok(())
}

/// What a latency costs to record, the loop over the values taken off.
fn recording(report: &mut Report, rounds: u64, records: u64, options: &Options<'_>) -> Result<(), String> {
    let values = recording::latencies(recording::VALUES);
    let (mut histogram, mut series) = (OwnedHistogram::new(Layout::LATENCY), Series::default());
    for _ in 0..rounds {
        options.go_on()?;
        let empty = recording::empty_loop(&values, records);
        series.0.push(recording::ours(&values, records, &mut histogram) - empty);
    }
    black_box(histogram.summary());
    report.figure("recording a latency", "ns, thread time", &series);
    Ok(())
}

/// Single readings between two fenced ones, fences included: averages hide what one reading can cost.
fn between(readings: u64, scale: Scale, mut read: impl FnMut()) -> OwnedHistogram {
    let mut histogram = OwnedHistogram::new(Layout::LATENCY);
    allocations::counted(|| {
        for _ in 0..readings {
            let before = ticks_fenced();
            read();
            histogram.record(scale.nanoseconds(ticks_fenced().saturating_sub(before)));
        }
    });
    histogram
}

/// Keeps a reading from being optimised away.
fn see<T>(reading: T) {
    black_box(reading);
}

fn system_time(clock: libc::clockid_t) -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the answer; both clocks exist on Linux.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_nsec
}

/// The counter's granularity: some processors advance it in steps of many ticks.
fn smallest_step() -> u64 {
    let mut smallest = u64::MAX;
    for _ in 0..100_000 {
        let first = ticks_fenced();
        let step = ticks_fenced().wrapping_sub(first);
        smallest = if step == 0 { smallest } else { smallest.min(step) };
    }
    smallest
}
