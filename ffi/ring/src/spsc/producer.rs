//! The end that fills.

use super::heap::Heap;
use super::shared::{Ring, Slot};
use crate::error::{Full, RingError};
use crate::sync::Ordering;
use core::ptr::NonNull;

/// The filling end of a ring; `M` keeps the memory alive.
///
/// Alone on its cache lines: the two ends may lie side by side in one structure and still not slow each other down.
#[repr(align(128))]
pub struct Producer<T, M = Heap<T>> {
    ring: Ring<T>,
    /// The next position to fill; the shared word follows it.
    tail: u64,
    /// The first position without room, by the consumer's position as last seen; the true one is this or later.
    limit: u64,
    memory: M,
}

// SAFETY: it is one of two ends whose protocol gives every slot one owner at a time; values cross threads whole (T: Send).
unsafe impl<T: Send, M: Send> Send for Producer<T, M> {}

impl<T, M> Producer<T, M> {
    pub(super) fn claim(ring: Ring<T>, memory: M) -> Result<Self, RingError> {
        ring.positions().tail.claim()?;
        let tail = ring.positions().tail.position.load(Ordering::Relaxed);
        let mut producer = Self { ring, tail, limit: tail, memory };
        producer.look();
        Ok(producer)
    }

    /// How many items the ring holds.
    #[allow(clippy::cast_possible_truncation)]
    pub fn capacity(&self) -> usize {
        self.ring.capacity() as usize
    }

    /// What keeps the ring's memory alive.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// How many items have room now; more may have by the time of the call's return, never fewer.
    #[inline]
    pub fn free(&mut self) -> usize {
        self.room(self.ring.capacity())
    }

    /// Whether the consumer has left for good.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.ring.positions().head.is_gone()
    }

    /// Free slots, looking at the shared position only when the cached limit does not promise `wanted`.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn room(&mut self, wanted: u64) -> usize {
        if self.limit.wrapping_sub(self.tail) < wanted {
            self.look();
        }
        self.limit.wrapping_sub(self.tail) as usize
    }

    /// Learns the consumer's position.
    #[inline(always)]
    fn look(&mut self) {
        let head = self.ring.positions().head.position.load(Ordering::Acquire);
        let used = self.tail.wrapping_sub(head);
        // Only a broken peer in another process writes such a position; it must read as "full", not as room beyond the slots.
        self.limit = if used <= self.ring.capacity() { head.wrapping_add(self.ring.capacity()) } else { self.tail };
    }

    #[inline(always)]
    pub(super) fn publish(&mut self, count: usize) {
        let tail = self.tail.wrapping_add(count as u64);
        self.ring.positions().tail.position.store(tail, Ordering::Release);
        // Second, so that a loop over pushes may keep its own position in a register: a store before the releasing one could not
        // be put off beyond it, and every store waits in line behind the shared one.
        self.tail = tail;
    }

    /// Free slots in a row from the first that is not published, at most `most`: where, and how many. See [`Burst`](super::Burst).
    pub(super) fn row(&mut self, most: usize) -> (NonNull<Slot<T>>, usize) {
        let start = self.ring.index(self.tail);
        let count = self.room(most as u64).min(most).min(self.capacity() - start);
        // SAFETY: the index is below the capacity, which is the number of slots.
        (unsafe { self.ring.slots.add(start) }, count)
    }

    /// Adds one item.
    ///
    /// # Errors
    /// [`Full`] with the item.
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        if self.room(1) == 0 {
            return Err(Full(value));
        }
        // SAFETY: there is room, so the slot at `tail` is free and only this producer fills slots.
        unsafe { self.ring.write(self.tail, value) };
        self.publish(1);
        Ok(())
    }

    /// Copies one item from where it lies into its slot, without a stop on the way: an item of several words that is passed by
    /// value goes over the stack, and takes twice the stores. Returns whether it had room.
    #[inline]
    pub fn push_ref(&mut self, item: &T) -> bool
    where
        T: Copy,
    {
        if self.room(1) == 0 {
            return false;
        }
        // SAFETY: there is room, so the slot at `tail` is free and only this producer fills slots.
        unsafe { self.ring.write(self.tail, *item) };
        self.publish(1);
        true
    }

    /// Adds items while there is room and `items` has more, visible to the consumer all at once. Takes nothing from `items` that
    /// finds no room. Returns how many were added.
    #[inline]
    pub fn push_from(&mut self, items: impl IntoIterator<Item = T>) -> usize {
        let mut items = items.into_iter();
        let room = self.room(self.ring.capacity());
        let start = self.ring.index(self.tail);
        let first = room.min(self.capacity() - start);
        // Two runs of neighbouring slots, so that no position is masked on the way.
        let mut count = 0;
        'full: for (from, length) in [(start, first), (0, room - first)] {
            for index in from..from + length {
                let Some(value) = items.next() else { break 'full };
                // SAFETY: `count` is below the room there is, so the slot is free, and it is one of the ring's: the first run ends
                // at the last slot, the second is shorter than the capacity. If `items` panics, what was written is unpublished
                // and so merely never dropped.
                unsafe { self.ring.write_at(index, value) };
                count += 1;
            }
        }
        if count > 0 {
            self.publish(count);
        }
        count
    }

    /// Copies as many of `items` as have room, from the front, visible all at once. Returns how many.
    #[inline]
    pub fn push_slice(&mut self, items: &[T]) -> usize
    where
        T: Copy,
    {
        let count = items.len().min(self.room(items.len() as u64));
        if count > 0 {
            // SAFETY: `count` slots from `tail` are free and only this producer fills slots.
            unsafe { self.fill(&items[..count]) };
            self.publish(count);
        }
        count
    }

    /// # Safety
    /// As many slots as there are items must be free.
    #[cfg(not(loom))]
    #[inline]
    unsafe fn fill(&self, items: &[T])
    where
        T: Copy,
    {
        let start = self.ring.index(self.tail);
        let first = items.len().min(self.capacity() - start);
        let slots = self.ring.slots.as_ptr().cast::<T>();
        // SAFETY: a slot has the layout of its item (transparent wrappers). The first run ends at the last slot, the second
        // begins at slot 0 and is shorter than the capacity; all of them are free by the contract.
        unsafe {
            core::ptr::copy_nonoverlapping(items.as_ptr(), slots.add(start), first);
            // Seldom: a call less for all the others.
            if first < items.len() {
                core::ptr::copy_nonoverlapping(items.as_ptr().add(first), slots, items.len() - first);
            }
        }
    }

    /// # Safety
    /// As many slots as there are items must be free.
    #[cfg(loom)]
    unsafe fn fill(&self, items: &[T])
    where
        T: Copy,
    {
        for (i, item) in items.iter().enumerate() {
            // SAFETY: free by the contract.
            unsafe { self.ring.write(self.tail.wrapping_add(i as u64), *item) };
        }
    }
}

impl<T, M> Drop for Producer<T, M> {
    fn drop(&mut self) {
        self.ring.positions().tail.leave();
    }
}
