//! Paired rounds: A B C, A B C, ... in one process, so that what disturbs the machine disturbs all of them.
//! Time is the thread's own processor time: what the work costs, whoever else wants the core.

use hftz_velox::host::allocations;

/// Samples of one variant, one a round.
#[derive(Clone, Debug, Default)]
pub struct Series(pub Vec<f64>);

/// Middle, smallest and largest.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Series {
    /// Middle (of an even number of samples the mean of the two), smallest and largest; not a number when there is none.
    #[must_use]
    pub fn spread(&self) -> Spread {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        Spread { median: f64::midpoint(at(last / 2), at(sorted.len() / 2)), min: at(0), max: at(last) }
    }

    /// This over `other`, round by round.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(this, that)| this / that).collect())
    }
}

/// Nanoseconds that `work` takes for each of the `count` things it does.
pub fn nanoseconds_each(count: u64, work: impl FnOnce()) -> f64 {
    let start = thread_time_ns();
    allocations::counted(work);
    (thread_time_ns() - start) as f64 / count as f64
}

/// Processor time of this thread.
fn thread_time_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the answer; the clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_of_rounds_is_the_mean_of_the_two() {
        let of = |samples: &[f64]| Series(samples.to_vec()).spread();
        assert_eq!((of(&[4.0, 1.0, 2.0, 8.0]).median, of(&[4.0, 1.0, 2.0]).median, of(&[5.0]).median), (3.0, 2.0, 5.0));
        assert_eq!((of(&[4.0, 1.0]).min, of(&[4.0, 1.0]).max), (1.0, 4.0));
        assert!(of(&[]).median.is_nan());
    }
}
