//! A bounded queue for any number of producers and consumers: slots with sequence numbers (Dmitry Vyukov, 2010).
//!
//! Each slot says in its sequence number whose turn it is: `position` when the producer of that position may fill it,
//! `position + 1` when the consumer may empty it. One compare-and-swap claims a position; the slot itself is then written
//! without contention, which is why this beats a linked queue by far. The price: a thread that stops between its claim and its
//! publication holds up that one slot; where that must not be, use [`crate::Linked`].

use crate::backoff::Backoff;
use crate::error::{Full, RingError, check_capacity};
use crate::padded::Padded;
use crate::sync::{AtomicU64, Ordering, UnsafeCell};
use alloc::boxed::Box;
use core::mem::MaybeUninit;

struct Slot<T> {
    turn: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// Half the circle of turns: a lead from here up is a turn that has not come.
const BEHIND: u64 = 1 << 63;

/// A first-in first-out queue of fixed capacity; share it by reference.
pub struct Mpmc<T> {
    tail: Padded<AtomicU64>,
    head: Padded<AtomicU64>,
    slots: Box<[Slot<T>]>,
    mask: u64,
}

// SAFETY: values move between threads only whole (T: Send), and a slot's value is touched only by the thread whose
// compare-and-swap claimed its position, between two acquire/release steps of its turn number.
unsafe impl<T: Send> Sync for Mpmc<T> {}
// SAFETY: as above; the queue owns its values.
unsafe impl<T: Send> Send for Mpmc<T> {}

impl<T> Mpmc<T> {
    /// A queue of `capacity` items, a power of two from 2.
    ///
    /// # Errors
    /// [`RingError::Capacity`].
    pub fn new(capacity: usize) -> Result<Self, RingError> {
        let capacity = check_capacity(capacity)? as u64;
        let slot = |turn| Slot { turn: AtomicU64::new(turn), value: UnsafeCell::new(MaybeUninit::uninit()) };
        Ok(Self {
            tail: Padded(AtomicU64::new(0)),
            head: Padded(AtomicU64::new(0)),
            slots: (0..capacity).map(slot).collect(),
            mask: capacity - 1,
        })
    }

    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    fn slot(&self, position: u64) -> &Slot<T> {
        &self.slots[(position & self.mask) as usize]
    }

    /// Adds at the end.
    ///
    /// # Errors
    /// [`Full`] with the value, when every slot is taken.
    #[inline]
    pub fn push(&self, value: T) -> Result<(), Full<T>> {
        let Some(position) = self.claim(&self.tail, 0) else { return Err(Full(value)) };
        let slot = self.slot(position);
        // SAFETY: the claim of `position` gives this thread alone the slot until it sets the turn below; its old value was
        // taken out by the consumer that set the turn to `position`.
        slot.value.with_mut(|cell| unsafe { (*cell).write(value) });
        slot.turn.store(position.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// Takes from the front; nothing when the queue is empty.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        let position = self.claim(&self.head, 1)?;
        let slot = self.slot(position);
        // SAFETY: the claim gives this thread alone the slot, and its turn (position + 1) was set by the producer after the
        // value was written; no other pop can read it again.
        let value = slot.value.with(|cell| unsafe { (*cell).assume_init_read() });
        slot.turn.store(position.wrapping_add(self.mask + 1), Ordering::Release);
        Some(value)
    }

    /// Claims the next position of one end when its slot's turn is `position + ahead`; `None` when that turn has not come.
    #[inline]
    fn claim(&self, end: &AtomicU64, ahead: u64) -> Option<u64> {
        let mut position = end.load(Ordering::Relaxed);
        let mut backoff = Backoff::new();
        loop {
            let turn = self.slot(position).turn.load(Ordering::Acquire);
            let lead = turn.wrapping_sub(position.wrapping_add(ahead));
            if lead >= BEHIND {
                return None;
            }
            let next = position.wrapping_add(1);
            position = if lead > 0 {
                end.load(Ordering::Relaxed)
            } else {
                match end.compare_exchange_weak(position, next, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => return Some(position),
                    Err(now) => now,
                }
            };
            backoff.wait();
        }
    }
}

impl<T> Drop for Mpmc<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn values_come_out_in_the_order_they_went_in_round_after_round() {
        let queue = Mpmc::new(4).unwrap();
        for round in 0..10 {
            for i in 0..4 {
                queue.push(round * 4 + i).unwrap();
            }
            assert_eq!(queue.push(99), Err(Full(99)));
            for i in 0..4 {
                assert_eq!(queue.pop(), Some(round * 4 + i));
            }
            assert_eq!(queue.pop(), None);
        }
    }

    #[test]
    fn sizes_that_are_no_power_of_two_are_refused() {
        for asked in [0, 1, 3, 100, (1 << 31) + 1] {
            assert_eq!(Mpmc::<u8>::new(asked).err(), Some(RingError::Capacity { asked }));
        }
    }

    #[test]
    fn values_left_inside_are_dropped_with_the_queue() {
        let token = alloc::sync::Arc::new(());
        let queue = Mpmc::new(8).unwrap();
        for _ in 0..5 {
            queue.push(token.clone()).unwrap();
        }
        drop(queue.pop());
        drop(queue);
        assert_eq!(alloc::sync::Arc::strong_count(&token), 1);
    }
}
