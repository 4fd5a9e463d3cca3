//! The recorder.

use crate::error::HistError;
use crate::layout::{Bucket, Layout};
use alloc::boxed::Box;
use alloc::vec;

/// Counts by slot in memory `B`, and the exact figures that slots round.
///
/// Values above the layout's highest are counted in its last slot and in [`Histogram::clamped`]; the exact maximum still tells
/// them.
#[derive(Clone, Debug)]
pub struct Histogram<B> {
    pub(crate) layout: Layout,
    pub(crate) counts: B,
    pub(crate) count: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) sum: Sum,
    pub(crate) clamped: u64,
    /// How many values from `min` on are neither a new extreme nor above the layout's highest.
    usual: u64,
}

/// A sum of 128 bits of which an addition touches the upper half only when the lower one overflows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    low: u64,
    high: u64,
}

impl Sum {
    #[inline(always)]
    fn add(&mut self, value: u64) {
        let (low, carry) = self.low.overflowing_add(value);
        self.low = low;
        if carry {
            self.high += 1;
        }
    }

    pub(crate) const fn get(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

impl From<u128> for Sum {
    #[allow(clippy::cast_possible_truncation)]
    fn from(sum: u128) -> Self {
        Self { low: sum as u64, high: (sum >> 64) as u64 }
    }
}

/// A histogram that owns its memory.
pub type OwnedHistogram = Histogram<Box<[u64]>>;

impl OwnedHistogram {
    /// An empty histogram in fresh memory.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self::empty(layout, vec![0; layout.len()].into())
    }
}

impl<B: AsRef<[u64]> + AsMut<[u64]>> Histogram<B> {
    /// An empty histogram in the caller's memory, which is set to 0.
    ///
    /// # Errors
    /// [`HistError::Memory`] unless there are exactly [`Layout::len`] words.
    pub fn in_memory(layout: Layout, mut counts: B) -> Result<Self, HistError> {
        let (needed, given) = (layout.len(), counts.as_ref().len());
        if needed != given {
            return Err(HistError::Memory { needed, given });
        }
        counts.as_mut().fill(0);
        Ok(Self::empty(layout, counts))
    }

    fn empty(layout: Layout, counts: B) -> Self {
        Self { layout, counts, count: 0, min: u64::MAX, max: 0, sum: Sum::default(), clamped: 0, usual: 0 }
    }

    /// Records a value: one comparison that tells the usual from the rare, and three stores. A new extreme and a value above the
    /// layout's highest go the long way.
    #[inline]
    pub fn record(&mut self, value: u64) {
        if value.wrapping_sub(self.min) >= self.usual {
            return self.record_rare(value);
        }
        let index = self.layout.index(value);
        self.counts.as_mut()[index] += 1;
        self.count += 1;
        self.sum.add(value);
    }

    #[cold]
    #[inline(never)]
    fn record_rare(&mut self, value: u64) {
        self.record_many(value, 1);
    }

    /// Records a value `times` times.
    #[inline]
    pub fn record_many(&mut self, value: u64, times: u64) {
        let index = self.layout.index(value.min(self.layout.highest()));
        self.counts.as_mut()[index] += times;
        self.count += times;
        self.sum = (self.sum.get() + u128::from(value) * u128::from(times)).into();
        self.clamped += if value > self.layout.highest() { times } else { 0 };
        self.set_extremes(self.min.min(value), self.max.max(value));
    }

    /// The one place that sets them: `usual` follows.
    pub(crate) fn set_extremes(&mut self, min: u64, max: u64) {
        (self.min, self.max) = (min, max);
        // The layout's highest is below 2^63.
        self.usual = (max.min(self.layout.highest()) + 1).saturating_sub(min);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.counts.as_mut().fill(0);
        (self.count, self.sum, self.clamped) = (0, Sum::default(), 0);
        self.set_extremes(u64::MAX, 0);
    }

    /// Adds what another histogram recorded.
    ///
    /// # Errors
    /// [`HistError::Layouts`] when the layouts differ.
    pub fn merge<O: AsRef<[u64]>>(&mut self, other: &Histogram<O>) -> Result<(), HistError> {
        if self.layout != other.layout {
            return Err(HistError::Layouts);
        }
        for (mine, theirs) in self.counts.as_mut().iter_mut().zip(other.counts.as_ref()) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum = (self.sum.get() + other.sum.get()).into();
        self.clamped += other.clamped;
        self.set_extremes(self.min.min(other.min), self.max.max(other.max));
        Ok(())
    }
}

impl<B: AsRef<[u64]>> Histogram<B> {
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact minimum; 0 when nothing was recorded.
    #[must_use]
    pub fn min(&self) -> u64 {
        if self.count == 0 { 0 } else { self.min }
    }

