//! Two cache lines of orders: five of them, an 8-bit tag each, and a link.
//!
//! The orders themselves, not handles to them: an order is found in the memory that says where it is. All five tags are
//! compared at once in one register. A tag that agrees by accident costs a mispredicted branch, once in a hundred
//! lookups.

use super::order::Order;

/// Orders in a bucket.
pub const ENTRIES: usize = 5;

/// The lowest bit of each tag.
const LOWS: u64 = 0x01_0101_0101;
/// The highest bit of each tag.
const HIGHS: u64 = LOWS << 7;
/// Bits of all tags.
const TAGS: u32 = 8 * ENTRIES as u32;

/// One bit for an entry each: the highest bit of its tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Matches(u64);

impl Matches {
    #[inline(always)]
    pub const fn any(self) -> bool {
        self.0 != 0
    }

    /// The first entry, the last of the bucket if there is none.
    #[inline(always)]
    pub const fn first(self) -> usize {
        ((self.0 | 1 << (TAGS - 1)).trailing_zeros() >> 3) as usize
    }

    /// Without the first.
    #[inline(always)]
    pub const fn rest(self) -> Self {
        Self(self.0 & self.0.wrapping_sub(1))
    }
}

/// Aligned to its size, so that both lines are always on one page.
#[derive(Clone, Copy)]
#[repr(C, align(128))]
pub struct Bucket {
    /// A tag for each entry, 0 where it is free; above them the line this one continues in, 0 for none.
    head: u64,
    pub orders: [Order; ENTRIES],
}

const _: () = assert!(size_of::<Bucket>() == 128);

impl Bucket {
    pub const EMPTY: Self = Self { head: 0, orders: [Order::NONE; ENTRIES] };

    /// Links there can be.
    pub const LINKS: u32 = 1 << (64 - TAGS);

    /// The entries that have this tag, the first exactly, and perhaps some behind it that do not.
    #[inline(always)]
    pub const fn matches(&self, tag: u8) -> Matches {
        let differs = self.head ^ (tag as u64 * LOWS);
        Matches(differs.wrapping_sub(LOWS) & !differs & HIGHS)
    }

    /// The entries that are free, the first exactly.
    #[inline(always)]
    pub const fn vacant(&self) -> Matches {
        self.matches(0)
    }

    /// The line this one continues in, 0 for none.
    #[inline(always)]
    pub const fn link(&self) -> u32 {
        (self.head >> TAGS) as u32
    }

    /// `link` is below [`Self::LINKS`].
    #[inline(always)]
    pub const fn set_link(&mut self, link: u32) {
        self.head = self.head & ((1 << TAGS) - 1) | (link as u64) << TAGS;
    }

    /// Marks a free entry as one of this tag.
    #[inline(always)]
    pub const fn claim(&mut self, entry: usize, tag: u8) {
        self.head |= (tag as u64) << (8 * entry);
    }

    /// Frees an entry.
    #[inline(always)]
    pub const fn free(&mut self, entry: usize) {
        self.head &= !(0xff << (8 * entry));
    }

    /// Whether an entry is in use.
    #[inline(always)]
    pub const fn holds(&self, entry: usize) -> bool {
        self.head >> (8 * entry) & 0xff != 0
    }

    /// The tag and order of an entry, which is free afterwards.
    pub fn take(&mut self, entry: usize) -> (u8, Order) {
        let tag = (self.head >> (8 * entry)) as u8;
        self.free(entry);
        (tag, self.orders[entry])
    }

    /// Entries in use, ascending.
    pub fn used(&self) -> impl Iterator<Item = usize> + use<> {
        let head = self.head;
        (0..ENTRIES).filter(move |entry| head >> (8 * entry) & 0xff != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_by_its_own_tag_and_no_other() {
        let mut bucket = Bucket::EMPTY;
        bucket.set_link(Bucket::LINKS - 1);
        for entry in 0..ENTRIES {
            assert_eq!(bucket.vacant().first(), entry);
            bucket.claim(entry, 0x7e + entry as u8);
        }
        assert!(!bucket.vacant().any());
        for entry in 0..ENTRIES {
            let found = bucket.matches(0x7e + entry as u8);
            assert!(found.any());
            assert_eq!(found.first(), entry);
        }
        for other in (1..0x7e).chain(0x7e + ENTRIES as u8..=255) {
            assert!(!bucket.matches(other).any(), "{other}");
        }
        assert_eq!(bucket.take(2).0, 0x80);
        assert_eq!(bucket.vacant().first(), 2);
        assert_eq!(bucket.used().collect::<std::vec::Vec<_>>(), [0, 1, 3, 4]);
        assert_eq!(bucket.link(), Bucket::LINKS - 1);
    }

    #[test]
    fn equal_tags_are_found_one_after_the_other() {
        let mut bucket = Bucket::EMPTY;
        for entry in [0, 3, 4] {
            bucket.claim(entry, 9);
        }
        let found = bucket.matches(9);
        assert_eq!([found.first(), found.rest().first(), found.rest().rest().first()], [0, 3, 4]);
        assert!(!found.rest().rest().rest().any());
    }
}
