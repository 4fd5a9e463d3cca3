//! One level: the quantities of neighbouring ticks on one cache line.

use super::Reject;
use hftz_ring::Backoff;
use hftz_ring::sync::{AtomicU32, Ordering};

/// Ticks in a level. (Two where every interleaving is explored: more would only repeat themselves.)
pub const LEVEL_TICKS: usize = if cfg!(loom) { 2 } else { 16 };

/// Attempts at a quantity before a writer gives up.
pub const TRIES: u32 = if cfg!(loom) { 3 } else { 100 };

#[repr(align(64))]
pub(super) struct Level([AtomicU32; LEVEL_TICKS]);

impl Level {
    pub fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }

    /// Replaces the quantity of a tick by what `change` makes of it. Returns the old one.
    pub fn update(&self, tick: usize, change: impl Fn(u32) -> Result<u32, Reject>) -> Result<u32, Reject> {
        let cell = &self.0[tick];
        let mut backoff = Backoff::new();
        let mut old = cell.load(Ordering::Relaxed);
        for _ in 0..TRIES {
            // Release: whoever learns of this level from the occupancy word sees the quantity.
            match cell.compare_exchange_weak(old, change(old)?, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Ok(old),
                Err(now) => old = now,
            }
            backoff.wait();
        }
        Err(Reject::Contended)
    }

    pub fn quantity(&self, tick: usize) -> u32 {
        self.0[tick].load(Ordering::Acquire)
    }

    /// The ticks that hold something, in order.
    pub fn occupied(&self) -> impl DoubleEndedIterator<Item = (usize, u32)> + '_ {
        (0..LEVEL_TICKS).map(|tick| (tick, self.quantity(tick))).filter(|&(_, quantity)| quantity != 0)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_writer_that_loses_every_time_gives_up_after_a_hundred_attempts() {
        let (level, attempts) = (Level::new(), Cell::new(0));
        let outcome = level.update(3, |old| {
            attempts.set(attempts.get() + 1);
            // Somebody else is always faster.
            level.0[3].fetch_add(1, Ordering::Relaxed);
            Ok(old + 1_000)
        });
        assert_eq!((outcome, attempts.get(), level.quantity(3)), (Err(Reject::Contended), 100, 100));
    }
}
