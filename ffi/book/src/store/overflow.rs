//! Lines that continue a full bucket of the reference index.
//!
//! Chains are kept tight: room in a line is filled from the line behind it, and a line that empties is freed, so that
//! a bucket has a chain only while it has more entries than fit.

use super::bucket::Bucket;
use super::chunks::Chunks;
use super::orders::Handle;

/// The lines and a list of free ones. Line 0 stands for none.
pub struct Overflow {
    lines: Chunks<Bucket, 10>,
    used: u32,
    free: u32,
}

impl Overflow {
    pub const fn new() -> Self {
        Self { lines: Chunks::new(), used: 0, free: 0 }
    }

    #[inline(always)]
    pub fn at(&self, line: u32) -> *mut Bucket {
        debug_assert!(line != 0 && line < self.used);
        // SAFETY: links hold only what `acquire` gave out, below `used`, which is at most the capacity.
        unsafe { self.lines.at(line) }
    }

    /// Puts an entry into the first line of the chain with room, extending the chain when there is none.
    #[inline(never)]
    pub fn insert(&mut self, bucket: &mut Bucket, tag: u16, handle: Handle) {
        let mut line: *mut Bucket = bucket;
        loop {
            // SAFETY: the bucket we were given, then lines of our own; one reference at a time.
            let bucket = unsafe { &mut *line };
            let free = bucket.matches(0);
            if free != 0 {
                return bucket.set(free.trailing_zeros() as usize, tag, handle);
            }
            if bucket.link == 0 {
                bucket.link = self.acquire();
            }
            line = self.at(bucket.link);
        }
    }

    /// Fills the room in `bucket` from the line behind it, and so on down the chain; an emptied line is freed.
    #[cold]
    pub fn pull(&mut self, bucket: &mut Bucket) {
        let mut line: *mut Bucket = bucket;
        loop {
            // SAFETY: the bucket we were given, then lines of our own that are not it.
            let front = unsafe { &mut *line };
            if front.link == 0 {
                return;
            }
            let behind = self.at(front.link);
            // SAFETY: a line in the chain is a different one from each before it.
            let back = unsafe { &mut *behind };
            let free = front.matches(0);
            if free != 0 {
                let used = back.used();
                if used != 0 {
                    let (tag, handle) = back.take(used.trailing_zeros() as usize);
                    front.set(free.trailing_zeros() as usize, tag, handle);
                }
            }
            if back.used() == 0 && back.link == 0 {
                let link = core::mem::take(&mut front.link);
                self.release(link);
                return;
            }
            line = behind;
        }
    }

    fn acquire(&mut self) -> u32 {
        let line = if self.free != 0 {
            let line = self.free;
            // SAFETY: a line on the free list was in use before.
            self.free = unsafe { (*self.at(line)).link };
            line
        } else {
            // Line 0 stands for none and is never used.
            self.used = self.used.max(1);
            if u64::from(self.used) >= self.lines.capacity() {
                self.lines.grow();
            }
            self.used += 1;
            self.used - 1
        };
        // SAFETY: below `used`, and no chain has it.
        unsafe { self.at(line).write(Bucket::EMPTY) };
        line
    }

    /// Puts a line on the free list and returns what it held.
    pub fn release(&mut self, line: u32) -> Bucket {
        // SAFETY: a line that was in a chain is initialised and out of it now.
        let slot = unsafe { &mut *self.at(line) };
        let held = *slot;
        slot.link = self.free;
        self.free = line;
        held
    }

    pub fn bytes(&self) -> usize {
        self.lines.bytes()
    }
}
