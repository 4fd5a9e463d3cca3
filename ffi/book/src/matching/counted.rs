//! From order id to handle for ids that are counted: a chained table whose buckets are the low bits of the id.
//!
//! Ids that one source hands out in sequence share a bucket only when they are a whole table apart. So nothing is hashed, there are
//! no tags, and a look is four bytes of the table and the order itself: 42 instructions a message less than [`super::Ids`] in a
//! generated flow, and half of the way to a cancelled order. Any ids are taken, but those that agree in their low bits form a chain as
//! long as there are of them: not for ids that strangers choose. Chains run through the orders.

use alloc::vec::Vec;

use hftz_isa::prefetch;

use super::index::{Found, Index};
use super::memory;
use super::orders::Order;
use super::settings::SetupError;

/// Buckets for each order, at least.
const SPREAD: usize = 2;

/// Finds orders whose ids are counted.
pub struct CountedIds {
    /// The first of each bucket's chain, 0 none; a power of two of them.
    heads: Vec<u32>,
}

impl CountedIds {
    #[inline(always)]
    fn bucket(&self, id: u64) -> usize {
        id as usize & (self.heads.len() - 1)
    }

    /// Asks for what a look for this id reads first.
    #[inline]
    pub fn fetch(&self, id: u64) {
        prefetch(&self.heads[self.bucket(id)]);
    }

    /// The first order of the chain in which an id would be: nearly always the one that has it.
    #[inline]
    pub fn first(&self, id: u64) -> u32 {
        self.head(self.bucket(id))
    }

    #[inline(always)]
    fn head(&self, bucket: usize) -> u32 {
        debug_assert!(bucket < self.heads.len());
        // SAFETY: buckets come from `bucket` alone, which masks them; there is at least one, and their number never changes.
        unsafe { *self.heads.get_unchecked(bucket) }
    }

    #[inline(always)]
    fn head_mut(&mut self, bucket: usize) -> &mut u32 {
        debug_assert!(bucket < self.heads.len());
        // SAFETY: as above.
        unsafe { self.heads.get_unchecked_mut(bucket) }
    }
}

impl Index for CountedIds {
    type Place = usize;
    type Room = usize;

    fn new(capacity: u32) -> Result<Self, SetupError> {
        let buckets = (capacity as usize * SPREAD).next_power_of_two();
        Ok(Self { heads: memory::zeroed(buckets, capacity)? })
    }

    #[inline(always)]
    fn find(&self, id: u64, slots: &[Order]) -> Found<usize> {
        let bucket = self.bucket(id);
        let head = self.head(bucket);
        debug_assert!((head as usize) < slots.len());
        // SAFETY: what is in the table are handles of slots, and 0, which is one too; slots are never given back.
        let first = unsafe { slots.get_unchecked(head as usize) };
        let handle = if first.id == id { head } else { find_in_chain(head, id, slots) };
        Found { handle, place: bucket }
    }

    #[inline(always)]
    fn room(&self, id: u64, slots: &[Order]) -> Option<usize> {
        let bucket = self.bucket(id);
        let head = self.head(bucket);
        (head == 0 || find_in_chain(head, id, slots) == 0).then_some(bucket)
    }

    #[inline(always)]
    fn insert(&mut self, room: usize, handle: u32, _live: u32, slots: &mut [Order]) {
        let head = core::mem::replace(self.head_mut(room), handle);
        if head != 0 {
            slots[handle as usize].chain = head;
        }
    }

    #[inline(always)]
    fn remove(&mut self, found: Found<usize>, slots: &mut [Order]) {
        let head = self.head_mut(found.place);
        if *head == found.handle {
            debug_assert!((found.handle as usize) < slots.len());
            // SAFETY: as in `find`, which found it.
            *head = unsafe { slots.get_unchecked(found.handle as usize) }.chain;
        } else {
            unchain(*head, found.handle, slots);
        }
    }
}

/// The order of a chain that has this id, 0 when there is none.
#[inline(never)]
fn find_in_chain(head: u32, id: u64, slots: &[Order]) -> u32 {
    let mut at = head;
    while at != 0 && slots[at as usize].id != id {
        at = slots[at as usize].chain;
    }
    at
}

/// Takes an order that is not its first out of a chain.
#[inline(never)]
fn unchain(head: u32, handle: u32, slots: &mut [Order]) {
    let mut at = head;
    while slots[at as usize].chain != handle {
        at = slots[at as usize].chain;
    }
    slots[at as usize].chain = slots[handle as usize].chain;
}
