//! Rings in one region of memory.

use crate::host::Region;
use hftz_ring::spsc::{self, Consumer, Producer};
use hftz_ring::{Plain, RingError};
use std::sync::Arc;

/// Both ends of a ring.
pub type Joint<T, M> = (Producer<T, M>, Consumer<T, M>);

/// Lays rings out in one region, one after the other.
pub struct Joiner {
    region: Arc<Region>,
    used: usize,
}

impl Joiner {
    pub fn new(region: Arc<Region>) -> Self {
        Self { region, used: 0 }
    }

    /// Bytes that a ring takes in a region, padding included.
    pub fn bytes<T: Plain>(capacity: usize) -> Result<usize, RingError> {
        Ok(spsc::bytes::<T>(capacity)?.next_multiple_of(spsc::ALIGNMENT))
    }

    /// Makes the next ring.
    pub fn join<T: Plain>(&mut self, capacity: usize) -> Result<Joint<T, Arc<Region>>, RingError> {
        let needed = Self::bytes::<T>(capacity)?;
        let given = self.region.bytes() - self.used;
        if needed > given {
            return Err(RingError::Memory { needed, given });
        }
        // SAFETY: `used` is within the region, and the bytes from there on have not been given to anyone.
        let place = unsafe { self.region.start().add(self.used) };
        self.used += needed;
        // SAFETY: `needed` bytes at `place` are this ring's alone, and each end keeps the region alive.
        unsafe {
            spsc::format::<T>(place, needed, capacity)?;
            let keep = || Arc::clone(&self.region);
            Ok((Producer::attach(place, needed, keep())?, Consumer::attach(place, needed, keep())?))
        }
    }
}
