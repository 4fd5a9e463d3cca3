//! Lines that continue a full bucket of orders.
//!
//! Chains are kept tight: room in a line is filled from the line behind it, and a line that empties is freed, so that
//! a bucket has a chain only while it has more orders than fit.

use super::bucket::Bucket;
use super::chunks::Chunks;
use super::order::Order;
use super::tags::Tag;

/// The lines and a list of free ones. Line 0 stands for none.
pub struct Overflow {
    lines: Chunks<Bucket, 9>,
    used: u32,
    free: u32,
}

impl Overflow {
    pub fn new() -> Self {
        let mut overflow = Self { lines: Chunks::new(Bucket::LINKS), used: 1, free: 0 };
        overflow.lines.grow();
        overflow
    }

    #[inline(always)]
    pub fn at(&self, line: u32) -> *mut Bucket {
        debug_assert!(line != 0 && line < self.used);
        // SAFETY: links hold 0, which nobody asks for, or what `acquire` gave out, below `used`, which is at most the capacity.
        unsafe { self.lines.at(line) }
    }

    /// Puts an order into the first line of the chain with room, extending the chain when there is none.
    #[inline(never)]
    pub fn insert(&mut self, bucket: &mut Bucket, tag: Tag, order: Order) {
        let mut line: *mut Bucket = bucket;
        loop {
            // SAFETY: the bucket we were given, then lines of our own; one reference at a time.
            let bucket = unsafe { &mut *line };
            let vacant = bucket.vacant();
            if vacant.any() {
                return bucket.put(vacant.first(), tag, order);
            }
            if bucket.link() == 0 {
                bucket.set_link(self.acquire());
            }
            line = self.at(bucket.link());
        }
    }

    /// Fills the room in `bucket` from the line behind it, and so on down the chain; an emptied line is freed.
    #[cold]
    pub fn pull(&mut self, bucket: &mut Bucket) {
        let mut line: *mut Bucket = bucket;
        loop {
            // SAFETY: the bucket we were given, then lines of our own that are not it.
            let front = unsafe { &mut *line };
            if front.link() == 0 {
                return;
            }
            let behind = self.at(front.link());
            // SAFETY: a line in the chain is a different one from each before it.
            let back = unsafe { &mut *behind };
            let vacant = front.vacant();
            if vacant.any()
                && let Some(last) = back.used().next()
            {
                let (tag, order) = back.take(last);
                front.put(vacant.first(), tag, order);
            }
            if back.used().next().is_none() && back.link() == 0 {
                let link = front.link();
                front.set_link(0);
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
            self.free = unsafe { (*self.at(line)).link() };
            line
        } else {
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
        *slot = Bucket::EMPTY;
        slot.set_link(self.free);
        self.free = line;
        held
    }

    /// Every line that was ever used; a free one holds no order.
    pub fn iter(&self) -> impl Iterator<Item = &Bucket> + '_ {
        // SAFETY: initialised below `used`; `&self` keeps writers away.
        (1..self.used).map(|line| unsafe { &*self.at(line) })
    }

    pub fn bytes(&self) -> usize {
        self.lines.bytes()
    }
}
