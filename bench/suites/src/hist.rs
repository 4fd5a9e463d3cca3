//! Recording a latency, paired with the `hdrhistogram` crate, and reading percentiles out.
//!
//! Values follow a heavy tail around 10 us, drawn before the clock starts; both recorders see the same row.

use std::hint::black_box;

use hftz_hist::{Layout, OwnedHistogram};
use hftz_lab::rounds::{Series, nanoseconds_each};
use hftz_lab::{Options, Report};

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let rounds = options.number("rounds", 9);
    let records = options.number("records", 4_000_000);
    let values = latencies(1 << 16);
    let mut report = Report::default();
    let highest = Layout::LATENCY.highest();
    let mut ours = OwnedHistogram::new(Layout::LATENCY);
    let mut theirs =
        hdrhistogram::Histogram::<u64>::new_with_bounds(1, highest, 3).map_err(|error| error.to_string())?;
    let mut series: [Series; 5] = Default::default();
    let row = || values.iter().copied().cycle().take(records as usize);
    for _ in 0..rounds {
        let empty = nanoseconds_each(records, || row().for_each(see));
        let mine = nanoseconds_each(records, || row().for_each(|value| ours.record(black_box(value))));
        let their = nanoseconds_each(records, || row().for_each(|value| theirs.saturating_record(black_box(value))));
        let summary = nanoseconds_each(1, || see(ours.summary()));
        let values = [empty, mine - empty, their - empty, (mine - empty) / (their - empty), summary / 1e3];
        series.iter_mut().zip(values).for_each(|(series, value)| series.0.push(value));
    }
    if ours.percentile(999_900) != theirs.value_at_quantile(0.9999) {
        return Err("the two recorders disagree about p99.99".to_owned());
    }
    let names =
        ["the loop alone (taken off below)", "record", "record, hdrhistogram", "hftz over hdrhistogram", "summary"];
    let units = ["ns, thread time", "ns, thread time", "ns, thread time", "", "us, thread time"];
    for ((name, unit), series) in names.into_iter().zip(units).zip(&series) {
        report.figure(name, unit, series);
    }
    report.fact("values", "16 bits of random tail: 10 us / (1 - u)");
    report.fact("bytes of counts", Layout::LATENCY.len() * 8);
    Ok(report)
}

/// Keeps a value from being optimised away.
fn see<T>(value: T) {
    black_box(value);
}

/// 10 us / (1 - u), u uniform: Pareto with exponent 1, by a linear congruential generator (Knuth's MMIX constants).
fn latencies(count: usize) -> Vec<u64> {
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        10_000 * 65_536 / (1 + (state >> 48))
    };
    (0..count).map(|_| draw()).collect()
}
