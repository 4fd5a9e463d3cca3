//! Live orders by reference: linear hashing over buckets of two cache lines that hold the orders themselves.
//!
//! A lookup reads one bucket, compares its tags at once and is at its order. An order that finds its bucket full goes to
//! an overflow line chained to it, and comes back when room appears, so deleting leaves nothing behind: no tombstones,
//! no decay over a day. Growth is one bucket at a time (Litwin 1980): when the load passes [`LOAD`] orders a bucket,
//! one insert splits the next bucket in turn, about three orders, so there is no pause and never a second table.
//! References are not dense enough over a day for a direct table (100-150 bytes a live order), but dense enough to keep
//! new ones on one page ([`hash`]).

use core::hint::select_unpredictable;

use hftz_isa::{prefetch, prefetch_later};

use super::bucket::Bucket;
use super::chunks::Chunks;
use super::order::{Order, Spot};
use super::overflow::Overflow;
use super::tags::{Slot, Tag};

/// Mean orders of a bucket beyond which the table grows, as a fraction. Within a round, buckets that are still to be split have
/// up to twice the mean of those that were, and a full one has a chain, where a visit costs several.
const LOAD: (u64, u64) = (8, 5);
/// Buckets of an empty table: as many as a run has references, so that no two of one run meet and tags need to tell runs
/// apart only.
const FIRST: u32 = 1 << RUN;

/// References in a row that go to buckets in a row, as a power of two.
const RUN: u32 = 10;

/// What of a reference decides where it goes.
#[derive(Clone, Copy)]
struct Hash {
    bucket: u32,
    tag: Tag,
}

/// Where a reference belongs.
#[derive(Clone, Copy)]
pub struct Home {
    bucket: *mut Bucket,
    tag: Tag,
}

/// An entry of a bucket.
#[derive(Clone, Copy)]
pub struct Entry {
    bucket: *mut Bucket,
    slot: Slot,
}

impl Home {
    /// An entry of its bucket.
    #[inline(always)]
    pub fn entry(self, slot: Slot) -> Entry {
        Entry { bucket: self.bucket, slot }
    }
}

pub struct Orders {
    buckets: Chunks<Bucket, 14>,
    overflow: Overflow,
    /// Buckets in use: `low_mask + 1 + ` those split in this round.
    count: u32,
    /// One less than the number of buckets at the start of this round of splits.
    low_mask: u32,
    /// The bucket that was split last.
    split: *mut Bucket,
    /// The most orders that were ever live at once.
    peak: u64,
    /// Orders that there are fewer now.
    below_peak: i64,
    /// Orders that ever came.
    arrivals: u64,
}

/// Where a reference goes. Feeds number orders upwards, so references near each other go to buckets near each other: new
/// orders then share a page of memory instead of visiting one each. Where each run of them begins is random, so that no
/// stride of numbers meets a few buckets only.
#[inline(always)]
fn hash(reference: u64) -> Hash {
    // The product's top byte is the one that every bit of the run has a part in, so it goes to the bottom.
    let run = (reference >> RUN).wrapping_mul(0x9e37_79b9_7f4a_7c15).swap_bytes();
    let within = reference & ((1 << RUN) - 1);
    Hash { bucket: (run ^ within) as u32, tag: Tag::new((run >> 32) as u8 | 1) }
}

impl Orders {
    pub fn new() -> Self {
        let mut orders = Self {
            buckets: Chunks::new(u32::MAX),
            overflow: Overflow::new(),
            count: 0,
            low_mask: FIRST - 1,
            split: core::ptr::null_mut(),
            peak: 0,
            below_peak: 0,
            arrivals: 0,
        };
        for _ in 0..FIRST {
            orders.extend();
        }
        orders
    }

    /// Adds an empty bucket at the end.
    fn extend(&mut self) {
        if u64::from(self.count) == self.buckets.capacity() {
            self.buckets.grow();
        }
        // SAFETY: the capacity has just been checked against `count`; the bucket is fresh, nothing refers to it.
        unsafe { self.buckets.at(self.count).write(Bucket::EMPTY) };
        self.count += 1;
    }

    #[inline(always)]
    fn home_of(&self, hash: Hash) -> Home {
        let wide = hash.bucket & (self.low_mask << 1 | 1);
        // Which half of a round a reference falls into is a coin toss.
        let at = select_unpredictable(wide < self.count, wide, wide & self.low_mask);
        // SAFETY: `wide` was below `count`, or without its top bit it is at most `low_mask`, which is below `count`.
        Home { bucket: unsafe { self.buckets.at(at) }, tag: hash.tag }
    }

