//! Size classes of the heap: multiples of 16 up to 128 bytes, then four steps to each doubling up to 32 KiB. At most a
//! fifth of a block is lost to rounding, and the class of a size is arithmetic, not a search.

/// The largest size that has a class; beyond it whole chunks are handed out.
pub const MAX: usize = 32 << 10;
pub const COUNT: usize = 40;

/// The class that holds `size` bytes aligned to `align` (a power of two); `None` beyond [`MAX`]. Slots lie at multiples
/// of their size within a chunk, so alignment above 16 is had by taking a size that is a power of two.
#[must_use]
#[inline]
pub const fn class(size: usize, align: usize) -> Option<usize> {
    let size = if align <= 16 {
        size
    } else if size < align {
        align
    } else {
        size.next_power_of_two()
    };
    if size > MAX {
        return None;
    }
    if size <= 128 {
        return Some(if size == 0 { 0 } else { (size - 1) / 16 });
    }
    // 128 < size: the doubling it lies in, then which quarter of it.
    let doubling = (size - 1).ilog2();
    let quarter = (size - 1) >> (doubling - 2) & 3;
    Some(8 + (doubling as usize - 7) * 4 + quarter)
}

/// Bytes of a slot of the class.
#[must_use]
#[inline]
pub const fn bytes(class: usize) -> usize {
    if class < 8 {
        return (class + 1) * 16;
    }
    let doubling = (class - 8) / 4 + 7;
    (4 + (class - 8) % 4 + 1) << (doubling - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_falls_into_the_smallest_class_that_holds_it() {
        for size in 1..=MAX {
            let class = class(size, 8).unwrap();
            assert!(bytes(class) >= size, "{size} in {}", bytes(class));
            assert!(class == 0 || bytes(class - 1) < size, "{size} is not in the class below {}", bytes(class));
        }
        assert_eq!(class(MAX, 8), Some(COUNT - 1));
        assert_eq!(class(MAX + 1, 8), None);
    }

    #[test]
    fn a_slot_is_as_aligned_as_was_asked() {
        for align in (0..=15).map(|shift| 1 << shift) {
            for size in [0, 1, 16, 17, 100, 129, 1_000, 4_096, 5_000, 16_384] {
                let slot = bytes(class(size, align).unwrap());
                assert!(
                    slot >= size && slot.is_multiple_of(align.min(slot)) && slot.is_multiple_of(align),
                    "{size} at {align}: {slot}"
                );
            }
        }
    }

    #[test]
    fn at_most_a_fifth_is_lost_above_64_bytes() {
        for size in 65..=MAX {
            let slot = bytes(class(size, 1).unwrap());
            assert!((slot - size) * 5 <= slot, "{size} in {slot}");
        }
    }
}
