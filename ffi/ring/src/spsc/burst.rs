//! A filling end for what comes one by one and may leave in bursts: the reports of a matching engine.
//!
//! Two things make a hand-over slow. Every publication moves the position's cache line to the other core and back, and every
//! slot is still in the cache of the core that emptied it last, which must give it up before it can be filled; where the two
//! cores share no cache, both take as long as ten commands do. So a burst publishes once for many records, and writes them
//! around the cache: such a write asks nobody for the line, whole lines leave together, and the consumer reads them ahead of
//! its need because they follow each other.

use super::heap::Heap;
use super::producer::Producer;
use super::shared::Slot;
use crate::error::Full;
use core::ptr::NonNull;

/// Fills a ring of records of `N` words, in bursts.
pub struct Burst<const N: usize, M = Heap<[u64; N]>> {
    /// Slots in a row that are this end's to fill: the first, the next and their end. So a record asks one question, whether there
    /// is a next, and knows its place; what is filled and not published lies between `first` and `next`.
    first: NonNull<Slot<[u64; N]>>,
    next: NonNull<Slot<[u64; N]>>,
    end: NonNull<Slot<[u64; N]>>,
    producer: Producer<[u64; N], M>,
    most: usize,
}

// SAFETY: it is a producer and pointers to slots of its ring, which the producer keeps alive and alone may fill.
unsafe impl<const N: usize, M: Send> Send for Burst<N, M> {}

impl<const N: usize, M> Burst<N, M> {
    /// Keeps at most `most` records, at least 1, to itself.
    #[must_use]
    pub fn new(mut producer: Producer<[u64; N], M>, most: usize) -> Self {
        const { assert!(N > 0) };
        let (first, _) = producer.row(0);
        Self { first, next: first, end: first, producer, most: most.max(1) }
    }

    /// Adds one record. The consumer sees it when one comes for which there is no place among the `most`, or with the next
    /// [`flush`](Self::flush).
    ///
    /// # Errors
    /// [`Full`] with the record; all before it are visible then, so that the consumer can make room.
    #[inline(always)]
    pub fn push(&mut self, record: [u64; N]) -> Result<(), Full<[u64; N]>> {
        if self.next == self.end && !self.renew() {
            return Err(Full(record));
        }
        // SAFETY: slots before `end` are this end's to fill.
        unsafe {
            write_around(self.next, record);
            self.next = self.next.add(1);
        }
        Ok(())
    }

    /// Publishes, and finds the next slots in a row; whether there are some.
    #[cold]
    #[inline(never)]
    fn renew(&mut self) -> bool {
        self.flush();
        let (first, count) = self.producer.row(self.most);
        // SAFETY: so many slots lie there.
        (self.first, self.next, self.end) = (first, first, unsafe { first.add(count) });
        count > 0
    }

    /// Makes every record so far visible to the consumer.
    #[inline(never)]
    pub fn flush(&mut self) {
        // SAFETY: both are places of the same row of slots, `next` never before `first`.
        let count = unsafe { self.next.offset_from_unsigned(self.first) };
        if count > 0 {
            finish_writes();
            self.producer.publish(count);
            self.first = self.next;
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
/// The slot must be the caller's to fill.
#[cfg(all(target_arch = "x86_64", not(loom), not(miri)))]
#[inline(always)]
unsafe fn write_around<const N: usize>(slot: NonNull<Slot<[u64; N]>>, record: [u64; N]) {
    let slot = slot.as_ptr().cast::<u64>();
    let mut at = 0;
    while at + 1 < N {
        // SAFETY: a slot has the layout of its record (transparent wrappers), so it has `N` aligned words; nobody else touches
        // them now, by this function's contract. SSE2 is part of the architecture. Its function would take an address for each word.
        unsafe {
            core::arch::asm!(
                "movnti [{slot}], {first}",
                "movnti [{slot} + 8], {second}",
                slot = in(reg) slot.add(at),
                first = in(reg) record[at],
                second = in(reg) record[at + 1],
                options(nostack, preserves_flags),
            );
        }
        at += 2;
    }
    if at < N {
        // SAFETY: as above.
        unsafe { core::arch::x86_64::_mm_stream_si64(slot.add(at).cast(), record[at].cast_signed()) };
    }
}

/// # Safety
/// The slot must be the caller's to fill.
#[cfg(not(all(target_arch = "x86_64", not(loom), not(miri))))]
#[inline(always)]
unsafe fn write_around<const N: usize>(slot: NonNull<Slot<[u64; N]>>, record: [u64; N]) {
    // SAFETY: a slot of a ring that is alive, and the caller's to fill.
    unsafe { slot.as_ref() }.with_mut(|cell| unsafe { (*cell).write(record) });
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
