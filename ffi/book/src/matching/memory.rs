//! The only allocations of the engine, all at construction. Memory is reserved, not touched: a page costs something when
//! the first order, level or stop uses it.

use alloc::{vec, vec::Vec};

use super::settings::SetupError;

/// An empty vector that will not grow beyond `length`.
pub fn reserved<T>(length: usize, capacity: u32) -> Result<Vec<T>, SetupError> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(length).map_err(|_| SetupError::Memory(capacity))?;
    Ok(vector)
}

/// `length` zeroes. The reservation asks whether there is room at all, `vec!` then gets pages that are zero already.
pub fn zeroed<T: Default + Clone>(length: usize, capacity: u32) -> Result<Vec<T>, SetupError> {
    drop(reserved::<T>(length, capacity)?);
    Ok(vec![T::default(); length])
}
