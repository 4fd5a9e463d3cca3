//! A figure that one thread advances and any thread reads.

use crate::padded::Padded;
use crate::sync::{AtomicU64, Ordering};

/// A count on a cache line of its own, with one writer.
///
/// One writer needs no locked instruction: a relaxed load and a relaxed store cost what a plain increment costs. Two threads
/// that call [`Counter::add`] on the same counter lose counts (and nothing else); give each its own and add them up.
#[derive(Debug)]
pub struct Counter(Padded<AtomicU64>);

impl Counter {
    #[must_use]
    pub fn new() -> Self {
        Self(Padded(AtomicU64::new(0)))
    }

    /// Adds `n`; wraps at 2^64.
    #[inline]
    pub fn add(&self, n: u64) {
        self.set(self.get().wrapping_add(n));
    }

    #[inline]
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    #[inline]
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}
