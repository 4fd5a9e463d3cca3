//! A growing array whose elements never move: equal chunks behind a small table.
//!
//! Growing a `Vec` copies everything and holds twice the memory while it does; here growing is one allocation, and a
//! pointer to an element stays good for the life of the array. The price is one load from the table, which is a few
//! hundred bytes and always in the first-level cache. Chunks of 2 MiB are aligned to their size, so that a caller who
//! wants huge pages can give them from its global allocator; nothing here asks the system for anything.

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use alloc::vec::Vec;
use core::ptr::NonNull;

/// Chunks of `1 << LOG2` elements. Memory is handed out as it comes, not initialised: the owner writes an element
/// before it reads it, and no element is ever dropped.
pub struct Chunks<T, const LOG2: u32> {
    /// Each chunk's address less the elements before it, so that an element is one addition from its chunk's entry.
    table: Vec<*mut T>,
    /// Elements there may be at most.
    most: u32,
}

// SAFETY: the chunks are owned by the table and reachable only through it.
unsafe impl<T: Send, const LOG2: u32> Send for Chunks<T, LOG2> {}

impl<T, const LOG2: u32> Chunks<T, LOG2> {
    const BYTES: usize = size_of::<T>() << LOG2;
    const LAYOUT: Layout = {
        assert!(Self::BYTES.is_power_of_two() && Self::BYTES >= 64 && !core::mem::needs_drop::<T>());
        match Layout::from_size_align(Self::BYTES, Self::BYTES) {
            Ok(layout) => layout,
            Err(_) => panic!("a chunk is too large"),
        }
    };

    /// For fewer than `most` elements.
    pub const fn new(most: u32) -> Self {
        Self { table: Vec::new(), most }
    }

    /// Elements there is room for.
    #[inline]
    pub fn capacity(&self) -> u64 {
        (self.table.len() as u64) << LOG2
    }

    /// Adds one chunk. Elements beyond the most there may be are refused as memory beyond what there is.
    #[cold]
    pub fn grow(&mut self) {
        if self.capacity() + (1 << LOG2) > u64::from(self.most) {
            handle_alloc_error(Self::LAYOUT);
        }
        // SAFETY: the layout has a size of at least 64 bytes.
        let chunk = unsafe { alloc(Self::LAYOUT) };
        match NonNull::new(chunk.cast::<T>()) {
            Some(chunk) => self.table.push(chunk.as_ptr().wrapping_sub(self.table.len() << LOG2)),
            None => handle_alloc_error(Self::LAYOUT),
        }
    }

    /// Address of an element.
    ///
    /// # Safety
    /// `index` is below [`Self::capacity`]. What it points to is initialised only if the owner has written it.
    #[inline(always)]
    pub unsafe fn at(&self, index: u32) -> *mut T {
        debug_assert!(u64::from(index) < self.capacity());
        // SAFETY: the caller's promise puts the chunk in the table.
        unsafe { self.table.get_unchecked((index >> LOG2) as usize) }.wrapping_add(index as usize)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.table.len() * Self::BYTES + self.table.capacity() * size_of::<*mut T>()
    }
}

impl<T, const LOG2: u32> Drop for Chunks<T, LOG2> {
    fn drop(&mut self) {
        for (at, chunk) in self.table.iter().enumerate() {
            // SAFETY: allocated in `grow` with this layout, given back once.
            unsafe { dealloc(chunk.wrapping_add(at << LOG2).cast(), Self::LAYOUT) };
        }
    }
}
