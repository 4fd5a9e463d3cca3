//! What is measured between two threads, each on a processor of its own where there are two.

use std::hint::spin_loop;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hftz_clock::ticks;
use hftz_hist::{Layout, OwnedHistogram};
use hftz_ring::Padded;
use hftz_velox::host::{allocations, allowed_cpus, calibrate, pin};

use super::SMALLEST;
use super::lanes::{Item, Lane, Ours, Single, Small, Wait, source, sum_of};
use crate::rounds::nanoseconds_each;

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

/// Millions of items a second.
pub fn throughput<L: Lane<T>, T: Item>(capacity: usize, count: u64, wait: Wait) -> Result<f64, String> {
    let (mut tx, rx) = L::open(capacity)?;
    // By reference: a producer that shares its place with the items is one whose fields stay in memory.
    let source = &source::<T>();
    let mut sum = 0;
    // Each end moves to the stack of its thread, as it does in use.
    let ns = both(move || L::produce(&mut tx, source, count, wait), || sum = L::consume(&mut { rx }, count, wait))?;
    if sum == sum_of::<T>(count) { Ok(count as f64 * 1e3 / ns) } else { Err(format!("{} lost something", L::NAME)) }
}

/// Nanoseconds of thread time for a push and the pop after it.
pub fn alone<L: Single<Small>>(capacity: usize, count: u64, _: Wait) -> Result<f64, String> {
    let (mut tx, mut rx) = L::open(capacity)?;
    let mut sum = 0;
    let ns = nanoseconds_each(count, || {
        for value in 0..count {
            L::push(&mut tx, &[value]);
            sum += L::pop(&mut rx).map_or(0, |[word]| word);
        }
    });
    if sum == count * (count - 1) / 2 { Ok(ns) } else { Err(format!("{} lost something", L::NAME)) }
}

/// Single round trips through a pair of our rings.
pub fn trips_of_ours(trips: u64) -> Result<OwnedHistogram, String> {
    let scale = calibrate(Duration::from_millis(20)).map_err(|error| error.to_string())?.scale;
    let (mut ask, mut asked) = <Ours as Lane<Small>>::open(SMALLEST)?;
    let (mut answer, mut answered) = <Ours as Lane<Small>>::open(SMALLEST)?;
    let mut histogram = OwnedHistogram::new(Layout::LATENCY);
    let caller = || {
        for trip in 0..trips {
            let before = ticks();
            Ours::push(&mut ask, &[trip]);
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
            Ours::push(&mut answer, &[0]);
        }
    };
    both(caller, callee)?;
    Ok(histogram)
}

/// Nanoseconds there and back, the mean of so many trips.
pub fn round_trip<L: Single<Small>>(capacity: usize, trips: u64, wait: Wait) -> Result<f64, String> {
    let (mut ask, mut asked) = L::open(capacity)?;
    let (mut answer, mut answered) = L::open(capacity)?;
    let caller = move || {
        for trip in 0..trips {
            L::push(&mut ask, &[trip]);
            while L::pop(&mut answered).is_none() {
                wait.a_moment();
            }
        }
    };
    let callee = move || {
        for _ in 0..trips {
            let value = loop {
                match L::pop(&mut asked) {
                    Some(value) => break value,
                    None => wait.a_moment(),
                }
            };
            L::push(&mut answer, &value);
        }
    };
    Ok(both(caller, callee)? / trips as f64)
}

/// Two words on lines of their own, nothing else: what the hardware takes to hand a line over and back.
pub fn bare_line(trips: u64) -> Result<f64, String> {
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
