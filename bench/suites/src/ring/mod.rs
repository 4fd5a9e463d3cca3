//! Queues between two threads: throughput at every size, what an operation costs when nobody competes, and the round trip
//! across two cores beside that of a bare cache line.
//!
//! Throughput and round trip need both cores; where two threads share one, or the machine is busy, look at the ratios and their
//! spread, which come from rounds run one after the other.

mod lanes;

use std::hint::spin_loop;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hftz_ring::Padded;
use hftz_velox::host::{allowed_cpus, pin};
use lanes::{CrossbeamArray, CrossbeamSeg, Lane, Ours, OursBatched, OursLinked, OursMpmc, Rtrb};

use crate::options::Options;
use crate::report::Report;
use crate::rounds::{Series, nanoseconds_each};

/// One measurement of one lane.
type Measure = fn(usize, u64) -> Result<f64, String>;

pub fn run(options: &Options) -> Result<Report, String> {
    let rounds = options.number("rounds", 7)?;
    let items = options.number("items", 4_000_000)?;
    let trips = options.number("trips", 100_000)?;
    let mut report = Report::new("ring");
    let cpus = allowed_cpus();
    report.fact("processors", cpus.len());
    if !cfg!(cpp_ring) {
        report.fact("left out", "C++ reference ring: no C++ compiler when this was built");
    }
    for capacity in [1_024, 4_096, 8_192] {
        let mut variants: Vec<(&str, Measure)> = vec![
            (Rtrb::NAME, throughput::<Rtrb>),
            (Ours::NAME, throughput::<Ours>),
            (OursBatched::NAME, throughput::<OursBatched>),
        ];
        #[cfg(cpp_ring)]
        variants.push((lanes::Cpp::NAME, throughput::<lanes::Cpp>));
        variants.push((CrossbeamArray::NAME, throughput::<CrossbeamArray>));
        variants.push((OursMpmc::NAME, throughput::<OursMpmc>));
        variants.push((CrossbeamSeg::NAME, throughput::<CrossbeamSeg>));
        variants.push((OursLinked::NAME, throughput::<OursLinked>));
        paired(&mut report, &variants, (capacity, items, rounds), &format!("throughput, {capacity}"), "M items/s")?;
    }
    let alone: [(&str, Measure); 6] = [
        (Rtrb::NAME, alone::<Rtrb>),
        (Ours::NAME, alone::<Ours>),
        (CrossbeamArray::NAME, alone::<CrossbeamArray>),
        (OursMpmc::NAME, alone::<OursMpmc>),
        (CrossbeamSeg::NAME, alone::<CrossbeamSeg>),
        (OursLinked::NAME, alone::<OursLinked>),
    ];
    paired(&mut report, &alone, (1_024, items, rounds), "push and pop on one thread", "ns, thread time")?;
    let trip: [(&str, Measure); 4] = [
        ("bare cache line", |_, trips| bare_line(trips)),
        (Rtrb::NAME, round_trip::<Rtrb>),
        (Ours::NAME, round_trip::<Ours>),
        (OursMpmc::NAME, round_trip::<OursMpmc>),
    ];
    paired(&mut report, &trip, (1_024, trips, rounds), "round trip", "ns")?;
    Ok(report)
}

/// Runs every variant once a round; reports each, and each over the first.
fn paired(
    report: &mut Report,
    variants: &[(&str, Measure)],
    (capacity, count, rounds): (usize, u64, u64),
    what: &str,
    unit: &'static str,
) -> Result<(), String> {
    let mut series: Vec<Series> = variants.iter().map(|_| Series::default()).collect();
    for round in 0..=rounds {
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
fn settle(which: usize) {
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
        work();
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
