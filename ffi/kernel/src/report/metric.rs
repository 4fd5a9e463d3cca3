//! A measurement and the class it belongs to. A number without its class is a claim nobody can check:
//!
//! - `I` instructions counted by the emulator, exact and repeatable
//! - `N` nanoseconds of the same source on the host's processor
//! - `E` emulated time, never compared with a target
//! - `K` nanoseconds under a hypervisor that passed the probe

use core::fmt;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Instructions,
    Native,
    Emulated,
    Virtual,
}

impl Class {
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Instructions => 'I',
            Self::Native => 'N',
            Self::Emulated => 'E',
            Self::Virtual => 'K',
        }
    }

    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Instructions => "insn",
            Self::Native => "ns",
            Self::Emulated | Self::Virtual => "cycles",
        }
    }
}

/// Order statistics of a set of samples: picoseconds in class N, whose operations may take less than a nanosecond, else
/// the class's unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    pub n: usize,
    pub min: u64,
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
}

impl Summary {
    /// Sorts the samples; `None` for none. A percentile is the smallest sample that at least that share does not
    /// exceed.
    #[must_use]
    pub fn of(samples: &mut [u64]) -> Option<Self> {
        samples.sort_unstable();
        let n = samples.len();
        let rank = |percent: usize| samples.get((n * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { n, min: *samples.first()?, p50: rank(50)?, p99: rank(99)?, max: *samples.last()? })
    }
}

/// The line of one measurement.
pub struct Metric<'a> {
    pub name: &'a str,
    pub class: Class,
    pub summary: Summary,
}

impl fmt::Display for Metric<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { n, min, p50, p99, max } = self.summary;
        let (class, unit) = (self.class.letter(), self.class.unit());
        write!(f, "@metric name={} class={class} unit={unit} n={n}", self.name)?;
        for (key, value) in [("min", min), ("p50", p50), ("p99", p99), ("max", max)] {
            match self.class {
                Class::Native => write!(f, " {key}={}.{:03}", value / 1_000, value % 1_000)?,
                _ => write!(f, " {key}={value}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_that_occurred() {
        let mut samples: Vec<u64> = (1..=100).rev().collect();
        let summary = Summary::of(&mut samples).unwrap();
        assert_eq!(summary, Summary { n: 100, min: 1, p50: 50, p99: 99, max: 100 });
        assert_eq!(Summary::of(&mut [7]).unwrap(), Summary { n: 1, min: 7, p50: 7, p99: 7, max: 7 });
        assert_eq!(Summary::of(&mut []), None);
    }

    #[test]
    fn a_metric_is_one_line() {
        let summary = Summary { n: 3, min: 1, p50: 2, p99: 3, max: 3 };
        let line = Metric { name: "pmm/alloc", class: Class::Instructions, summary }.to_string();
        assert_eq!(line, "@metric name=pmm/alloc class=I unit=insn n=3 min=1 p50=2 p99=3 max=3");
        let summary = Summary { n: 3, min: 1, p50: 812, p99: 1_000, max: 12_345 };
        let line = Metric { name: "pmm/alloc", class: Class::Native, summary }.to_string();
        assert_eq!(line, "@metric name=pmm/alloc class=N unit=ns n=3 min=0.001 p50=0.812 p99=1.000 max=12.345");
    }
}