    /// The exact maximum; 0 when nothing was recorded.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The exact sum.
    #[must_use]
    pub fn sum(&self) -> u128 {
        self.sum.get()
    }

    /// How many values were above the layout's highest.
    #[must_use]
    pub fn clamped(&self) -> u64 {
        self.clamped
    }

    /// The counts by slot, as the layout orders them.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        self.counts.as_ref()
    }

    /// The slots that hold something, from the lowest up.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        self.counts().iter().enumerate().filter(|&(_, &count)| count != 0).map(|(index, &count)| {
            let (lowest, highest) = self.layout.range(index);
            Bucket { lowest, highest, count }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_figures_beside_the_buckets_are_exact() {
        let mut hist = OwnedHistogram::new(Layout::new(2, 1_000_000).unwrap());
        assert_eq!((hist.min(), hist.max(), hist.count(), hist.sum()), (0, 0, 0, 0));
        for value in [123_457, 999_983, 7] {
            hist.record(value);
        }
        hist.record_many(1_001, 2);
        assert_eq!((hist.min(), hist.max(), hist.count(), hist.sum()), (7, 999_983, 5, 1_125_449));
        hist.clear();
        assert_eq!((hist.min(), hist.max(), hist.count(), hist.buckets().count()), (0, 0, 0, 0));
    }

    #[test]
    fn a_value_beyond_the_range_is_counted_and_told() {
        let mut hist = OwnedHistogram::new(Layout::new(3, 1_000).unwrap());
        hist.record(u64::MAX);
        hist.record(1_000);
        assert_eq!((hist.clamped(), hist.count(), hist.max()), (1, 2, u64::MAX));
        assert_eq!(
            hist.buckets().collect::<alloc::vec::Vec<_>>(),
            [Bucket { lowest: 1_000, highest: 1_000, count: 2 }]
        );
    }

    proptest! {
        #[test]
        fn recording_one_by_one_equals_recording_many_even_when_the_sum_carries(
            values in proptest::collection::vec(prop_oneof![any::<u64>(), Just(u64::MAX), 0_u64..10_000], 0..50),
            highest in prop_oneof![Just(3_600_000_000_000_u64), 2_u64..20_000],
        ) {
            let layout = Layout::new(3, highest).unwrap();
            let (mut single, mut many) = (OwnedHistogram::new(layout), OwnedHistogram::new(layout));
            for &value in &values {
                single.record(value);
                many.record_many(value, 1);
            }
            prop_assert_eq!(single.counts(), many.counts());
            prop_assert_eq!(
                (single.min(), single.max(), single.count(), single.clamped()),
                (many.min(), many.max(), many.count(), many.clamped())
            );
            let extremes = (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0));
            prop_assert_eq!((single.min(), single.max()), extremes);
            prop_assert_eq!(single.clamped(), values.iter().filter(|&&value| value > highest).count() as u64);
            prop_assert_eq!(single.sum(), values.iter().map(|&value| u128::from(value)).sum::<u128>());
            prop_assert_eq!(single.sum(), many.sum());
        }
    }

    #[test]
    fn merging_equals_recording_everything_in_one() {
        let layout = Layout::LATENCY;
        let (mut a, mut b, mut all) =
            (OwnedHistogram::new(layout), OwnedHistogram::new(layout), OwnedHistogram::new(layout));
        for i in 0..10_000_u64 {
            let value = i * i % 7_919 * i;
            if i % 3 == 0 {
                a.record(value)
            } else {
                b.record(value)
            }
            all.record(value);
        }
        a.merge(&b).unwrap();
        assert_eq!(a.counts(), all.counts());
        assert_eq!((a.min(), a.max(), a.count(), a.sum()), (all.min(), all.max(), all.count(), all.sum()));
        let other = OwnedHistogram::new(Layout::new(2, 1_000).unwrap());
        assert_eq!(a.merge(&other), Err(HistError::Layouts));
    }

    #[test]
    fn the_callers_memory_serves_when_it_has_the_right_length() {
        let layout = Layout::new(1, 1_000).unwrap();
        let mut memory = vec![7; layout.len() + 1];
        let short = Histogram::in_memory(layout, &mut memory[..]).err();
        assert_eq!(short, Some(HistError::Memory { needed: layout.len(), given: layout.len() + 1 }));
        let mut hist = Histogram::in_memory(layout, &mut memory[1..]).unwrap();
        hist.record(5);
        assert_eq!((hist.count(), hist.buckets().count()), (1, 1));
    }
}
