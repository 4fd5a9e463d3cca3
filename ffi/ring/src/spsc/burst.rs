//! A filling end for what comes one by one and may leave in bursts: the reports of a matching engine.
//!
//! Two things make a hand-over slow. Every publication moves the position's cache line to the other core and back, and every
//! slot is still in the cache of the core that emptied it last, which must give it up before it can be filled; where the two
//! cores share no cache, both take as long as ten commands do. So a burst publishes once for many records, and writes them
//! around the cache: such a write asks nobody for the line, whole lines leave together, and the consumer reads them ahead of
//! its need because they follow each other.

use super::heap::Heap;
use super::producer::Producer;
use super::shared::Ring;
use crate::error::Full;

/// Fills a ring of records of `N` words, in bursts.
pub struct Burst<const N: usize, M = Heap<[u64; N]>> {
    producer: Producer<[u64; N], M>,
    /// Records written and not yet published, fewer than `most`.
    staged: usize,
    most: usize,
}

impl<const N: usize, M> Burst<N, M> {
    /// Publishes after every `most` records, at least 1, and whenever it is told to.
    #[must_use]
    pub fn new(producer: Producer<[u64; N], M>, most: usize) -> Self {
        Self { producer, staged: 0, most: most.max(1) }
    }

    /// Adds one record. The consumer sees it when `most` are together or with the next [`flush`](Self::flush).
    ///
    /// # Errors
    /// [`Full`] with the record; all before it are visible then, so that the consumer can make room.
    #[inline(always)]
    pub fn push(&mut self, record: [u64; N]) -> Result<(), Full<[u64; N]>> {
        let Some((ring, position)) = self.producer.place(self.staged) else {
            self.flush();
            return Err(Full(record));
        };
        // SAFETY: `place` found room there, beyond what is published and staged, and only this end fills slots.
        unsafe { write_around(ring, position, record) };
        self.staged += 1;
        if self.staged >= self.most {
            self.flush();
        }
        Ok(())
    }

    /// Makes every record so far visible to the consumer.
    #[inline(never)]
    pub fn flush(&mut self) {
        if self.staged > 0 {
            finish_writes();
            self.producer.publish(core::mem::take(&mut self.staged));
        }
    }

    /// Whether the consumer has left for good.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.producer.is_abandoned()
    }
}

impl<const N: usize, M> Drop for Burst<N, M> {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Writes a record without bringing its line into the cache.
///
/// # Safety
/// The slot at `position` must be the caller's to fill.
#[cfg(all(target_arch = "x86_64", not(loom), not(miri)))]
#[inline(always)]
unsafe fn write_around<const N: usize>(ring: &Ring<[u64; N]>, position: u64, record: [u64; N]) {
    // SAFETY: the index is below the capacity, which is the number of slots.
    let slot = unsafe { ring.slots.as_ptr().cast::<[u64; N]>().add(ring.index(position)) };
    for (at, word) in record.into_iter().enumerate() {
        // SAFETY: a slot has the layout of its record (transparent wrappers), so it has `N` aligned words; nobody else touches
        // them now, by this function's contract. SSE2 is part of the architecture.
        unsafe { core::arch::x86_64::_mm_stream_si64(slot.cast::<i64>().add(at), word.cast_signed()) };
    }
}

/// # Safety
/// The slot at `position` must be the caller's to fill.
#[cfg(not(all(target_arch = "x86_64", not(loom), not(miri))))]
#[inline(always)]
unsafe fn write_around<const N: usize>(ring: &Ring<[u64; N]>, position: u64, record: [u64; N]) {
    // SAFETY: passed on from this function's own contract.
    unsafe { ring.write(position, record) };
}

/// Writes around the cache obey no other order: they must be over before a position tells of them.
#[inline(always)]
fn finish_writes() {
    #[cfg(all(target_arch = "x86_64", not(loom), not(miri)))]
    // SAFETY: SSE is part of the architecture.
    unsafe {
        core::arch::x86_64::_mm_sfence();
    }
}
