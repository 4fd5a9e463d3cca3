//! Recording a latency, paired with the `hdrhistogram` crate: both see the same row of values, and must agree about its tail.

use hftz_hist::{Layout, OwnedHistogram};
use hftz_lab::Options;
use hftz_lab::paired::Pair;
use hftz_lab::recording::{VALUES, each, empty_loop, latencies, ours};
use hftz_lab::rounds::Series;

use crate::found::Found;

/// Options: `rounds`, `records`.
pub fn run(options: &Options<'_>) -> Result<Found, String> {
    let rounds = options.number("rounds", 9).max(1);
    let records = options.number("records", 4_000_000).max(1);
    let values = latencies(VALUES);
    let mut mine = OwnedHistogram::new(Layout::LATENCY);
    let mut theirs = hdrhistogram::Histogram::<u64>::new_with_bounds(1, Layout::LATENCY.highest(), 3)
        .map_err(|error| error.to_string())?;
    let (mut ours_series, mut their_series) = (Series::default(), Series::default());
    for _ in 0..rounds {
        options.go_on()?;
        let empty = empty_loop(&values, records);
        ours_series.0.push(ours(&values, records, &mut mine) - empty);
        their_series.0.push(each(&values, records, |value| theirs.saturating_record(value)) - empty);
    }
    if mine.percentile(999_900) != theirs.value_at_quantile(0.9999) {
        return Err("the two recorders disagree about p99.99".to_owned());
    }
    let pair = Pair {
        peer: "hdrhistogram (Rust)",
        against: "hftz hist",
        what: "recording a latency",
        unit: "ns, thread time",
        more_is_better: false,
        ours: &ours_series,
        theirs: &their_series,
        note: Some("the loop alone is taken off; both agree about p99.99"),
    };
    Ok(Found { rows: vec![pair.row()], left_out: Vec::new() })
}
