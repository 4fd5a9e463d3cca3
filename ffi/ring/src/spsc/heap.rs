//! A ring that owns its memory.

use super::shared::{Positions, Ring, Slot};
use super::{Consumer, Producer};
use crate::error::{RingError, check_capacity};
use crate::sync::{Arc, Ordering};
use alloc::boxed::Box;
use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

struct Memory<T> {
    positions: Positions,
    slots: Box<[Slot<T>]>,
}

// SAFETY: the two ends hand values from thread to thread only whole (T: Send), and the protocol of positions gives every slot
// one owner at a time.
unsafe impl<T: Send> Sync for Memory<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Memory<T> {}

/// Keeps an owned ring's memory alive while one of its ends is.
pub struct Heap<T> {
    _memory: Arc<Memory<T>>,
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
    let slots: Box<[Slot<T>]> = (0..capacity).map(|_| Slot::new(MaybeUninit::uninit())).collect();
    let memory = Arc::new(Memory { positions: Positions::new(), slots });
    let ring = || Ring {
        positions: NonNull::from(&memory.positions),
        slots: NonNull::from(&*memory.slots).cast(),
        mask: capacity as u64 - 1,
    };
    let keep = || Heap { _memory: Arc::clone(&memory) };
    Ok((Producer::claim(ring(), keep())?, Consumer::claim(ring(), keep())?))
}

impl<T> Drop for Memory<T> {
    fn drop(&mut self) {
        let (tail, head) = (&self.positions.tail.position, &self.positions.head.position);
        let (tail, mut head) = (tail.load(Ordering::Acquire), head.load(Ordering::Acquire));
        let mask = self.slots.len() - 1;
        while head != tail {
            #[allow(clippy::cast_possible_truncation)]
            let slot = &self.slots[head as usize & mask];
            // SAFETY: both ends are gone (each held a reference), so slots from head to tail hold values nobody else will take.
            slot.with_mut(|cell| unsafe { (*cell).assume_init_drop() });
            head = head.wrapping_add(1);
        }
    }
}
