//! Memory that another thread will read, written around the cache.
//!
//! A line that was written lies in the cache of the core that wrote it, and whoever reads it next waits until that core gives it up;
//! a line that was read must be asked back before it is written again. Where two cores share no cache each of these takes as long
//! as matching ten orders. A write around the cache asks nobody: whole lines go to memory together, and the reader's prefetcher
//! brings them ahead of its need, as they follow each other.

use alloc::vec::Vec;

/// Bytes of a cache line.
#[cfg(all(target_arch = "x86_64", not(miri)))]
const LINE: usize = 64;

/// Adds values behind those that are there, in memory that is reserved if it must be. They are in place when this returns: to
/// hand them over is the caller's, with release as always.
///
/// # Safety
/// `T` has no padding: each of its bytes is read.
#[inline]
pub unsafe fn extend<T: Copy>(to: &mut Vec<T>, from: &[T]) {
    to.reserve(from.len());
    let end = to.len();
    // SAFETY: there is room for as many values behind `end`, which nobody else has; `from` is another piece of memory, as `to` is
    // borrowed alone. `T` has no padding by this function's contract, and all values up to the new length are written.
    unsafe {
        copy(from.as_ptr().cast(), to.as_mut_ptr().add(end).cast(), size_of_val(from));
        to.set_len(end + from.len());
    }
}

/// Asks for values that were written so, ahead of their use. The processor would by itself, but it begins anew at every page.
#[inline]
pub fn fetch<T>(values: &[T]) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    for value in values.iter().step_by((LINE / size_of::<T>().max(1)).max(1)) {
        // SAFETY: a prefetch reads nothing and faults on no address. SSE is part of the architecture.
        unsafe { core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>((&raw const *value).cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = values;
}

/// # Safety
/// `bytes` from `from` on are readable and initialised, as many from `to` on are writable, and they do not overlap.
#[cfg(all(target_arch = "x86_64", not(loom), not(miri)))]
#[inline]
unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
    use core::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_sfence, _mm_stream_si128};
    const STEP: usize = size_of::<__m128i>();
    // What comes before the first aligned place and behind the last goes the usual way.
    let head = to.align_offset(STEP).min(bytes);
    let middle = (bytes - head) / STEP * STEP;
    // SAFETY: head, middle and the rest are `bytes` together; `to + head` is aligned to `STEP`. SSE2 is part of the architecture.
    unsafe {
        core::ptr::copy_nonoverlapping(from, to, head);
        let mut at = head;
        while at < head + middle {
            _mm_stream_si128(to.add(at).cast(), _mm_loadu_si128(from.add(at).cast()));
            at += STEP;
        }
        core::ptr::copy_nonoverlapping(from.add(at), to.add(at), bytes - at);
        // Such writes obey no other order: they must be over before anything tells of them.
        _mm_sfence();
    }
}

/// # Safety
/// `bytes` from `from` on are readable and initialised, as many from `to` on are writable, and they do not overlap.
#[cfg(not(all(target_arch = "x86_64", not(loom), not(miri))))]
#[inline]
unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
    // SAFETY: passed on from this function's own contract.
    unsafe { core::ptr::copy_nonoverlapping(from, to, bytes) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_arrives_wherever_it_begins_and_however_many_there_are() {
        let from: Vec<u8> = (0..200u8).collect();
        for start in 0..20 {
            for length in 0..100 {
                let mut to = Vec::with_capacity(256);
                to.resize(start, 0xAA);
                // SAFETY: a byte has no padding.
                unsafe { extend(&mut to, &from[start..start + length]) };
                assert!(to[..start].iter().all(|&byte| byte == 0xAA));
                assert_eq!(to[start..], from[start..start + length]);
            }
        }
    }
}
