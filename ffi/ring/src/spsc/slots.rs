//! The slots of a ring that owns its memory: an array that begins on a cache line.
//!
//! A boxed slice begins where the allocator likes, often 16 bytes into a line; then an item of 64 bytes lies on two lines, and handing
//! it over takes two transfers instead of one.

use super::shared::Slot;
use crate::error::RingError;
use crate::padded::PADDING;
use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

pub(super) struct Slots<T> {
    start: NonNull<Slot<T>>,
    count: usize,
}

impl<T> Slots<T> {
    /// Empty slots.
    ///
    /// # Errors
    /// [`RingError::Capacity`] when so many items are more than any memory.
    pub fn new(count: usize) -> Result<Self, RingError> {
        let layout = Self::layout(count).ok_or(RingError::Capacity { asked: count })?;
        let start = if layout.size() == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: the layout has a size.
            let memory = unsafe { alloc(layout) }.cast::<Slot<T>>();
            NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
        };
        for index in 0..count {
            // SAFETY: there is memory for so many slots, aligned for them, and it is ours alone.
            unsafe { start.add(index).write(Slot::new(MaybeUninit::uninit())) };
        }
        Ok(Self { start, count })
    }

    fn layout(count: usize) -> Option<Layout> {
        Layout::array::<Slot<T>>(count).ok()?.align_to(PADDING).ok()
    }

    /// The first slot.
    pub fn start(&self) -> NonNull<Slot<T>> {
        self.start
    }

    /// All of them.
    pub fn all(&self) -> &[Slot<T>] {
        // SAFETY: so many slots lie there, initialised in `new`, while this lives.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.count) }
    }
}

impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        for index in 0..self.count {
            // SAFETY: initialised in `new`, and not used again; what a slot holds is dropped by whoever knows that it holds something.
            unsafe { self.start.add(index).drop_in_place() };
        }
        if let Some(layout) = Self::layout(self.count)
            && layout.size() > 0
        {
            // SAFETY: allocated in `new` with this layout.
            unsafe { dealloc(self.start.as_ptr().cast(), layout) };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn slots_begin_on_a_line_whatever_they_hold() {
        for count in [2, 64, 4_096] {
            assert!(Slots::<[u64; 8]>::new(count).unwrap().start().addr().get().is_multiple_of(PADDING));
            assert_eq!(Slots::<u8>::new(count).unwrap().all().len(), count);
            assert_eq!(Slots::<()>::new(count).unwrap().all().len(), count);
        }
    }

    #[test]
    fn more_than_any_memory_is_refused() {
        assert!(matches!(Slots::<[u8; 1 << 40]>::new(1 << 31), Err(RingError::Capacity { .. })));
    }
}
