//! Queues between two threads: throughput and round trip across two cores at every size, the latter beside that of a bare cache
//! line, and what an operation costs when nobody competes.
//!
//! Throughput and round trip need both cores; where two threads share one, or the machine is busy, look at the ratios and their
//! spread, which come from rounds run one after the other.

mod contenders;
mod lanes;
mod measure;

use std::time::{Duration, Instant};

use hftz_velox::host::allowed_cpus;
use serde_json::Value;

pub use contenders::{Contender, Measure, WORDS, ours};
pub use lanes::{
    BATCH, Item, Lane, Large, Middle, Ours, OursBatched, OursLinked, OursMpmc, SOURCE, Single, Small, Source, Wait,
    batch,
};

use crate::options::Options;
use crate::paired::Pair;
use crate::report::Report;
use crate::rounds::Series;
pub(crate) use measure::settle;
use measure::{bare_line, trips_of_ours};

/// Capacity, item size as an index of [`WORDS`], and how to wait: every capacity, then every item size both ways.
const LOADS: [(usize, usize, Wait); 8] = [
    (1_024, 0, Wait::Spin),
    (4_096, 0, Wait::Spin),
    (8_192, 0, Wait::Spin),
    (4_096, 1, Wait::Spin),
    (4_096, 2, Wait::Spin),
    (4_096, 0, Wait::Yield),
    (4_096, 1, Wait::Yield),
    (4_096, 2, Wait::Yield),
];

/// Capacities of which the round trip is measured: one item is on its way, so a larger ring is slower only where it lies
/// less in the caches.
const SIZES: [usize; 3] = [1_024, 4_096, 8_192];

/// Longest measurement of one queue in one round: a queue that is a hundred times slower than another, or a machine that is busy
/// with something else, must not make a suite of seconds one of minutes.
const LONGEST: Duration = Duration::from_millis(40);

/// How many of `count`, which took so long, are done in [`LONGEST`]; a thousand at least.
fn affordable(count: u64, took: Duration) -> u64 {
    let share = LONGEST.as_secs_f64() / took.as_secs_f64().max(1e-9);
    if share < 1.0 { ((count as f64 * share) as u64).max(count.min(1_000)) } else { count }
}

/// Where the capacity hardly matters.
const SMALLEST: usize = SIZES[0];

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    compare(options, &ours()).map(|(report, _)| report)
}

/// Measures all of them paired; the report, and a row for each peer and measurement. Options: `rounds`, `items`, `trips`.
///
/// # Errors
/// When a queue loses something, or the run is stopped.
pub fn compare(options: &Options<'_>, contenders: &[Contender]) -> Result<(Report, Vec<Value>), String> {
    let rounds = options.number("rounds", 7);
    let items = options.number("items", 4_000_000).max(1);
    let trips = options.number("trips", 100_000).max(1);
    let mut found = Found { options, rounds, report: Report::default(), rows: Vec::new() };
    found.report.fact("processors", allowed_cpus().len());
    found.report.fact("warmUp", "1 round of each");
    for (capacity, size, wait) in LOADS {
        let what = format!("throughput, {capacity} of {} bytes, {}", WORDS[size] * 8, wait.name());
        let measure = |contender: &Contender| contender.throughput[size];
        // Yielding is compared where the ends can be told apart: between one producer and one consumer.
        let fits = |contender: &&Contender| wait == Wait::Spin || contender.throughput[1].is_some();
        let some: Vec<&Contender> = contenders.iter().filter(fits).collect();
        found.paired(&some, measure, (capacity, items, wait), (&what, "M items/s", true))?;
    }
    let all: Vec<&Contender> = contenders.iter().collect();
    let alone = ("push and pop on one thread", "ns, thread time", false);
    found.paired(&all, |contender| contender.alone, (SMALLEST, items, Wait::Spin), alone)?;
    let line = Contender {
        name: "bare cache line",
        against: Some(<Ours as Lane<Small>>::NAME),
        throughput: [None; 3],
        alone: None,
        round_trip: Some(|_, trips, _| bare_line(trips)),
    };
    let all: Vec<&Contender> = contenders.iter().chain([&line]).collect();
    for capacity in SIZES {
        let what = format!("round trip, {capacity}");
        found.paired(&all, |contender| contender.round_trip, (capacity, trips, Wait::Spin), (&what, "ns", false))?;
    }
    found.report.latency("round trip, hftz spsc", trips_of_ours(trips)?);
    Ok((found.report, found.rows))
}

/// What was measured so far.
struct Found<'a> {
    options: &'a Options<'a>,
    rounds: u64,
    report: Report,
    rows: Vec<Value>,
}

impl Found<'_> {
    /// Runs every contender that can be measured so once a round; a figure for each, and a row for each peer.
    fn paired(
        &mut self,
        contenders: &[&Contender],
        measure: impl Fn(&Contender) -> Option<Measure>,
        (capacity, count, wait): (usize, u64, Wait),
        (what, unit, more_is_better): (&str, &'static str, bool),
    ) -> Result<(), String> {
        let mut all: Vec<(&Contender, Series)> = Vec::new();
        let mut runs: Vec<(Measure, u64)> = Vec::new();
        for contender in contenders {
            if let Some(measure) = measure(contender) {
                all.push((*contender, Series::default()));
                runs.push((measure, count));
            }
        }
        // The first round warms up, and tells who needs so long for each that fewer will do.
        for (measure, count) in &mut runs {
            self.options.go_on()?;
            let start = Instant::now();
            measure(capacity, *count, wait)?;
            *count = affordable(*count, start.elapsed());
        }
        for _ in 0..self.rounds {
            self.options.go_on()?;
            for ((_, series), (measure, count)) in all.iter_mut().zip(&runs) {
                series.0.push(measure(capacity, *count, wait)?);
            }
        }
        for (contender, series) in &all {
            self.report.figure(format!("{what}: {}", contender.name), unit, series);
        }
        for (peer, theirs) in &all {
            let mine = all.iter().find(|(contender, _)| Some(contender.name) == peer.against);
            if let (Some(against), Some((_, ours))) = (peer.against, mine) {
                let pair = Pair { peer: peer.name, against, what, unit, more_is_better, ours, theirs, note: None };
                self.rows.push(pair.row());
                self.report.figure(format!("{what}: {against}, times as fast as {}", peer.name), "", &pair.times());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_queue_is_given_fewer_items_and_a_fast_one_all() {
        let of = |millis| affordable(500_000, Duration::from_millis(millis));
        assert_eq!([of(0), of(40), of(80), of(1_000_000)], [500_000, 500_000, 250_000, 1_000]);
        assert_eq!(affordable(200, Duration::from_secs(10)), 200);
    }
}
