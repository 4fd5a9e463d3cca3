//! A rate held on an absolute schedule, and how late each message was against it.
//!
//! Message `n` is due `n / rate` after the start, whatever happened before: a stall is caught up and shows as lateness of every
//! message it delayed, which is what a reader of open-loop figures must be able to trust. Messages due within one slot of
//! 100 us leave together, since a packet for each would cost more than the slot.

use hftz_flow::Burst;
use std::time::{Duration, Instant};

/// The shortest time between two departures.
const SLOT: Duration = Duration::from_micros(100);
/// Sleeps end this much early; the rest is waited out giving way to other threads.
const EARLY: Duration = Duration::from_micros(40);
/// How far messages are made ahead of their departure.
const AHEAD: Duration = Duration::from_millis(2);
/// Longest sleep before the caller looks around.
const NAP: Duration = Duration::from_millis(50);

/// When which message is due.
#[derive(Debug)]
pub struct Pace {
    started: Instant,
    per_message_ns: f64,
    burst: Option<Burst>,
    departed: Duration,
    lateness: Lateness,
}

impl Pace {
    /// `rate` messages a second outside bursts.
    pub fn start(rate: f64, burst: Option<Burst>) -> Self {
        // The kernel rounds sleeps up by 50 us unless a thread asks for better.
        // SAFETY: PR_SET_TIMERSLACK takes one integer and touches no memory of ours.
        unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64, 0_u64, 0_u64, 0_u64) };
        Self {
            started: Instant::now(),
            per_message_ns: 1e9 / rate,
            burst,
            departed: Duration::ZERO,
            lateness: Lateness::new(),
        }
    }

    /// Messages due by now.
    pub fn due(&self) -> u64 {
        self.due_by(self.started.elapsed())
    }

    /// Messages due within the next milliseconds: what to have ready.
    pub fn due_soon(&self) -> u64 {
        self.due_by(self.started.elapsed() + AHEAD)
    }

    /// Waits until message `next` is due and a slot has passed since the last departure. False when it is still to come: the caller
    /// may look around and call again.
    pub fn wait_for(&self, next: u64) -> bool {
        let due = Duration::from_nanos(self.due_ns(next)).max(self.departed + SLOT);
        loop {
            let Some(left) = due.checked_sub(self.started.elapsed()).filter(|left| !left.is_zero()) else {
                return true;
            };
            if left > NAP {
                std::thread::sleep(NAP);
                return false;
            }
            if left > EARLY * 2 {
                std::thread::sleep(left - EARLY);
            } else {
                std::thread::yield_now();
            }
        }
    }

    /// Messages `first..next` have just departed.
    pub fn departed(&mut self, first: u64, next: u64) {
        self.departed = self.started.elapsed();
        let now_ns = self.departed.as_nanos() as u64;
        for message in first..next {
            self.lateness.record(now_ns.saturating_sub(self.due_ns(message)));
        }
    }

    pub const fn lateness(&self) -> &Lateness {
        &self.lateness
    }

    fn due_ns(&self, message: u64) -> u64 {
        let work_ns = (message as f64 * self.per_message_ns) as u64;
        self.burst.map_or(work_ns, |burst| burst.time_of(work_ns))
    }

    fn due_by(&self, elapsed: Duration) -> u64 {
        let elapsed_ns = elapsed.as_nanos() as u64;
        let work_ns = self.burst.map_or(elapsed_ns, |burst| burst.work_by(elapsed_ns));
        (work_ns as f64 / self.per_message_ns) as u64 + 1
    }
}

/// Sub-buckets of each power of two: values are kept to within 1/32.
const FINE_BITS: u32 = 5;
const FINE: usize = 1 << FINE_BITS;

/// A histogram of nanoseconds with logarithmic buckets, exact count, sum and maximum beside it.
#[derive(Clone, Debug)]
pub struct Lateness {
    buckets: Vec<u64>,
    count: u64,
    sum_ns: u128,
    max_ns: u64,
}

impl Lateness {
    fn new() -> Self {
        Self { buckets: vec![0; FINE * (64 - FINE_BITS as usize + 1)], count: 0, sum_ns: 0, max_ns: 0 }
    }

    fn record(&mut self, ns: u64) {
        self.buckets[bucket(ns)] += 1;
        self.count += 1;
        self.sum_ns += u128::from(ns);
        self.max_ns = self.max_ns.max(ns);
    }

    pub const fn max_ns(&self) -> u64 {
        self.max_ns
    }

    pub fn mean_ns(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum_ns as f64 / self.count as f64 }
    }

    /// The value that a share of all messages did not exceed, to within 1/32 of it.
    pub fn quantile_ns(&self, share: f64) -> u64 {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return highest(index).min(self.max_ns);
            }
        }
        0
    }
}

fn bucket(ns: u64) -> usize {
    let shift = (64 - ns.leading_zeros()).saturating_sub(FINE_BITS + 1);
    shift as usize * FINE + (ns >> shift) as usize
}

/// The largest value that falls into a bucket.
fn highest(index: usize) -> u64 {
    if index < 2 * FINE {
        return index as u64;
    }
    let shift = index / FINE - 1;
    ((index - shift * FINE) as u64) << shift | ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_the_bucket_that_names_it() {
        let mut values: Vec<u64> = (0..10_000).collect();
        values.extend((0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]));
        values.push(u64::MAX);
        for value in values {
            let index = bucket(value);
            let top = highest(index);
            assert!(top >= value && top - value <= value / 32, "{value}: {top}");
            assert!(index == 0 || highest(index - 1) < value, "{value}");
        }
    }

    #[test]
    fn quantiles_count_and_extremes_agree() {
        let mut lateness = Lateness::new();
        assert_eq!(lateness.quantile_ns(0.5), 0);
        (1..=1000).for_each(|value| lateness.record(value * 1000));
        assert_eq!((lateness.max_ns(), lateness.mean_ns()), (1_000_000, 500_500.0));
        let median = lateness.quantile_ns(0.5);
        assert!((500_000..=516_000).contains(&median), "{median}");
        assert_eq!(lateness.quantile_ns(1.0), 1_000_000);
    }

    #[test]
    fn the_schedule_does_not_move_when_messages_are_late() {
        let mut pace = Pace::start(1e9, None);
        assert!(pace.wait_for(1000));
        pace.departed(0, 1000);
        // A thousand messages, due within a microsecond, left at least a slot late: the first the most.
        assert!(pace.lateness().quantile_ns(0.0) >= 99_000);
        assert_eq!(pace.due_ns(5_000), 5_000);
    }

    #[test]
    fn a_schedule_with_bursts_is_ten_times_as_dense_inside_and_as_ever_outside() {
        let burst = Burst { factor: 10, length_ns: 1_000_000, every_ns: 100_000_000 };
        let pace = Pace::start(1e5, Some(burst));
        // A thousand messages in the first millisecond, then one every ten microseconds.
        let due = [0, 1, 999, 1_000, 1_001, 10_899, 10_900].map(|message| pace.due_ns(message));
        assert_eq!(due, [0, 1_000, 999_000, 1_000_000, 1_010_000, 99_990_000, 100_000_000]);
        assert_eq!(pace.due_by(Duration::from_millis(100)), 10_900 + 1);
    }

    #[test]
    fn a_far_message_is_not_waited_for_in_one_go() {
        assert!(!Pace::start(0.001, None).wait_for(1));
    }
}
