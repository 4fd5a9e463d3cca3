//! Which entries of a bucket a tag stands for: all are compared at once in one register.

/// Tags in a row.
pub const TAGS: usize = 5;

/// One byte of each tag.
const LOWS: u64 = 0x01_0101_0101;

/// What tells the orders of a bucket apart at a glance: a byte, in the place of every tag of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Tag(u64);

impl Tag {
    /// Of an entry that is free.
    pub const FREE: Self = Self(0);

    /// 0 is [`Self::FREE`].
    #[inline(always)]
    pub const fn new(byte: u8) -> Self {
        Self(byte as u64 * LOWS)
    }

    #[inline(always)]
    pub const fn byte(self) -> u8 {
        self.0 as u8
    }
}

/// The number of an entry, below [`TAGS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(usize);

impl Slot {
    /// All of a bucket.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TAGS).map(Self)
    }

    #[inline(always)]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// One bit for an entry each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Matches(u32);

impl Matches {
    /// The entries of a row, the first in the lowest byte, that have this tag. What is above the row does not matter.
    #[inline(always)]
    pub fn of(row: u64, tag: Tag) -> Self {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        return Self::at_once(row, tag);
        #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
        Self::by_arithmetic(row, tag)
    }

    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    #[inline(always)]
    fn at_once(row: u64, tag: Tag) -> Self {
        use core::arch::x86_64::{_mm_cmpeq_epi8, _mm_cvtsi64_si128, _mm_movemask_epi8};
        // SAFETY: the instructions are of SSE2, which this is compiled for.
        let equal = unsafe {
            _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_cvtsi64_si128(row as i64), _mm_cvtsi64_si128(tag.0 as i64)))
        };
        Self(equal as u32 & ((1 << TAGS) - 1))
    }

    #[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
    #[inline(always)]
    const fn by_arithmetic(row: u64, tag: Tag) -> Self {
        const SEVENS: u64 = LOWS * 0x7f;
        // The highest bit of each byte that is zero, and of no other: no carry leaves a byte.
        let differs = row ^ tag.0;
        let zero = !(((differs & SEVENS) + SEVENS) | differs | SEVENS) >> 7 & LOWS;
        // The factor's bits are 7 apart, so that bit 8 n of what it multiplies comes to lie on bit 28 + n once, and nothing
        // else does.
        Self((zero.wrapping_mul(0x1020_4081) >> 28) as u32 & ((1 << TAGS) - 1))
    }

    #[inline(always)]
    pub const fn any(self) -> bool {
        self.0 != 0
    }

    /// The first entry, the last of all if there is none.
    #[inline(always)]
    pub const fn first(self) -> Slot {
        Slot((self.0 | 1 << (TAGS - 1)).trailing_zeros() as usize)
    }

    /// Without the first.
    #[inline(always)]
    pub const fn rest(self) -> Self {
        Self(self.0 & self.0.wrapping_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_found_where_it_is_and_nowhere_else() {
        let bytes = [0u8, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff];
        let digits = |number: usize| (0..TAGS as u32).map(move |at| bytes[number / 8usize.pow(at) % 8]);
        for (number, tag) in (0..8usize.pow(TAGS as u32)).flat_map(|number| bytes.map(|tag| (number, tag))) {
            let row = digits(number).rev().fold(0xff_ff00, |row, byte| row << 8 | u64::from(byte));
            let expected = digits(number).enumerate().fold(0, |bits, (at, byte)| bits | u32::from(byte == tag) << at);
            assert_eq!(Matches::of(row, Tag::new(tag)), Matches(expected), "{tag} in {row:x}");
            assert_eq!(Matches::by_arithmetic(row, Tag::new(tag)), Matches(expected), "{tag} in {row:x}");
        }
    }

    #[test]
    fn entries_come_in_sequence_and_the_last_stands_for_none() {
        let mut matches = Matches(0b1_1010);
        for expected in [1, 3, 4] {
            assert!(matches.any());
            assert_eq!(matches.first(), Slot(expected));
            matches = matches.rest();
        }
        assert!(!matches.any());
        assert_eq!(matches.first(), Slot(TAGS - 1));
    }
}
