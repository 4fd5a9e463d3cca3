//! What is read out of a histogram: percentiles, mean, standard deviation.

use crate::histogram::Histogram;

/// The figures that every latency result shows.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Summary {
    pub count: u64,
    /// Exact, as are `max` and `mean`.
    pub min: u64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub p999: u64,
    pub p9999: u64,
    pub max: u64,
    pub mean: f64,
}

/// One, in the parts per million in which percentiles are asked for.
pub(crate) const WHOLE: u32 = 1_000_000;

impl<B: AsRef<[u64]>> Histogram<B> {
    /// The value that at least `parts_per_million` of all recorded values do not exceed: HdrHistogram's percentile, that is the
    /// highest value of the slot in which the value of that rank lies. 0 when nothing was recorded.
    #[must_use]
    pub fn percentile(&self, parts_per_million: u32) -> u64 {
        self.percentiles([parts_per_million])[0]
    }

    /// Several percentiles, ascending, in one pass.
    #[must_use]
    pub fn percentiles<const N: usize>(&self, parts_per_million: [u32; N]) -> [u64; N] {
        let mut slots = self.buckets();
        let (mut seen, mut value) = (0_u64, 0);
        parts_per_million.map(|part| {
            let share = u128::from(self.count) * u128::from(part.min(WHOLE));
            let rank = share.div_ceil(u128::from(WHOLE)).max(1);
            while u128::from(seen) < rank
                && let Some(slot) = slots.next()
            {
                seen += slot.count;
                value = slot.highest;
            }
            value
        })
    }

    /// What is shown to people: as [`Self::percentiles`], but none above the exact maximum, which the end of a slot may exceed.
    #[must_use]
    pub fn percentiles_to_max<const N: usize>(&self, parts_per_million: [u32; N]) -> [u64; N] {
        self.percentiles(parts_per_million).map(|value| value.min(self.max()))
    }

    /// The exact mean; 0 when nothing was recorded.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum() as f64 / self.count as f64 }
    }

    /// The standard deviation, each value taken as the middle of its slot.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn standard_deviation(&self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        // From the mean of the same middles: a single value deviates from nothing, however wide its slot.
        let middle = |lowest: u64, highest: u64| (lowest as f64 + highest as f64) / 2.0;
        let sum: f64 = self.buckets().map(|slot| middle(slot.lowest, slot.highest) * slot.count as f64).sum();
        let mean = sum / self.count as f64;
        let squares = self.buckets().map(|slot| {
            let off = middle(slot.lowest, slot.highest) - mean;
            off * off * slot.count as f64
        });
        square_root(squares.sum::<f64>() / self.count as f64)
    }

    /// The figures that every latency result shows, none above the exact maximum.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let [p50, p90, p99, p999, p9999] = self.percentiles_to_max([500_000, 900_000, 990_000, 999_000, 999_900]);
        Summary { count: self.count, min: self.min(), p50, p90, p99, p999, p9999, max: self.max(), mean: self.mean() }
    }
}

/// Newton's iteration from a power of two near the root (`core` has no square root): each step doubles the correct digits.
fn square_root(square: f64) -> f64 {
    if square <= 0.0 {
        return 0.0;
    }
    // Halving the exponent lands within a factor of two.
    let mut root = f64::from_bits((square.to_bits() >> 1) + (1.0_f64.to_bits() >> 1));
    for _ in 0..6 {
        root = (root + square / root) / 2.0;
    }
    root
}

#[cfg(test)]
mod tests {
    use crate::{Layout, OwnedHistogram};
    use proptest::prelude::*;

    fn pair(values: &[u64], digits: u8) -> (OwnedHistogram, hdrhistogram::Histogram<u64>) {
        let highest = 1 << 45;
        let mut ours = OwnedHistogram::new(Layout::new(digits, highest).unwrap());
        let mut theirs = hdrhistogram::Histogram::new_with_bounds(1, highest, digits).unwrap();
        for &value in values {
            ours.record(value);
            theirs.record(value).unwrap();
        }
        (ours, theirs)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn percentiles_equal_those_of_another_implementation(
            values in proptest::collection::vec((0_u64..1 << 45, 0_u32..44).prop_map(|(v, s)| v >> s), 1..2_000), digits in 1_u8..=3,
        ) {
            let (ours, theirs) = pair(&values, digits);
            for part in [0, 1, 100_000, 250_000, 500_000, 750_000, 900_000, 990_000, 999_000, 999_900, 999_999, 1_000_000] {
                let expected = match part {
                    // The other implementation gives the low end of the first slot here.
                    0 => theirs.value_at_quantile(f64::MIN_POSITIVE),
                    _ => theirs.value_at_quantile(f64::from(part) / 1e6),
                };
                prop_assert_eq!(ours.percentile(part), expected, "at {} parts per million", part);
            }
            prop_assert!((ours.standard_deviation() - theirs.stdev()).abs() <= theirs.stdev() * 1e-2 + 1.0);
        }

        #[test]
        fn a_percentile_is_the_slot_of_the_sorted_value_of_that_rank(
            values in proptest::collection::vec(0_u64..1 << 40, 1..500), part in 0_u32..=1_000_000,
        ) {
            let (ours, _) = pair(&values, 3);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let rank = (sorted.len() as u64 * u64::from(part)).div_ceil(1_000_000).max(1);
            prop_assert_eq!(ours.percentile(part), ours.layout().highest_equivalent(sorted[rank as usize - 1]));
        }
    }

    #[test]
    fn the_summary_never_shows_a_percentile_above_the_maximum() {
        let (ours, _) = pair(&[1_000_001], 3);
        assert!(ours.percentile(990_000) > 1_000_001);
        assert_eq!(ours.percentiles_to_max([0, 1_000_000]), [1_000_001; 2]);
        let summary = ours.summary();
        assert_eq!(
            (summary.min, summary.p50, summary.p9999, summary.max),
            (1_000_001, 1_000_001, 1_000_001, 1_000_001)
        );
        assert_eq!(summary.mean, 1_000_001.0);
    }

    #[test]
    fn an_empty_histogram_shows_zeros() {
        let (ours, _) = pair(&[], 3);
        assert_eq!(ours.summary(), super::Summary::default());
        assert_eq!(ours.standard_deviation(), 0.0);
    }

    #[test]
    fn the_square_root_is_that_of_the_standard_library() {
        for square in [1e-12_f64, 0.3, 1.0, 2.0, 1e6, 9.9e24, 1e300] {
            assert!((super::square_root(square) / square.sqrt() - 1.0).abs() < 1e-15);
        }
    }
}
