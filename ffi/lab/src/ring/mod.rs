//! Queues between two threads: throughput at every size, what an operation costs when nobody competes, and the round trip
//! across two cores beside that of a bare cache line.
//!
//! Throughput and round trip need both cores; where two threads share one, or the machine is busy, look at the ratios and their
//! spread, which come from rounds run one after the other.

mod lanes;

use std::hint::spin_loop;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hftz_clock::ticks;
use hftz_hist::{Layout, OwnedHistogram};
use hftz_ring::Padded;
use hftz_velox::host::{allocations, allowed_cpus, calibrate, pin};

pub use lanes::{Lane, Ours, OursBatched, OursLinked, OursMpmc};

use crate::options::Options;
use crate::report::Report;
use crate::rounds::{Series, nanoseconds_each};

/// One measurement of one lane, by capacity and count.
pub type Measure = fn(usize, u64) -> Result<f64, String>;

/// The sizes that are compared.
pub const SIZES: [usize; 3] = [1_024, 4_096, 8_192];

/// A table of measurements: the first of each is what the others are divided by.
#[derive(Default)]
pub struct Lanes {
    pub throughput: Vec<(&'static str, Measure)>,
    pub alone: Vec<(&'static str, Measure)>,
    pub round_trip: Vec<(&'static str, Measure)>,
}

impl Lanes {
    /// Adds a lane to every measurement.
    pub fn add<L: Lane>(&mut self) {
        self.throughput.push((L::NAME, throughput::<L>));
        self.alone.push((L::NAME, alone::<L>));
        self.round_trip.push((L::NAME, round_trip::<L>));
    }

    /// Adds a lane whose ends only send and receive in bulk.
    pub fn add_throughput<L: Lane>(&mut self) {
        self.throughput.push((L::NAME, throughput::<L>));
    }

    /// Adds the queues of hftz.
    pub fn add_ours(&mut self) {
        self.add::<Ours>();
        self.add_throughput::<OursBatched>();
        self.add::<OursMpmc>();
        self.add_throughput::<OursLinked>();
        self.alone.push((OursLinked::NAME, alone::<OursLinked>));
    }
}

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let mut lanes = Lanes::default();
    lanes.add_ours();
    compare(options, lanes)
}

/// Measures all lanes paired. Options: `rounds`, `items`, `trips`.
///
/// # Errors
/// When a lane loses something, or the run is stopped.
pub fn compare(options: &Options<'_>, mut lanes: Lanes) -> Result<Report, String> {
    let rounds = options.number("rounds", 7);
    let items = options.number("items", 4_000_000).max(1);
    let trips = options.number("trips", 100_000).max(1);
    let mut report = Report::default();
    report.fact("processors", allowed_cpus().len());
    report.fact("warmUp", "1 round of each");
    for capacity in SIZES {
        let what = format!("throughput, {capacity}");
        paired(options, &mut report, &lanes.throughput, (capacity, items, rounds), &what, "M items/s")?;
    }
    let what = "push and pop on one thread";
    paired(options, &mut report, &lanes.alone, (SIZES[0], items, rounds), what, "ns, thread time")?;
    lanes.round_trip.insert(0, ("bare cache line", |_, trips| bare_line(trips)));
    paired(options, &mut report, &lanes.round_trip, (SIZES[0], trips, rounds), "round trip", "ns")?;
    report.latency("round trip, hftz spsc", trips_of_ours(trips)?);
    Ok(report)
}

/// Runs every variant once a round; reports each, and each over the first.
fn paired(
    options: &Options<'_>,
    report: &mut Report,
    variants: &[(&str, Measure)],
    (capacity, count, rounds): (usize, u64, u64),
    what: &str,
    unit: &'static str,
) -> Result<(), String> {
    let mut series: Vec<Series> = variants.iter().map(|_| Series::default()).collect();
    for round in 0..=rounds {
        options.go_on()?;
        for ((_, measure), series) in variants.iter().zip(&mut series) {
            let value = measure(capacity, count)?;
            // The first round warms up.
            if round > 0 {
                series.0.push(value);
            }
        }
    }
    for ((name, _), each) in variants.iter().zip(&series) {
        report.figure(format!("{what}: {name}"), unit, each);
    }
    for ((name, _), each) in variants.iter().zip(&series).skip(1) {
        report.figure(format!("{what}: {name} over {}", variants[0].0), "", &each.over(&series[0]));
    }
    Ok(())
}

/// Pins to the first or the second processor where there are two.
pub(crate) fn settle(which: usize) {
    let cpus = allowed_cpus();
    if cpus.len() > 1 {
        // A thread that may not be pinned is measured where it is.
        let _ = pin(cpus[which]);
    }
}

/// Runs the two halves at the same moment, each on its processor; nanoseconds until both are done.
fn both(first: impl FnOnce() + Send, second: impl FnOnce() + Send) -> Result<f64, String> {
    fn timed(which: usize, barrier: &Barrier, work: impl FnOnce()) -> f64 {
        settle(which);
        barrier.wait();
        let start = Instant::now();
        allocations::counted(work);
        start.elapsed().as_nanos() as f64
    }
    let barrier = &Barrier::new(2);
    std::thread::scope(|threads| {
        let (a, b) = (threads.spawn(|| timed(0, barrier, first)), threads.spawn(|| timed(1, barrier, second)));
        let failed = |_| "a measuring thread failed".to_owned();
        Ok(a.join().map_err(failed)?.max(b.join().map_err(failed)?))
    })
}

fn throughput<L: Lane>(capacity: usize, count: u64) -> Result<f64, String> {
    let (mut tx, rx) = L::open(capacity)?;
    let mut sum = 0;
    // Each end moves to the stack of its thread, as it does in use.
    let ns = both(move || L::produce(&mut tx, count), || sum = L::consume(&mut { rx }, count))?;
    if sum == count * (count - 1) / 2 {
        Ok(count as f64 * 1e3 / ns)
    } else {
        Err(format!("{} lost something", L::NAME))
    }
}

fn alone<L: Lane>(capacity: usize, count: u64) -> Result<f64, String> {
    let (mut tx, mut rx) = L::open(capacity)?;
    let mut sum = 0;
    let ns = nanoseconds_each(count, || {
        for value in 0..count {
            L::push(&mut tx, value);
            sum += L::pop(&mut rx).unwrap_or(0);
        }
    });
    if sum == count * (count - 1) / 2 { Ok(ns) } else { Err(format!("{} lost something", L::NAME)) }
}

/// Single round trips through a pair of our rings.
fn trips_of_ours(trips: u64) -> Result<OwnedHistogram, String> {
    let scale = calibrate(Duration::from_millis(20)).map_err(|error| error.to_string())?.scale;
    let (mut ask, mut asked) = Ours::open(SIZES[0])?;
    let (mut answer, mut answered) = Ours::open(SIZES[0])?;
    let mut histogram = OwnedHistogram::new(Layout::LATENCY);
    let caller = || {
        for trip in 0..trips {
            let before = ticks();
            Ours::push(&mut ask, trip);
            while Ours::pop(&mut answered).is_none() {
                spin_loop();
            }
            histogram.record(scale.nanoseconds(ticks().saturating_sub(before)));
        }
    };
    let callee = || {
        for _ in 0..trips {
            while Ours::pop(&mut asked).is_none() {
                spin_loop();
            }
            Ours::push(&mut answer, 0);
        }
    };
    both(caller, callee)?;
    Ok(histogram)
}

fn round_trip<L: Lane>(capacity: usize, trips: u64) -> Result<f64, String> {
    let (mut ask, mut asked) = L::open(capacity)?;
    let (mut answer, mut answered) = L::open(capacity)?;
    let caller = move || {
        for trip in 0..trips {
            L::push(&mut ask, trip);
            while L::pop(&mut answered).is_none() {
                spin_loop();
            }
        }
    };
    let callee = move || {
        for _ in 0..trips {
            let value = loop {
                match L::pop(&mut asked) {
                    Some(value) => break value,
                    None => spin_loop(),
                }
            };
            L::push(&mut answer, value);
        }
    };
    Ok(both(caller, callee)? / trips as f64)
}

/// Two words on lines of their own, nothing else: what the hardware takes to hand a line over and back.
fn bare_line(trips: u64) -> Result<f64, String> {
    let (ask, answer) = (Padded(AtomicU64::new(0)), Padded(AtomicU64::new(0)));
    let wait = |word: &AtomicU64, value| {
        while word.load(Ordering::Acquire) != value {
            spin_loop();
        }
    };
    let caller = || {
        for trip in 1..=trips {
            ask.store(trip, Ordering::Release);
            wait(&answer, trip);
        }
    };
    let callee = || {
        for trip in 1..=trips {
            wait(&ask, trip);
            answer.store(trip, Ordering::Release);
        }
    };
    Ok(both(caller, callee)? / trips as f64)
}
