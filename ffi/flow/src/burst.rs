//! Bursts: stretches in which a schedule runs faster, at regular intervals.
//!
//! Work, in nanoseconds as it would take without bursts, and time are tied to each other in whole numbers, so both directions
//! agree to the nanosecond and never run backwards: `time_of(work) <= time` exactly when `work <= work_by(time)`.

/// The first `length_ns` of every `every_ns` run `factor` times as fast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Burst {
    pub factor: u32,
    pub length_ns: u64,
    pub every_ns: u64,
}

/// The longest interval, one hour: a day has several.
const LONGEST_NS: u64 = 3_600_000_000_000;
/// The largest factor.
const STRONGEST: u32 = 1_000_000;

impl Burst {
    /// # Errors
    /// The part that makes no sense, and its rule.
    pub fn check(&self) -> Result<(), String> {
        let Self { factor, length_ns, every_ns } = *self;
        if !(1..=STRONGEST).contains(&factor) {
            return Err(format!("a burst is 1 to 1M times the rate, not {factor}"));
        }
        if every_ns > LONGEST_NS {
            return Err("bursts come at least once an hour".into());
        }
        if length_ns == 0 || length_ns > every_ns {
            return Err(format!(
                "a burst lasts more than nothing and no longer than the time from one to the next, not {length_ns} of {every_ns} ns"
            ));
        }
        Ok(())
    }

    /// How much faster a schedule with these bursts is on average.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.cycle() as f64 / self.every_ns as f64
    }

    /// When this much work is done, nanoseconds from the start.
    #[inline]
    #[must_use]
    pub fn time_of(&self, work_ns: u64) -> u64 {
        let (whole, rest) = (work_ns / self.cycle(), work_ns % self.cycle());
        let fast = self.length_ns * u64::from(self.factor);
        let within = if rest < fast { rest / u64::from(self.factor) } else { self.length_ns + (rest - fast) };
        whole.saturating_mul(self.every_ns).saturating_add(within)
    }

    /// The most work that is done by a time, nanoseconds from the start.
    #[must_use]
    pub fn work_by(&self, time_ns: u64) -> u64 {
        let (whole, phase) = (time_ns / self.every_ns, time_ns % self.every_ns);
        let factor = u64::from(self.factor);
        // To the end of a nanosecond: work of less than one of them is done within it.
        let within = if phase < self.length_ns {
            phase * factor + (factor - 1)
        } else {
            self.length_ns * factor + (phase - self.length_ns)
        };
        whole.saturating_mul(self.cycle()).saturating_add(within)
    }

    /// Work of one interval.
    #[inline]
    fn cycle(&self) -> u64 {
        self.length_ns * u64::from(self.factor) + (self.every_ns - self.length_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const TEN: Burst = Burst { factor: 10, length_ns: 1_000, every_ns: 100_000 };

    #[test]
    fn time_and_work_are_those_of_a_walk_nanosecond_by_nanosecond() {
        for burst in
            [TEN, Burst { factor: 3, length_ns: 7, every_ns: 7 }, Burst { factor: 1, length_ns: 2, every_ns: 5 }]
        {
            let mut work = 0;
            for time in 0..250_000_u64 {
                let speed = if time % burst.every_ns < burst.length_ns { u64::from(burst.factor) } else { 1 };
                for step in 0..speed {
                    assert_eq!(burst.time_of(work + step), time);
                }
                assert_eq!(burst.work_by(time), work + speed - 1);
                work += speed;
            }
        }
    }

    #[test]
    fn both_directions_agree_far_out() {
        let mut random = Random::new(3);
        for _ in 0..100_000 {
            let every_ns = 1 + random.bits() % LONGEST_NS;
            let burst =
                Burst { factor: 1 + random.below(STRONGEST), length_ns: 1 + random.bits() % every_ns, every_ns };
            assert_eq!(burst.check(), Ok(()));
            let work = random.bits() >> 2 >> random.below(60);
            let time = burst.time_of(work);
            assert!(burst.work_by(time) >= work);
            assert!(time == 0 || burst.work_by(time - 1) < work);
        }
    }

    #[test]
    fn a_mean_counts_both_parts() {
        assert!((TEN.mean() - 1.09).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_burst_is_refused_with_the_rule() {
        for (burst, said) in [
            (Burst { factor: 0, ..TEN }, "1 to 1M times"),
            (Burst { factor: 2_000_000, ..TEN }, "1 to 1M times"),
            (Burst { length_ns: 0, ..TEN }, "more than nothing"),
            (Burst { length_ns: 100_001, ..TEN }, "no longer than"),
            (Burst { every_ns: u64::MAX, ..TEN }, "once an hour"),
        ] {
            assert!(burst.check().unwrap_err().contains(said), "{burst:?}");
        }
    }
}
