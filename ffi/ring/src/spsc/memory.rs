//! A ring in memory that someone else owns: huge pages, or a mapping shared by two processes.
//!
//! Layout: a header of one padded line (magic, item size, capacity), the two ends on lines of their own, the slots. All offsets
//! are relative, so each process may map the memory where it likes.

use super::shared::{Positions, Ring, Slot};
use super::{ALIGNMENT, Consumer, Producer};
use crate::error::{RingError, check_capacity};
use crate::padded::Padded;
use crate::plain::Plain;
use crate::sync::{AtomicU64, Ordering};
use core::ptr::NonNull;

/// "HFTZRNG" and the version of this layout.
const MAGIC: u64 = u64::from_le_bytes(*b"HFTZRNG\x01");

#[repr(C)]
struct Header {
    identity: Padded<Identity>,
    positions: Positions,
}

#[repr(C)]
struct Identity {
    /// Stored last by the creator: who sees it sees the rest.
    magic: AtomicU64,
    item_bytes: AtomicU64,
    capacity: AtomicU64,
}

const fn check_alignment<T>() {
    assert!(align_of::<T>() <= ALIGNMENT && size_of::<T>() > 0, "items lie after the header, aligned to its padding");
}

/// Bytes of memory that a ring of `capacity` items needs.
///
/// # Errors
/// [`RingError::Capacity`].
pub fn bytes<T: Plain>(capacity: usize) -> Result<usize, RingError> {
    let slots = check_capacity(capacity)?.checked_mul(size_of::<T>());
    slots.and_then(|n| n.checked_add(size_of::<Header>())).ok_or(RingError::Capacity { asked: capacity })
}

fn check_memory(memory: NonNull<u8>, needed: usize, given: usize) -> Result<(), RingError> {
    if !memory.addr().get().is_multiple_of(ALIGNMENT) {
        Err(RingError::Alignment { needed: ALIGNMENT })
    } else if given < needed {
        Err(RingError::Memory { needed, given })
    } else {
        Ok(())
    }
}

/// Makes an empty ring of `capacity` items in `given` bytes at `memory`. Its ends are then taken by [`Producer::attach`] and
/// [`Consumer::attach`], each once, here or in another process.
///
/// # Safety
/// `memory` points to `given` bytes that may be read and written, and nobody uses them during the call.
///
/// # Errors
/// [`RingError::Capacity`], [`RingError::Alignment`], [`RingError::Memory`].
pub unsafe fn format<T: Plain>(memory: NonNull<u8>, given: usize, capacity: usize) -> Result<(), RingError> {
    const { check_alignment::<T>() };
    check_memory(memory, bytes::<T>(capacity)?, given)?;
    let header = Header {
        identity: Padded(Identity {
            magic: AtomicU64::new(0),
            item_bytes: AtomicU64::new(size_of::<T>() as u64),
            capacity: AtomicU64::new(capacity as u64),
        }),
        positions: Positions::new(),
    };
    let place = memory.cast::<Header>();
    // SAFETY: aligned and large enough by the checks above, the caller's alone by the contract.
    let header = unsafe {
        place.write(header);
        place.as_ref()
    };
    header.identity.magic.store(MAGIC, Ordering::Release);
    Ok(())
}

/// Finds the ring of `T` at `memory`.
///
/// # Safety
/// As for [`Producer::attach`].
unsafe fn find<T: Plain>(memory: NonNull<u8>, given: usize) -> Result<Ring<T>, RingError> {
    const { check_alignment::<T>() };
    check_memory(memory, size_of::<Header>(), given)?;
    let place = memory.cast::<Header>();
    // SAFETY: aligned and large enough for a header by the check above; the header is atomics, for which any bits will do.
    let header = unsafe { place.as_ref() };
    if header.identity.magic.load(Ordering::Acquire) != MAGIC {
        return Err(RingError::NotARing);
    }
    let read = |word: &AtomicU64| usize::try_from(word.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
    let (expected, found) = (size_of::<T>(), read(&header.identity.item_bytes));
    if expected != found {
        return Err(RingError::ItemSize { expected, found });
    }
    // Read once and checked against the memory: a later change of the shared word moves nothing.
    let capacity = read(&header.identity.capacity);
    check_memory(memory, bytes::<T>(capacity)?, given)?;
    // SAFETY: the slots follow the header within `given` bytes, by the check above.
    let slots = unsafe { place.add(1) }.cast::<Slot<T>>();
    Ok(Ring { positions: NonNull::from(&header.positions), slots, mask: capacity as u64 - 1 })
}

impl<T: Plain, M> Producer<T, M> {
    /// Takes the filling end of the ring that [`format`] made at `memory`; `keep` lives as long as this end.
    ///
    /// # Safety
    /// `memory` points to `given` bytes that may be read and written while `keep` lives, and that are otherwise used only
    /// through rings.
    ///
    /// # Errors
    /// Every [`RingError`] but a bad request for capacity.
    pub unsafe fn attach(memory: NonNull<u8>, given: usize, keep: M) -> Result<Self, RingError> {
        // SAFETY: the caller's promise is passed on.
        Self::claim(unsafe { find(memory, given) }?, keep)
    }
}

impl<T: Plain, M> Consumer<T, M> {
    /// Takes the emptying end of the ring that [`format`] made at `memory`; `keep` lives as long as this end.
    ///
    /// # Safety
    /// As for [`Producer::attach`].
    ///
    /// # Errors
    /// Every [`RingError`] but a bad request for capacity.
    pub unsafe fn attach(memory: NonNull<u8>, given: usize, keep: M) -> Result<Self, RingError> {
        // SAFETY: the caller's promise is passed on.
        Self::claim(unsafe { find(memory, given) }?, keep)
    }
}
