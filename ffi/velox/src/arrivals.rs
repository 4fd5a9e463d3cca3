//! When transactions are meant to arrive: an absolute schedule that never waits for anybody.
//!
//! The next arrival follows from the one before it, not from when that was sent; whoever falls behind sees it in the lateness and
//! not in a lower rate. Poisson arrivals with bursts are drawn exactly: an exponential amount of work is spent along the
//! schedule at the rate of each stretch (inversion of the integrated rate), so a gap may begin outside a burst and end inside.

use hftz_clock::Scale;
use hftz_flow::{Burst, Random, exponential};

/// How gaps vary.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pattern {
    /// Exponential gaps: independent arrivals.
    #[default]
    Poisson,
    /// Equal gaps.
    Uniform,
}

/// Positions on the schedule are kept to 1/256 tick, so that rounding moves no rate.
const FINE: f64 = 256.0;
const FINE_BITS: u32 = 8;

/// The schedule, as an endless row of moments in ticks.
#[derive(Clone, Debug)]
pub struct Arrivals {
    random: Random,
    pattern: Pattern,
    start: u64,
    /// The next arrival, in fine units from the start.
    next: u64,
    /// Fine units between arrivals outside bursts, on average.
    gap: f64,
    burst: Option<Cycle>,
}

/// A [`Burst`] in fine units.
#[derive(Clone, Copy, Debug)]
struct Cycle {
    factor: f64,
    length: f64,
    every: f64,
}

impl Arrivals {
    /// Arrivals at `rate` a second outside bursts, from `start` on (ticks of `scale`).
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn new(pattern: Pattern, rate: f64, burst: Option<Burst>, scale: Scale, start: u64, seed: u64) -> Self {
        let fine = |ns: u64| scale.ticks(ns) as f64 * FINE;
        let cycle = burst.filter(|b| b.factor > 1 && b.length_ns > 0 && b.every_ns > 0).map(|b| Cycle {
            factor: f64::from(b.factor),
            length: fine(b.length_ns.min(b.every_ns)),
            every: fine(b.every_ns),
        });
        let gap = scale.hz() as f64 / rate * FINE;
        let mut arrivals = Self { random: Random::new(seed), pattern, start, next: 0, gap, burst: cycle };
        arrivals.advance();
        arrivals
    }

    /// The moment of the next arrival.
    #[inline]
    #[must_use]
    pub fn next(&self) -> u64 {
        self.start.wrapping_add(self.next >> FINE_BITS)
    }

    /// Goes on to the arrival after it.
    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn advance(&mut self) {
        let work = match self.pattern {
            Pattern::Poisson => exponential(&mut self.random),
            Pattern::Uniform => 1.0,
        } * self.gap;
        let gap = match self.burst {
            None => work,
            Some(cycle) => self.spend(work, cycle),
        };
        self.next = self.next.wrapping_add((gap + 0.5) as u64);
    }

    /// How long it takes from here until `work` is done, which goes `factor` times as fast inside bursts.
    #[allow(clippy::cast_precision_loss)]
    fn spend(&self, work: f64, cycle: Cycle) -> f64 {
        let per_cycle = cycle.length * cycle.factor + (cycle.every - cycle.length);
        // Whole cycles take the same time from any place in them.
        let whole = (work / per_cycle).floor();
        let (mut work, mut spent) = (work - whole * per_cycle, whole * cycle.every);
        let mut phase = self.next as f64 % cycle.every;
        loop {
            let (end, factor) = if phase < cycle.length { (cycle.length, cycle.factor) } else { (cycle.every, 1.0) };
            let until_end = (end - phase).max(0.0);
            if work <= until_end * factor {
                return spent + work / factor;
            }
            work -= until_end * factor;
            spent += until_end;
            phase = if end < cycle.every { end } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn count_until(arrivals: &mut Arrivals, end: u64, mut each: impl FnMut(u64)) -> u64 {
        let mut count = 0;
        while arrivals.next() < end {
            each(arrivals.next());
            arrivals.advance();
            count += 1;
        }
        count
    }

    #[test]
    fn counts_per_second_have_the_mean_and_the_variance_of_poisson() {
        let mut arrivals = Arrivals::new(Pattern::Poisson, 1e5, None, Scale::NANOSECONDS, 0, 1);
        let counts: Vec<f64> = (1..=100).map(|i| count_until(&mut arrivals, i * SECOND / 10, |_| {}) as f64).collect();
        let mean = counts.iter().sum::<f64>() / 100.0;
        let fano = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / 99.0 / mean;
        // Standard errors: 10 on the mean of 10000, 0.14 on a Fano factor of 1.
        assert!((mean - 10_000.0).abs() < 40.0, "{mean}");
        assert!((fano - 1.0).abs() < 0.5, "{fano}");
    }

    #[test]
    fn a_uniform_schedule_ticks_like_a_clock_on_any_counter() {
        let scale = Scale::new(2_600_000_000).unwrap();
        let mut arrivals = Arrivals::new(Pattern::Uniform, 1e3, None, scale, 7, 0);
        for i in 1..=10_000 {
            assert_eq!(arrivals.next(), 7 + i * 2_600_000);
            arrivals.advance();
        }
    }

    #[test]
    fn bursts_multiply_the_rate_inside_and_leave_it_outside() {
        let burst = Burst { factor: 10, length_ns: 1_000_000, every_ns: 10_000_000 };
        let mut arrivals = Arrivals::new(Pattern::Poisson, 1e5, Some(burst), Scale::NANOSECONDS, 0, 2);
        let (mut inside, mut outside) = (0_u32, 0_u32);
        count_until(
            &mut arrivals,
            10 * SECOND,
            |at| {
                if at % 10_000_000 < 1_000_000 { inside += 1 } else { outside += 1 }
            },
        );
        // A second of burst in all at 1e6/s, nine seconds at 1e5/s; five standard deviations.
        assert!(inside.abs_diff(1_000_000) < 5_000, "{inside}");
        assert!(outside.abs_diff(900_000) < 4_750, "{outside}");
    }

    #[test]
    fn rare_arrivals_cross_many_bursts_in_one_gap() {
        let burst = Burst { factor: 3, length_ns: 50_000, every_ns: 100_000 };
        let mut arrivals = Arrivals::new(Pattern::Uniform, 1.0, Some(burst), Scale::NANOSECONDS, 0, 0);
        // Two units of work are done in each unit of time, on average.
        let count = count_until(&mut arrivals, 1_000 * SECOND, |_| {});
        assert!(count.abs_diff(2_000) <= 1, "{count}");
    }
}