    #[inline(always)]
    pub fn home(&self, reference: u64) -> Home {
        self.home_of(hash(reference))
    }

    /// The lines of a home's bucket.
    #[inline(always)]
    fn lines(home: Home) -> [*const [u8; 64]; 2] {
        let line = home.bucket.cast_const().cast();
        [line, line.wrapping_add(1)]
    }

    #[inline(always)]
    pub fn prefetch(home: Home) {
        Self::lines(home).into_iter().for_each(prefetch);
    }

    #[inline(always)]
    pub fn prefetch_later(home: Home) {
        Self::lines(home).into_iter().for_each(prefetch_later);
    }

    /// The bucket of a home.
    #[inline(always)]
    fn bucket(&self, home: Home) -> &Bucket {
        // SAFETY: a home points into chunks that live as long as `self` and are initialised up to `count`; `&self` keeps
        // writers away.
        unsafe { &*home.bucket }
    }

    /// The slot of its home where this reference is likely to be. Any when there is none: what is not there is not worth a
    /// branch.
    #[inline(always)]
    pub fn guess(&self, home: Home) -> Slot {
        self.bucket(home).matches(home.tag).first()
    }

    /// The order of an entry, perhaps one that is gone.
    #[inline(always)]
    pub fn get(&self, entry: Entry) -> &Order {
        // SAFETY: entries are made from initialised buckets of our own chunks; `&self` keeps writers away.
        unsafe { &*entry.bucket }.order(entry.slot)
    }

    /// The live order of a reference at an entry, if that is where it is.
    #[inline(always)]
    pub fn confirm(&self, entry: Entry, reference: u64) -> Option<&Order> {
        // SAFETY: as in `get`.
        let bucket = unsafe { &*entry.bucket };
        let order = bucket.order(entry.slot);
        (bucket.holds(entry.slot) & (order.reference == reference)).then_some(order)
    }

    /// The free entry for a reference that can be added without a search: its bucket has room, and nothing that might be
    /// the same.
    #[inline(always)]
    pub fn room(&self, home: Home) -> Option<Slot> {
        let bucket = self.bucket(home);
        let (same, vacant) = (bucket.matches(home.tag), bucket.vacant());
        (!same.any() && vacant.any() && !bucket.continues()).then_some(vacant.first())
    }

    /// Adds an order at a free slot of its home ([`Self::room`]). True when there are more than ever.
    #[inline(always)]
    pub fn put(&mut self, home: Home, slot: Slot, reference: u64, spot: Spot, shares: u32) -> bool {
        let order = Order::new(reference, spot, shares, self.arrivals);
        // SAFETY: a home is initialised memory of our own chunks; `&mut self` makes this the only reference.
        unsafe { &mut *home.bucket }.put(slot, home.tag, order);
        self.grown()
    }

    /// Sets what is open of an order.
    #[inline(always)]
    pub fn set_shares(&mut self, entry: Entry, shares: u32) {
        // SAFETY: as in `put`.
        unsafe { &mut *entry.bucket }.order_mut(entry.slot).shares = shares;
    }

    /// The entry of a live reference.
    #[inline(always)]
    pub fn find(&self, home: Home, reference: u64) -> Option<Entry> {
        let mut at = home.bucket;
        loop {
            // SAFETY: a home, and every line a link names, is initialised memory of our own chunks.
            let bucket = unsafe { &*at };
            let mut matches = bucket.matches(home.tag);
            while matches.any() {
                let entry = Entry { bucket: at, slot: matches.first() };
                if self.confirm(entry, reference).is_some() {
                    return Some(entry);
                }
                matches = matches.rest();
            }
            if bucket.link() == 0 {
                return None;
            }
            at = self.overflow.at(bucket.link());
        }
    }

    /// Adds an order whose reference is not live. `home` is its, computed after the last insert.
    #[inline(always)]
    pub fn insert(&mut self, home: Home, reference: u64, spot: Spot, shares: u32) {
        let vacant = self.bucket(home).vacant();
        if vacant.any() {
            self.put(home, vacant.first(), reference, spot, shares);
            return;
        }
        let order = Order::new(reference, spot, shares, self.arrivals);
        // SAFETY: a home is initialised memory of our own chunks; `&mut self` makes this the only reference.
        self.overflow.insert(unsafe { &mut *home.bucket }, home.tag, order);
        self.grown();
    }

