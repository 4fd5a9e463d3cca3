//! What a run is asked to do.

use crate::arrivals::Pattern;
use crate::bundle::BUNDLE_MAX;
use crate::chaos::Chaos;
use hftz_flow::Burst;
use std::fmt;

/// How the four stages are spread over threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Topology {
    /// By the number of processors: four threads on four or more, one on fewer.
    #[default]
    Auto,
    /// A thread for each stage.
    Spread,
    /// Ingress on one thread, the others together on a second.
    Split,
    /// All on one thread.
    Fused,
}

/// What a thread does when none of its stages has work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Idle {
    /// Spin when every thread has a processor, else yield; one thread alone sleeps until shortly before its next deadline.
    #[default]
    Auto,
    Spin,
    Yield,
    /// Sleep until shortly before the next deadline, then spin; only where one thread runs everything.
    Sleep,
}

/// The run. Defaults are those of the command line.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// Transactions a second, outside bursts.
    pub rate: f64,
    pub duration_ns: u64,
    pub pattern: Pattern,
    pub burst: Option<Burst>,
    pub seed: u64,
    /// Capacities of rings A and B (transactions) and C (bundles).
    pub rings: [usize; 3],
    /// Transactions in a full bundle; 5 is the Jito profile.
    pub bundle_size: usize,
    pub window_ns: u64,
    pub topology: Topology,
    pub idle: Idle,
    /// Processors for the threads in the order of their stages; empty: those that the process may use, in order.
    pub cpus: Vec<usize>,
    pub chaos: Option<Chaos>,
    /// Length of the intervals of latency over time.
    pub interval_ns: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rate: 1e5,
            duration_ns: 10_000_000_000,
            pattern: Pattern::Poisson,
            burst: None,
            seed: 1,
            rings: [8192, 4096, 1024],
            bundle_size: BUNDLE_MAX,
            window_ns: 100_000,
            topology: Topology::Auto,
            idle: Idle::Auto,
            cpus: Vec::new(),
            chaos: None,
            interval_ns: 1_000_000_000,
        }
    }
}

/// A run that makes no sense.
#[derive(Clone, PartialEq, Debug)]
pub enum ConfigError {
    Rate(f64),
    Duration,
    Window,
    Interval,
    BundleSize(usize),
    /// Which ring (A, B or C), and the capacity asked for.
    Ring(char, usize),
    /// What makes no sense in the bursts, and its rule.
    Burst(String),
    /// The rate inside a burst.
    BurstRate(f64),
    Chaos,
    SleepNeedsOneThread,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(rate) => write!(f, "a rate is from 1 to 1,000,000,000 a second, not {rate}"),
            Self::Duration => f.write_str("a run lasts from 1 ms to 30 days"),
            Self::Window => f.write_str("a bundle's window is from 1 ns to 10 s"),
            Self::Interval => f.write_str("an interval is from 1 ms to 1 h"),
            Self::BundleSize(size) => write!(f, "a bundle holds 1 to {BUNDLE_MAX} transactions, not {size}"),
            Self::Ring(name, asked) => {
                write!(f, "ring {name} holds a power of two from 2 to 1,048,576 items, not {asked}")
            }
            Self::Burst(why) => f.write_str(why),
            Self::BurstRate(rate) => write!(f, "the rate inside a burst is at most 1,000,000,000 a second, not {rate}"),
            Self::Chaos => f.write_str("chaos stalls stages 0.001 to 100,000 times a second for up to 10 s"),
            Self::SleepNeedsOneThread => {
                f.write_str("threads that wait for each other cannot sleep; fuse them or spin")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

const SECOND: u64 = 1_000_000_000;

impl Config {
    /// Transactions a second with bursts, on average.
    #[must_use]
    pub fn mean_rate(&self) -> f64 {
        self.rate * self.burst.map_or(1.0, |burst| burst.mean())
    }

    /// # Errors
    /// The first rule that the configuration breaks.
    pub fn check(&self) -> Result<(), ConfigError> {
        let rule = |holds: bool, error: ConfigError| if holds { Ok(()) } else { Err(error) };
        rule((1.0..=1e9).contains(&self.rate), ConfigError::Rate(self.rate))?;
        rule((1_000_000..=30 * 86_400 * SECOND).contains(&self.duration_ns), ConfigError::Duration)?;
        rule((1..=10 * SECOND).contains(&self.window_ns), ConfigError::Window)?;
        rule((1_000_000..=3_600 * SECOND).contains(&self.interval_ns), ConfigError::Interval)?;
        rule((1..=BUNDLE_MAX).contains(&self.bundle_size), ConfigError::BundleSize(self.bundle_size))?;
        for (name, size) in ['A', 'B', 'C'].into_iter().zip(self.rings) {
            rule(size.is_power_of_two() && (2..=1 << 20).contains(&size), ConfigError::Ring(name, size))?;
        }
        if let Some(burst) = self.burst {
            burst.check().map_err(ConfigError::Burst)?;
            let inside = self.rate * f64::from(burst.factor);
            rule(inside <= 1e9, ConfigError::BurstRate(inside))?;
        }
        if let Some(Chaos { per_second, longest_ns, .. }) = self.chaos {
            rule((1e-3..=1e5).contains(&per_second) && longest_ns <= 10 * SECOND, ConfigError::Chaos)?;
        }
        rule(self.idle != Idle::Sleep || self.topology == Topology::Fused, ConfigError::SleepNeedsOneThread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_rate_counts_bursts() {
        let burst = Burst { factor: 10, length_ns: 1_000_000, every_ns: 100_000_000 };
        let faster = Config { burst: Some(burst), ..Config::default() }.mean_rate();
        assert!((faster - 109_000.0).abs() < 1e-6, "{faster}");
        assert!((Config::default().mean_rate() - 100_000.0).abs() < 1e-6);
    }

    #[test]
    fn the_default_run_is_valid_and_impossible_ones_are_named() {
        let good = Config::default();
        assert_eq!(good.check(), Ok(()));
        let broken = |change: &dyn Fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check().unwrap_err()
        };
        assert_eq!(broken(&|c| c.rate = 0.0), ConfigError::Rate(0.0));
        assert!(matches!(broken(&|c| c.rate = f64::NAN), ConfigError::Rate(_)));
        assert_eq!(broken(&|c| c.rings[1] = 1000), ConfigError::Ring('B', 1000));
        assert_eq!(
            broken(&|c| c.rings[2] = 0).to_string(),
            "ring C holds a power of two from 2 to 1,048,576 items, not 0"
        );
        assert_eq!(broken(&|c| c.bundle_size = 17), ConfigError::BundleSize(17));
        assert_eq!(broken(&|c| c.window_ns = 0), ConfigError::Window);
        assert_eq!(broken(&|c| c.duration_ns = 0), ConfigError::Duration);
        assert_eq!(broken(&|c| c.idle = Idle::Sleep), ConfigError::SleepNeedsOneThread);
        let burst = |factor, length_ns| Some(Burst { factor, length_ns, every_ns: 100_000_000 });
        assert!(matches!(broken(&|c| c.burst = burst(0, 1)), ConfigError::Burst(_)));
        assert!(matches!(broken(&|c| c.burst = burst(2, 100_000_001)), ConfigError::Burst(_)));
        assert_eq!(broken(&|c| c.burst = burst(100_000, 1)), ConfigError::BurstRate(1e10));
    }
}
