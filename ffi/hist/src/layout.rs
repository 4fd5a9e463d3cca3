//! Which bucket a value falls into: HdrHistogram's layout with a unit of 1.
//!
//! Bucket `b` holds values of `b` more bits than the first and drops their `b` lowest bits; of its slots only the upper half is
//! new, so index = (b << half magnitude) + (value >> b): one bit scan, two shifts and an addition.

use crate::error::HistError;

/// The precision and the range of a histogram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    digits: u8,
    /// log2 of half the slots of a bucket.
    half_magnitude: u32,
    /// The highest value of the first bucket: twice the half's slots, less one.
    first: u64,
    highest: u64,
    length: usize,
}

/// A slot: the values that cannot be told apart in it, and how many were recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bucket {
    pub lowest: u64,
    pub highest: u64,
    pub count: u64,
}

impl Layout {
    /// Nanoseconds up to an hour at 0.1 % precision: 33 buckets, 264 KiB of counts.
    pub const LATENCY: Self = match Self::new(3, 3_600_000_000_000) {
        Ok(layout) => layout,
        Err(_) => panic!("a valid layout"),
    };

    /// A layout that keeps `digits` significant decimal digits of values up to `highest`.
    ///
    /// # Errors
    /// [`HistError::Digits`] outside 1 to 5, [`HistError::Highest`] outside 2 to 2^63 - 1.
    pub const fn new(digits: u8, highest: u64) -> Result<Self, HistError> {
        if digits < 1 || digits > 5 {
            return Err(HistError::Digits { asked: digits });
        }
        if highest < 2 || highest > i64::MAX as u64 {
            return Err(HistError::Highest { asked: highest });
        }
        // The first bucket resolves every unit up to 2 * 10^digits.
        let finest = 2 * 10_u64.pow(digits as u32);
        let half_magnitude = finest.next_power_of_two().trailing_zeros() - 1;
        let first = (2 << half_magnitude) - 1;
        let mut layout = Self { digits, half_magnitude, first, highest, length: 0 };
        // Whole buckets, as HdrHistogram has them.
        let last_bucket = layout.bucket_of(highest);
        layout.length = (last_bucket as usize + 2) << half_magnitude;
        Ok(layout)
    }

    #[must_use]
    pub const fn digits(&self) -> u8 {
        self.digits
    }

    /// The largest value that is told from larger ones.
    #[must_use]
    pub const fn highest(&self) -> u64 {
        self.highest
    }

    /// 64-bit words of memory that the counts take.
    #[must_use]
    #[allow(clippy::len_without_is_empty)]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// How many buckets of doubling width there are, and how many slots a bucket has.
    #[must_use]
    pub const fn shape(&self) -> (usize, usize) {
        ((self.length >> self.half_magnitude) - 1, 2 << self.half_magnitude)
    }

    #[inline(always)]
    const fn bucket_of(&self, value: u64) -> u32 {
        // The exclusive or turns leading zeros into the number of the highest bit, which is what the processor finds.
        ((value | self.first).leading_zeros() ^ 63) - self.half_magnitude
    }

    /// The slot of a value that is not above `highest`.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub const fn index(&self, value: u64) -> usize {
        let bucket = self.bucket_of(value);
        ((bucket as usize) << self.half_magnitude) + (value >> bucket) as usize
    }

    /// The lowest and the highest value of a slot.
    #[must_use]
    pub const fn range(&self, index: usize) -> (u64, u64) {
        let half = 1 << self.half_magnitude;
        let bucket = (index >> self.half_magnitude).saturating_sub(1);
        let slot = index - (bucket << self.half_magnitude);
        debug_assert!(slot < 2 * half);
        let lowest = (slot as u64) << bucket;
        (lowest, lowest + ((1 << bucket) - 1))
    }

    /// The highest value that falls into the same slot as `value`.
    #[must_use]
    pub const fn highest_equivalent(&self, value: u64) -> u64 {
        self.range(self.index(value)).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_value_lies_in_the_range_of_its_slot_to_the_promised_precision(
            digits in 1_u8..=5, highest in 2_u64..=i64::MAX as u64, value in any::<u64>(), shift in 0_u32..63,
        ) {
            let layout = Layout::new(digits, highest).unwrap();
            let value = (value >> shift).min(highest);
            let index = layout.index(value);
            prop_assert!(index < layout.len());
            let (low, high) = layout.range(index);
            prop_assert!((low..=high).contains(&value));
            prop_assert!(u128::from(high - low) * 10_u128.pow(u32::from(digits)) <= u128::from(value));
            prop_assert_eq!((layout.index(low), layout.index(high)), (index, index));
        }

        #[test]
        fn the_size_is_that_of_hdr_histogram(digits in 1_u8..=3, highest in 2_u64..=i64::MAX as u64) {
            let theirs = hdrhistogram::Histogram::<u64>::new_with_bounds(1, highest, digits).unwrap();
            prop_assert_eq!(Layout::new(digits, highest).unwrap().len(), theirs.distinct_values());
        }
    }

    #[test]
    fn slots_follow_each_other_without_gap_or_overlap() {
        let layout = Layout::new(2, 1_000_000).unwrap();
        let mut next = 0;
        for index in 0..layout.len() {
            let (low, high) = layout.range(index);
            assert_eq!((low, layout.index(low)), (next, index));
            next = high + 1;
        }
        assert!(next > 1_000_000);
    }

    #[test]
    fn impossible_layouts_are_refused() {
        assert_eq!(Layout::new(0, 100), Err(HistError::Digits { asked: 0 }));
        assert_eq!(Layout::new(6, 100), Err(HistError::Digits { asked: 6 }));
        assert_eq!(Layout::new(3, 1), Err(HistError::Highest { asked: 1 }));
        assert_eq!(Layout::new(3, 1 << 63), Err(HistError::Highest { asked: 1 << 63 }));
    }
}
