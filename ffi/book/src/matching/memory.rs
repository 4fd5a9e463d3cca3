//! The only allocations of the engine, all at construction. Memory is reserved, not touched: a page costs something when
//! the first order, level or stop uses it.

use alloc::alloc::{Layout, alloc_zeroed};
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::slice;

use super::settings::SetupError;

/// An empty vector that will not grow beyond `length`.
pub fn reserved<T>(length: usize, capacity: u32) -> Result<Vec<T>, SetupError> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(length).map_err(|_| SetupError::Memory(capacity))?;
    Ok(vector)
}

/// `length` zeroes, not touched: the allocator gets pages that are zero already.
pub fn zeroed<T: Zero>(length: usize, capacity: u32) -> Result<Vec<T>, SetupError> {
    let layout = Layout::array::<T>(length).map_err(|_| SetupError::Memory(capacity))?;
    if layout.size() == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the size is not 0.
    let block = unsafe { alloc_zeroed(layout) };
    if block.is_null() {
        return Err(SetupError::Memory(capacity));
    }
    // SAFETY: the block comes from the global allocator with the layout of `length` values, and zero bytes are values of
    // every `Zero` type.
    Ok(unsafe { Vec::from_raw_parts(block.cast(), length, length) })
}

/// Bytes of a cache line.
const LINE: usize = 64;

/// Zeroed values of a cache line each, each on one line: an allocator that gives untouched pages promises no such alignment,
/// and asked for it touches them all.
pub struct Lines<T> {
    /// The first value: the first word of `words` that begins a line.
    first: NonNull<T>,
    count: usize,
    /// Keeps the memory, and is not looked at.
    _words: Vec<u32>,
}

// SAFETY: it owns its values, as a vector of them would.
unsafe impl<T: Send> Send for Lines<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Lines<T> {}

impl<T: Zero> Lines<T> {
    const WORDS: usize = LINE / size_of::<u32>();

    pub fn new(count: usize, capacity: u32) -> Result<Self, SetupError> {
        const { assert!(size_of::<T>() == LINE && align_of::<T>() <= align_of::<u32>()) };
        let mut words = zeroed::<u32>((count + 1) * Self::WORDS, capacity)?;
        let start = NonNull::from(words.as_mut_slice()).cast::<u32>();
        let before = start.align_offset(LINE).min(Self::WORDS - 1);
        // SAFETY: there is a line more than the values need.
        Ok(Self { first: unsafe { start.add(before) }.cast(), count, _words: words })
    }
}

impl<T: Zero> Deref for Lines<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: so many lines lie there, this one's alone. A value is a line long, has at most the alignment of a word, and zero
        // bytes are one.
        unsafe { slice::from_raw_parts(self.first.as_ptr(), self.count) }
    }
}

impl<T: Zero> DerefMut for Lines<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts_mut(self.first.as_ptr(), self.count) }
    }
}

/// Types whose zero bytes are a value.
///
/// # Safety
///
/// All-zero bytes must be a valid value of the type.
pub unsafe trait Zero {}

// SAFETY: zero is an integer.
unsafe impl Zero for u32 {}
// SAFETY: zero is an integer.
unsafe impl Zero for i64 {}
// SAFETY: zero is an integer.
unsafe impl Zero for u64 {}
// SAFETY: an array is its elements.
unsafe impl<T: Zero, const N: usize> Zero for [T; N] {}
