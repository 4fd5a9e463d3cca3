//! A ring that owns its memory.

use super::shared::{Positions, Ring};
use super::slots::Slots;
use super::{Consumer, Producer};
use crate::error::{RingError, check_capacity};
use crate::sync::{Arc, Ordering};
use core::fmt;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

struct Memory<T> {
    positions: Positions,
    slots: Slots<T>,
}

// SAFETY: the two ends hand values from thread to thread only whole (T: Send), and the protocol of positions gives every slot
// one owner at a time.
unsafe impl<T: Send> Sync for Memory<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Memory<T> {}

/// Keeps an owned ring's memory alive while one of its ends is.
pub struct Heap<T> {
    memory: ManuallyDrop<Arc<Memory<T>>>,
}

impl<T> Drop for Heap<T> {
    fn drop(&mut self) {
        // Moved out first: freeing takes the counter's address, and an end whose address nobody takes can live in registers.
        // SAFETY: taken once, here.
        drop(unsafe { ManuallyDrop::take(&mut self.memory) });
    }
}

impl<T> fmt::Debug for Heap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Heap")
    }
}

/// A ring of `capacity` items, a power of two from 2, and its two ends.
///
/// # Errors
/// [`RingError::Capacity`].
pub fn channel<T: Send>(capacity: usize) -> Result<(Producer<T>, Consumer<T>), RingError> {
    let capacity = check_capacity(capacity)?;
    let memory = Arc::new(Memory { positions: Positions::new(), slots: Slots::new(capacity)? });
    let ring =
        || Ring { positions: NonNull::from(&memory.positions), slots: memory.slots.start(), mask: capacity as u64 - 1 };
    let keep = || Heap { memory: ManuallyDrop::new(Arc::clone(&memory)) };
    Ok((Producer::claim(ring(), keep())?, Consumer::claim(ring(), keep())?))
}

impl<T> Drop for Memory<T> {
    fn drop(&mut self) {
        let (tail, head) = (&self.positions.tail.position, &self.positions.head.position);
        let (tail, mut head) = (tail.load(Ordering::Acquire), head.load(Ordering::Acquire));
        let slots = self.slots.all();
        let mask = slots.len() - 1;
        while head != tail {
            #[allow(clippy::cast_possible_truncation)]
            let slot = &slots[head as usize & mask];
            // SAFETY: both ends are gone (each held a reference), so slots from head to tail hold values nobody else will take.
            slot.with_mut(|cell| unsafe { (*cell).assume_init_drop() });
            head = head.wrapping_add(1);
        }
    }
}
