//! Values that may be read from memory another process writes.

/// Fixed-layout data for which every pattern of bits is a value.
///
/// # Safety
/// The type has no padding, no pointer and no reference, and every pattern of `size_of::<Self>()` bytes is a valid value
/// of it. A peer process can put any bytes there: a `bool` or an enum field would be undefined behaviour.
pub unsafe trait Plain: Copy + Send + 'static {}

macro_rules! plain {
    ($($t:ty)*) => {$(
        // SAFETY: a primitive integer has no padding and no invalid pattern.
        unsafe impl Plain for $t {}
    )*};
}

plain!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

// SAFETY: an array has no padding of its own, and its elements are plain.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
