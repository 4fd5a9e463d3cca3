//! The only allocations of the engine, all at construction. Memory is reserved, not touched: a page costs something when
//! the first order, level or stop uses it.

use alloc::alloc::{Layout, alloc_zeroed};
use alloc::vec::Vec;

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