    /// There is one order more. True when there are more than ever.
    #[inline(always)]
    fn grown(&mut self) -> bool {
        self.arrivals += 1;
        self.below_peak -= 1;
        let more = self.below_peak < 0;
        if more {
            self.risen();
        }
        more
    }

    /// There are more orders than ever, and perhaps more than the table should hold.
    #[inline(never)]
    fn risen(&mut self) {
        (self.peak, self.below_peak) = (self.peak + 1, 0);
        if self.peak * LOAD.1 > u64::from(self.count) * LOAD.0 {
            self.split();
        }
    }

    /// Grows by one with every split.
    #[inline(always)]
    pub fn buckets(&self) -> u32 {
        self.count
    }

    /// Whether a home is the bucket that was split last: its orders may have moved.
    #[inline(always)]
    pub fn was_split(&self, home: Home) -> bool {
        home.bucket == self.split
    }

    /// Takes an order out. `home` is its reference's; nothing was inserted since both were found.
    #[inline(always)]
    pub fn remove(&mut self, home: Home, entry: Entry) {
        self.below_peak += 1;
        // Asked before a byte of the same word is written: to read it then, the byte would have to reach memory.
        let continues = self.bucket(home).continues();
        // SAFETY: an entry is initialised memory of our own chunks; `&mut self` makes this the only reference.
        unsafe { &mut *entry.bucket }.free(entry.slot);
        if continues {
            // SAFETY: as above, for the home, which may be the same line.
            self.overflow.pull(unsafe { &mut *home.bucket });
        }
    }

    /// Splits the next bucket of this round in two.
    #[inline(never)]
    fn split(&mut self) {
        if self.count == 1 << 31 {
            return;
        }
        let low = self.count - self.low_mask - 1;
        self.extend();
        // SAFETY: `low` is at most `low_mask`, below `count`.
        let at = unsafe { self.buckets.at(low) };
        self.split = at;
        // SAFETY: initialised memory of our own chunks, and no other reference is alive.
        let mut line = core::mem::replace(unsafe { &mut *at }, Bucket::EMPTY);
        loop {
            for slot in line.used() {
                let (tag, order) = line.take(slot);
                let home = self.home(order.reference);
                // SAFETY: as above; a home of this bucket's orders is the old bucket or the new one.
                self.overflow.insert(unsafe { &mut *home.bucket }, tag, order);
            }
            if line.link() == 0 {
                break;
            }
            line = self.overflow.release(line.link());
        }
        if self.count == (self.low_mask + 1) << 1 {
            self.low_mask = self.low_mask << 1 | 1;
        }
    }

    /// Live orders.
    #[inline]
    pub fn live(&self) -> u64 {
        self.peak - self.below_peak as u64
    }

    /// The most orders that were ever live at once.
    #[inline]
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// Every live order, in no sequence that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Order> + '_ {
        // SAFETY: initialised below `count`; `&self` keeps writers away.
        let buckets = (0..self.count).map(|at| unsafe { &*self.buckets.at(at) });
        buckets.chain(self.overflow.iter()).flat_map(|bucket| bucket.used().map(|slot| bucket.order(slot)))
    }

    pub fn bytes(&self) -> usize {
        self.buckets.bytes() + self.overflow.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn references_of_any_stride_spread_over_all_buckets() {
        for (count, stride) in [300, 100_000].into_iter().flat_map(|count| (0..40).map(move |bit| (count, 1 << bit))) {
            let buckets = (count as usize * LOAD.1 as usize / LOAD.0 as usize).next_power_of_two();
            let mut load = vec![0; buckets];
            for at in 0..count {
                load[hash(1_000_003 + at * stride).bucket as usize % buckets] += 1;
            }
            // Were they thrown at random, more than 16 in one would be seen once in ten thousand million buckets.
            let most = load.into_iter().max();
            assert!(most <= Some(16), "{count} references {stride} apart: {most:?} in one bucket");
        }
    }

    #[test]
    fn the_references_of_one_bucket_are_told_apart_by_their_tags() {
        let same = |reference: u64| hash(reference).bucket % FIRST == hash(0).bucket % FIRST;
        let mut count = [0u32; 256];
        (0..1000 * u64::from(FIRST)).filter(|&at| same(at)).for_each(|at| count[usize::from(hash(at).tag.byte())] += 1);
        assert_eq!(count[0], 0, "0 stands for a free entry");
        assert!(count.iter().all(|&count| count < 40), "{count:?}: about 8 of each odd one");
    }
}
