//! Counting what measured loops ask of the allocator, which should be nothing: an allocation now and then is a latency now and then.
//!
//! The program's allocator tells of each allocation with [`note`]; those of a thread inside [`counted`] count. Outside, an
//! allocation costs one look at a thread-local flag.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

thread_local! {
    static COUNTING: Cell<bool> = const { Cell::new(false) };
}

static FOUND: AtomicU64 = AtomicU64::new(0);

/// To be called by the global allocator for every block it gives or moves.
#[inline]
pub fn note() {
    // A thread that is ending has no flag any more, and measures nothing.
    if COUNTING.try_with(Cell::get).unwrap_or(false) {
        FOUND.fetch_add(1, Relaxed);
    }
}

/// Does `work`, counting what this thread allocates meanwhile.
pub fn counted<R>(work: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            COUNTING.set(self.0);
        }
    }
    let _restore = Restore(COUNTING.replace(true));
    work()
}

/// Allocations of counted work so far, by all threads; nothing when the program's allocator does not tell.
#[must_use]
pub fn found() -> Option<u64> {
    let before = FOUND.load(Relaxed);
    // The probe is one allocation that is known; it is taken off again.
    counted(|| drop(black_box(Box::new(0_u8))));
    if FOUND.load(Relaxed) == before {
        return None;
    }
    FOUND.fetch_sub(1, Relaxed);
    Some(before)
}
