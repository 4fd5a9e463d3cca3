//! Two cache lines of orders: five of them, an 8-bit tag each, and a link.
//!
//! The orders themselves, not handles to them: an order is found in the memory that says where it is. All five tags are
//! compared at once in one register. A tag that agrees by accident costs a mispredicted branch, once in a hundred
//! lookups.

use super::order::Order;
use super::tags::{Matches, Slot, TAGS, Tag};

/// Aligned to its size, so that both lines are always on one page.
#[derive(Clone, Copy)]
#[repr(C, align(128))]
pub struct Bucket {
    /// A tag for each entry, then the line this one continues in, 0 for none.
    head: [u8; 8],
    orders: [Order; TAGS],
}

const _: () = assert!(size_of::<Bucket>() == 128);

/// Where the link begins.
const LINK: usize = TAGS;

impl Bucket {
    pub const EMPTY: Self = Self { head: [0; 8], orders: [Order::NONE; TAGS] };

    /// Links there can be.
    pub const LINKS: u32 = 1 << (64 - 8 * LINK);

    /// The entries that have this tag.
    #[inline(always)]
    pub fn matches(&self, tag: Tag) -> Matches {
        Matches::of(u64::from_le_bytes(self.head), tag)
    }

    /// The entries that are free.
    #[inline(always)]
    pub fn vacant(&self) -> Matches {
        self.matches(Tag::FREE)
    }

    /// The line this one continues in, 0 for none.
    #[inline(always)]
    pub const fn link(&self) -> u32 {
        (u64::from_le_bytes(self.head) >> (8 * LINK)) as u32
    }

    /// Whether it continues in a line.
    #[inline(always)]
    pub const fn continues(&self) -> bool {
        self.link() != 0
    }

    /// `link` is below [`Self::LINKS`].
    #[inline(always)]
    pub const fn set_link(&mut self, link: u32) {
        [self.head[LINK], self.head[LINK + 1], self.head[LINK + 2], _] = link.to_le_bytes();
    }

    #[inline(always)]
    fn tag(&mut self, slot: Slot) -> &mut u8 {
        // SAFETY: a slot is below the number of tags.
        unsafe { self.head.get_unchecked_mut(slot.index()) }
    }

    /// What is or was in an entry.
    #[inline(always)]
    pub fn order(&self, slot: Slot) -> &Order {
        // SAFETY: a slot is below the number of orders.
        unsafe { self.orders.get_unchecked(slot.index()) }
    }

    /// As [`Self::order`].
    #[inline(always)]
    pub fn order_mut(&mut self, slot: Slot) -> &mut Order {
        // SAFETY: a slot is below the number of orders.
        unsafe { self.orders.get_unchecked_mut(slot.index()) }
    }

    /// Puts an order into a free entry.
    #[inline(always)]
    pub fn put(&mut self, slot: Slot, tag: Tag, order: Order) {
        *self.tag(slot) = tag.byte();
        *self.order_mut(slot) = order;
    }

    /// Frees an entry.
    #[inline(always)]
    pub fn free(&mut self, slot: Slot) {
        *self.tag(slot) = Tag::FREE.byte();
    }

    /// Whether an entry is in use.
    #[inline(always)]
    pub fn holds(&self, slot: Slot) -> bool {
        // SAFETY: a slot is below the number of tags.
        unsafe { *self.head.get_unchecked(slot.index()) != Tag::FREE.byte() }
    }

    /// The tag and order of an entry, which is free afterwards.
    pub fn take(&mut self, slot: Slot) -> (Tag, Order) {
        let tag = Tag::new(*self.tag(slot));
        self.free(slot);
        (tag, *self.order(slot))
    }

    /// Entries in use, ascending.
    pub fn used(&self) -> impl Iterator<Item = Slot> + use<> {
        let held = *self;
        Slot::all().filter(move |&slot| held.holds(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::order::Spot;

    #[test]
    fn every_entry_is_found_by_its_own_tag_and_no_other() {
        let mut bucket = Bucket::EMPTY;
        bucket.set_link(Bucket::LINKS - 1);
        let tag = |slot: Slot| Tag::new(0x7e + slot.index() as u8);
        for slot in Slot::all() {
            assert_eq!(bucket.vacant().first(), slot);
            bucket.put(slot, tag(slot), Order::new(slot.index() as u64, Spot::new(1, 0, 2), 3, 4));
        }
        assert!(!bucket.vacant().any());
        for slot in Slot::all() {
            let found = bucket.matches(tag(slot));
            assert!(found.any());
            assert_eq!(found.first(), slot);
            assert_eq!(bucket.order(slot).reference, slot.index() as u64);
        }
        for other in (1..0x7e).chain(0x7e + TAGS as u8..=255) {
            assert!(!bucket.matches(Tag::new(other)).any(), "{other}");
        }
        let third = Slot::all().nth(2);
        assert_eq!(third.map(|slot| bucket.take(slot).0), third.map(tag));
        assert_eq!(Some(bucket.vacant().first()), third);
        assert_eq!(bucket.used().map(Slot::index).collect::<std::vec::Vec<_>>(), [0, 1, 3, 4]);
        assert_eq!(bucket.link(), Bucket::LINKS - 1);
        bucket.set_link(0);
        assert_eq!(bucket.link(), 0);
    }
}
