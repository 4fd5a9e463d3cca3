//! A ring that owns its memory.

use super::shared::{Positions, Ring, Slot};
use super::{Consumer, Producer};
use crate::error::{RingError, check_capacity};
use crate::padded::PADDING;
use crate::sync::{Arc, Ordering};
use alloc::alloc::{Layout, LayoutError, alloc, dealloc, handle_alloc_error};
use core::mem::MaybeUninit;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::{fmt, slice};

struct Memory<T> {
    positions: Positions,
    slots: Slots<T>,
}

/// The slots, from the beginning of a cache line on: an item of a line's size is then on one line and not on two.
struct Slots<T> {
    first: NonNull<Slot<T>>,
    count: usize,
}

impl<T> Slots<T> {
    fn layout(count: usize) -> Result<Layout, LayoutError> {
        Layout::array::<Slot<T>>(count)?.align_to(PADDING)
    }

    fn new(count: usize) -> Result<Self, RingError> {
        const { assert!(size_of::<Slot<T>>() > 0, "a ring holds items that take room") }
        let layout = Self::layout(count).map_err(|_| RingError::Capacity { asked: count })?;
        // SAFETY: the size is not 0, since neither is the number of slots nor the size of one.
        let block = unsafe { alloc(layout) };
        let Some(first) = NonNull::new(block.cast::<Slot<T>>()) else { handle_alloc_error(layout) };
        for at in 0..count {
            // SAFETY: the block has room for `count` slots, aligned by its layout.
            unsafe { first.add(at).write(Slot::new(MaybeUninit::uninit())) };
        }
        Ok(Self { first, count })
    }
}

impl<T> Deref for Slots<T> {
    type Target = [Slot<T>];
    fn deref(&self) -> &[Slot<T>] {
        // SAFETY: `new` made so many slots there, and they live as long as this.
        unsafe { slice::from_raw_parts(self.first.as_ptr(), self.count) }
    }
}

impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        // SAFETY: these are the slots that `new` made, dropped once; what they hold is the ring's to drop before.
        unsafe { ptr::slice_from_raw_parts_mut(self.first.as_ptr(), self.count).drop_in_place() };
        if let Ok(layout) = Self::layout(self.count) {
            // SAFETY: the block came from the global allocator with this layout.
            unsafe { dealloc(self.first.as_ptr().cast(), layout) };
        }
    }
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
    let memory = Arc::new(Memory { positions: Positions::new(), slots: Slots::new(capacity)? });
    let ring =
        || Ring { positions: NonNull::from(&memory.positions), slots: memory.slots.first, mask: capacity as u64 - 1 };
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
