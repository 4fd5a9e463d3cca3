//! What both ends of a ring share: two positions, two end states, and the slots.

use crate::error::RingError;
use crate::padded::Padded;
use crate::sync::{AtomicU32, AtomicU64, Ordering, UnsafeCell};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

pub(super) type Slot<T> = UnsafeCell<MaybeUninit<T>>;

const FREE: u32 = 0;
const ATTACHED: u32 = 1;
const GONE: u32 = 2;

/// One end of the ring, on cache lines of its own: written by its owner, read by the other end.
#[repr(C)]
pub(super) struct End {
    pub position: AtomicU64,
    state: AtomicU32,
}

impl End {
    fn new() -> Padded<Self> {
        Padded(Self { position: AtomicU64::new(0), state: AtomicU32::new(FREE) })
    }

    /// Takes this end for the caller: one producer, one consumer, for the life of the ring.
    pub fn claim(&self) -> Result<(), RingError> {
        let claimed = self.state.compare_exchange(FREE, ATTACHED, Ordering::AcqRel, Ordering::Relaxed);
        claimed.map(|_| ()).map_err(|_| RingError::Taken)
    }

    pub fn leave(&self) {
        self.state.store(GONE, Ordering::Release);
    }

    pub fn is_gone(&self) -> bool {
        self.state.load(Ordering::Acquire) == GONE
    }
}

#[repr(C)]
pub(super) struct Positions {
    pub tail: Padded<End>,
    pub head: Padded<End>,
}

impl Positions {
    pub fn new() -> Self {
        Self { tail: End::new(), head: End::new() }
    }
}

/// Pointers to a ring's parts, and its size. Whoever holds one keeps the memory alive beside it.
pub(super) struct Ring<T> {
    pub positions: NonNull<Positions>,
    pub slots: NonNull<Slot<T>>,
    /// The capacity, a power of two, less one.
    pub mask: u64,
}

impl<T> Ring<T> {
    #[inline(always)]
    pub fn positions(&self) -> &Positions {
        // SAFETY: a `Ring` is made only from positions that its holder keeps alive; they are atomics, so sharing is sound.
        unsafe { self.positions.as_ref() }
    }

    #[inline(always)]
    pub fn capacity(&self) -> u64 {
        self.mask + 1
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub fn index(&self, position: u64) -> usize {
        (position & self.mask) as usize
    }

    /// # Safety
    /// The slot at `position` must be the caller's to fill.
    #[inline(always)]
    pub unsafe fn write(&self, position: u64, value: T) {
        // SAFETY: the index is masked to the capacity, which is the number of slots; the rest is the caller's promise.
        unsafe { self.write_at(self.index(position), value) };
    }

    /// # Safety
    /// The slot at `position` must hold a value that the caller takes out now and nobody takes again.
    #[inline(always)]
    pub unsafe fn read(&self, position: u64) -> T {
        // SAFETY: the index is masked to the capacity, which is the number of slots; the rest is the caller's promise.
        unsafe { self.read_at(self.index(position)) }
    }

    /// # Safety
    /// `index` must be below the capacity and the slot the caller's to fill.
    #[inline(always)]
    pub unsafe fn write_at(&self, index: usize, value: T) {
        // SAFETY: there is such a slot, and by this function's contract nobody else touches it now.
        unsafe { self.slots.add(index).as_ref() }.with_mut(|cell| unsafe { (*cell).write(value) });
    }

    /// # Safety
    /// `index` must be below the capacity and the slot hold a value that the caller takes out now and nobody takes again.
    #[inline(always)]
    pub unsafe fn read_at(&self, index: usize) -> T {
        // SAFETY: there is such a slot, by this function's contract it holds a value and nobody writes it now.
        unsafe { self.slots.add(index).as_ref() }.with(|cell| unsafe { (*cell).assume_init_read() })
    }
}
