//! The end that empties.

use super::heap::Heap;
use super::shared::Ring;
use crate::error::RingError;
use crate::sync::{Ordering, spin_loop};

/// Pauses of the processor, of 10 to 60 ns each.
const MOMENT: u32 = 16;

/// The emptying end of a ring; `M` keeps the memory alive.
///
/// Alone on its cache lines: the two ends may lie side by side in one structure and still not slow each other down.
#[repr(align(128))]
pub struct Consumer<T, M = Heap<T>> {
    ring: Ring<T>,
    /// The next position to empty; the shared word follows it.
    head: u64,
    /// The producer's position as last seen; the true one is this or later.
    tail: u64,
    memory: M,
}

// SAFETY: it is one of two ends whose protocol gives every slot one owner at a time; values cross threads whole (T: Send).
unsafe impl<T: Send, M: Send> Send for Consumer<T, M> {}

impl<T, M> Consumer<T, M> {
    pub(super) fn claim(ring: Ring<T>, memory: M) -> Result<Self, RingError> {
        ring.positions().head.claim()?;
        let head = ring.positions().head.position.load(Ordering::Relaxed);
        let tail = ring.positions().tail.position.load(Ordering::Acquire);
        Ok(Self { ring, head, tail, memory })
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

    /// How many items wait now; more may by the time of the call's return, never fewer.
    #[inline]
    pub fn len(&mut self) -> usize {
        self.waiting(self.ring.capacity())
    }

    /// Whether nothing waits now.
    #[inline]
    pub fn is_empty(&mut self) -> bool {
        self.waiting(1) == 0
    }

    /// Whether the producer has left for good; what it pushed before may still wait here.
    #[inline]
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.ring.positions().tail.is_gone()
    }

    /// Whether the producer has left and nothing waits: the end of the stream.
    #[inline]
    pub fn is_finished(&mut self) -> bool {
        // In this order: what was pushed before the producer left is visible once its leaving is.
        self.is_closed() && self.is_empty()
    }

    /// Waiting items, looking at the shared position only when the cached one does not promise `wanted`.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn waiting(&mut self, wanted: u64) -> usize {
        let cached = self.tail.wrapping_sub(self.head);
        if cached >= wanted {
            return cached as usize;
        }
        self.tail = self.ring.positions().tail.position.load(Ordering::Acquire);
        if self.tail.wrapping_sub(self.head) > self.ring.capacity() {
            // Only a broken peer in another process writes such a position; nothing it claims to have pushed can be there.
            self.tail = self.head;
        }
        self.tail.wrapping_sub(self.head) as usize
    }

    /// [`Consumer::waiting`] for one who takes single items and has taken all that were known.
    ///
    /// Who then finds a few is on the producer's heels: both work on the same slots, each look at the shared position takes its
    /// line from the producer as well, and the two hand lines to and fro instead of items. A moment later there are more, for the
    /// price of one look. A single item is never kept waiting: in a conversation there is no more to come.
    #[inline]
    fn catch_up(&mut self) -> usize {
        let found = self.waiting(1);
        if found > 1 && found < self.capacity() / 8 {
            for _ in 0..MOMENT {
                spin_loop();
            }
            return self.waiting(self.ring.capacity());
        }
        found
    }

    #[inline(always)]
    fn release(&mut self, count: usize) {
        let head = self.head.wrapping_add(count as u64);
        self.ring.positions().head.position.store(head, Ordering::Release);
        // Second, as in the producer's `publish`.
        self.head = head;
    }

    /// Takes one item; nothing when none waits.
    ///
    /// For throughput: an item with others behind it may wait up to a microsecond for more of them, one alone never.
    /// [`Consumer::drain`] and [`Consumer::pop_slice`] take what is there at once.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        if self.tail == self.head && self.catch_up() == 0 {
            return None;
        }
        // SAFETY: an item waits, so the slot at `head` holds it; releasing the slot below keeps it from being read again.
        let value = unsafe { self.ring.read(self.head) };
        self.release(1);
        Some(value)
    }

    /// Calls `f` with up to `limit` waiting items, in order, and frees their slots all at once. Returns how many.
    #[inline]
    pub fn drain(&mut self, limit: usize, mut f: impl FnMut(T)) -> usize {
        /// Frees the slots also when `f` panics: the item it was given is gone from its slot.
        struct Release<'a, T, M>(&'a mut Consumer<T, M>, usize);

        impl<T, M> Drop for Release<'_, T, M> {
            #[inline(always)]
            fn drop(&mut self) {
                self.0.release(self.1);
            }
        }

        let count = self.waiting(limit as u64).min(limit);
        if count == 0 {
            return 0;
        }
        let start = self.ring.index(self.head);
        let first = count.min(self.capacity() - start);
        let mut taken = Release(self, 0);
        for (from, length) in [(start, first), (0, count - first)] {
            for index in from..from + length {
                // SAFETY: fewer than the waiting items were taken, so this slot holds one, and it is one of the ring's: the first
                // run ends at the last slot, the second is shorter than the capacity. It counts as taken before `f` sees it.
                let value = unsafe { taken.0.ring.read_at(index) };
                taken.1 += 1;
                f(value);
            }
        }
        count
    }

    /// Copies waiting items into `out`, from its front, as many as fit. Returns how many.
    #[inline]
    pub fn pop_slice(&mut self, out: &mut [T]) -> usize
    where
        T: Copy,
    {
        let count = out.len().min(self.waiting(out.len() as u64));
        if count > 0 {
            // SAFETY: `count` slots from `head` hold items; releasing them below keeps them from being read again.
            unsafe { self.copy(&mut out[..count]) };
            self.release(count);
        }
        count
    }

    /// # Safety
    /// As many slots as `out` is long must hold items.
    #[cfg(not(loom))]
    #[inline]
    unsafe fn copy(&self, out: &mut [T])
    where
        T: Copy,
    {
        let start = self.ring.index(self.head);
        let first = out.len().min(self.capacity() - start);
        let slots = self.ring.slots.as_ptr().cast::<T>();
        // SAFETY: a slot has the layout of its item (transparent wrappers). The first run ends at the last slot, the second
        // begins at slot 0 and is shorter than the capacity; all of them hold items by the contract.
        unsafe {
            core::ptr::copy_nonoverlapping(slots.add(start), out.as_mut_ptr(), first);
            core::ptr::copy_nonoverlapping(slots, out.as_mut_ptr().add(first), out.len() - first);
        }
    }

    /// # Safety
    /// As many slots as `out` is long must hold items.
    #[cfg(loom)]
    unsafe fn copy(&self, out: &mut [T])
    where
        T: Copy,
    {
        for (i, place) in out.iter_mut().enumerate() {
            // SAFETY: the slot holds an item by the contract.
            *place = unsafe { self.ring.read(self.head.wrapping_add(i as u64)) };
        }
    }
}

impl<T, M> Drop for Consumer<T, M> {
    fn drop(&mut self) {
        self.ring.positions().head.leave();
    }
}
