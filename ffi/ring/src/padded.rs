//! Keeps a value on cache lines of its own.

use core::ops::{Deref, DerefMut};

/// Bytes between two values that must not share a line: two 64-byte lines, because x86-64 fetches lines in pairs and some
/// 64-bit ARM cores have lines of 128 bytes.
pub const PADDING: usize = 128;

/// A value alone on its cache lines, so that writing it slows down nobody who reads its neighbours.
#[derive(Debug, Default)]
#[repr(C, align(128))]
pub struct Padded<T>(pub T);

impl<T> Deref for Padded<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Padded<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

const _: () = assert!(align_of::<Padded<u8>>() == PADDING);
