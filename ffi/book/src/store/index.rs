//! From order reference to handle: linear hashing over 64-byte buckets.
//!
//! A lookup reads one line, compares its tags at once and visits one order. An entry that finds its line full goes to
//! an overflow line chained to it, and comes back when room appears, so deleting leaves nothing behind: no tombstones,
//! no decay over a day. Growth is one bucket at a time (Litwin 1980): when the load passes [`LOAD`] entries a bucket,
//! one insert splits the next bucket in turn, about ten entries, so there is no pause and never a second table.
//! References are not dense enough over a day for a direct table (100-150 bytes a live order), but dense enough to keep
//! new ones on one page ([`hash`]).

use super::bucket::{Bucket, ENTRIES};
use super::chunks::Chunks;
use super::orders::{Handle, Orders};
use super::overflow::Overflow;
use super::prefetch::prefetch;

/// Mean entries of a bucket beyond which the table grows.
const LOAD: u64 = 3;
/// Buckets of an empty table, a power of two.
const FIRST: u32 = 64;

/// References in a row that go to buckets in a row, as a power of two.
const RUN: u32 = 10;

/// What of a reference decides where it goes.
#[derive(Clone, Copy)]
struct Hash {
    bucket: u32,
    tag: u16,
}

/// Where a reference belongs.
#[derive(Clone, Copy)]
pub struct Home {
    pub bucket: *mut Bucket,
    tag: u16,
}

/// Where a reference probably is.
#[derive(Clone, Copy)]
pub struct Guess {
    entry: u32,
    pub handle: Handle,
}

/// Where a live reference is.
#[derive(Clone, Copy)]
pub struct Found {
    bucket: *mut Bucket,
    entry: usize,
    pub handle: Handle,
}

pub struct Index {
    buckets: Chunks<Bucket, 15>,
    overflow: Overflow,
    /// Buckets in use: `low_mask + 1 + ` those split in this round.
    count: u32,
    /// One less than the number of buckets at the start of this round of splits.
    low_mask: u32,
    entries: u64,
}

/// Where a reference goes. Feeds number orders upwards, so references near each other go to buckets near each other: new
/// orders then share a page of memory instead of visiting one each. Where each run of them begins is random, so that no
/// stride of numbers meets a few buckets only.
#[inline(always)]
fn hash(reference: u64) -> Hash {
    let run = u128::from(reference >> RUN ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
    let tag = reference.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    Hash { bucket: ((run >> 64) as u32 ^ run as u32) ^ reference as u32 & ((1 << RUN) - 1), tag: tag as u16 | 1 }
}

impl Index {
    pub fn new() -> Self {
        let overflow = Overflow::new();
        let mut index = Self { buckets: Chunks::new(), overflow, count: 0, low_mask: FIRST - 1, entries: 0 };
        for _ in 0..FIRST {
            index.extend();
        }
        index
    }

    /// Adds an empty bucket at the end.
    fn extend(&mut self) -> *mut Bucket {
        if u64::from(self.count) == self.buckets.capacity() {
            self.buckets.grow();
        }
        // SAFETY: the capacity has just been checked against `count`.
        let bucket = unsafe { self.buckets.at(self.count) };
        // SAFETY: a fresh bucket of our own memory, nothing refers to it.
        unsafe { bucket.write(Bucket::EMPTY) };
        self.count += 1;
        bucket
    }

    #[inline(always)]
    fn home_of(&self, hash: Hash) -> Home {
        let wide = hash.bucket & (self.low_mask << 1 | 1);
        // Which half of a round a reference falls into is a coin toss: a mask, not a branch.
        let at = wide & (self.low_mask | 0u32.wrapping_sub(u32::from(wide < self.count)));
        // SAFETY: `wide` was below `count`, or without its top bit it is at most `low_mask`, which is below `count`.
        Home { bucket: unsafe { self.buckets.at(at) }, tag: hash.tag }
    }

    #[inline(always)]
    pub fn home(&self, reference: u64) -> Home {
        self.home_of(hash(reference))
    }

    #[inline(always)]
    pub fn prefetch(home: Home) {
        prefetch(home.bucket);
    }

    /// The order this reference is likely to be. Any handle when there is none: what is not there is not worth a branch.
    #[inline(always)]
    pub fn guess(&self, home: Home) -> Guess {
        // SAFETY: a home points into chunks that live as long as `self` and are initialised up to `count`.
        let bucket = unsafe { &*home.bucket };
        let entry = (bucket.matches(home.tag) | 1 << (ENTRIES - 1)).trailing_zeros();
        Guess { entry, handle: bucket.handle(entry as usize) }
    }

    /// The guess as an entry, if that still has its order.
    #[inline(always)]
    pub fn confirm(&self, home: Home, guess: Guess) -> Option<Found> {
        // SAFETY: as in `guess`.
        let bucket = unsafe { &*home.bucket };
        let entry = guess.entry as usize % 16;
        let holds = entry < ENTRIES && (bucket.handle(entry) == guess.handle) & !guess.handle.is_none();
        holds.then_some(Found { bucket: home.bucket, entry, handle: guess.handle })
    }

    /// The free entry for a reference that can be added without a search: its line has room, and nothing that might be
    /// the same.
    #[inline(always)]
    pub fn room(&self, home: Home) -> Option<usize> {
        // SAFETY: as in `guess`.
        let bucket = unsafe { &*home.bucket };
        let (same, free) = (bucket.matches(home.tag), bucket.matches(0));
        let plain = (same == 0) & (free != 0) & (bucket.link == 0);
        plain.then_some((free | 1 << (ENTRIES - 1)).trailing_zeros() as usize)
    }

    /// Adds a reference to the entry that [`Self::room`] has found for it.
    #[inline(always)]
    pub fn put(&mut self, home: Home, entry: usize, handle: Handle, orders: &Orders) {
        // SAFETY: a home is initialised memory of our own chunks; `&mut self` makes this the only reference.
        unsafe { &mut *home.bucket }.set(entry, home.tag, handle);
        self.grown(orders);
    }

    /// The entry of a live reference.
    #[inline(always)]
    pub fn find(&self, home: Home, reference: u64, orders: &Orders) -> Option<Found> {
        let mut at = home.bucket;
        loop {
            // SAFETY: a home, and every line a link names, is initialised memory of our own chunks.
            let bucket = unsafe { &*at };
            let mut matches = bucket.matches(home.tag);
            while matches != 0 {
                let entry = matches.trailing_zeros() as usize;
                let handle = bucket.handle(entry);
                if orders.get(handle).reference == reference {
                    return Some(Found { bucket: at, entry, handle });
                }
                matches &= matches - 1;
            }
            if bucket.link == 0 {
                return None;
            }
            at = self.overflow.at(bucket.link);
        }
    }

    /// Adds a reference that is not in the index. `home` is its, computed after the last insert.
    #[inline(always)]
    pub fn insert(&mut self, home: Home, handle: Handle, orders: &Orders) {
        // SAFETY: a home is initialised memory of our own chunks; `&mut self` makes this the only reference.
        let bucket = unsafe { &mut *home.bucket };
        let free = bucket.matches(0);
        if free != 0 {
            bucket.set(free.trailing_zeros() as usize, home.tag, handle);
        } else {
            self.overflow.insert(bucket, home.tag, handle);
        }
        self.grown(orders);
    }

    /// There is one entry more.
    #[inline(always)]
    fn grown(&mut self, orders: &Orders) {
        self.entries += 1;
        if self.entries > u64::from(self.count) * LOAD {
            self.split(orders);
        }
    }

    /// Changes when homes do.
    #[inline(always)]
    pub fn buckets(&self) -> u32 {
        self.count
    }

    /// Takes an entry out. `home` is its reference's; nothing was inserted since both were found.
    #[inline(always)]
    pub fn remove(&mut self, home: Home, found: Found) {
        self.entries -= 1;
        // SAFETY: `found` is initialised memory of our own chunks; `&mut self` makes this the only reference.
        unsafe { (*found.bucket).free(found.entry) };
        // SAFETY: as above, for the home, which may be the same line.
        let bucket = unsafe { &mut *home.bucket };
        if bucket.link != 0 {
            self.overflow.pull(bucket);
        }
    }

    /// Splits the next bucket of this round in two.
    #[inline(never)]
    fn split(&mut self, orders: &Orders) {
        if self.count == 1 << 31 {
            return;
        }
        let low = self.count - self.low_mask - 1;
        self.extend();
        // SAFETY: `low` is at most `low_mask`, below `count`.
        let at = unsafe { self.buckets.at(low) };
        // SAFETY: initialised memory of our own chunks, and no other reference is alive.
        let mut line = core::mem::replace(unsafe { &mut *at }, Bucket::EMPTY);
        loop {
            let mut used = line.used();
            while used != 0 {
                let (tag, handle) = line.take(used.trailing_zeros() as usize);
                let home = Home { tag, ..self.home_of(hash(orders.get(handle).reference)) };
                // SAFETY: as above; a home of this bucket's entries is the old bucket or the new one.
                self.overflow.insert(unsafe { &mut *home.bucket }, tag, handle);
                used &= used - 1;
            }
            if line.link == 0 {
                break;
            }
            line = self.overflow.release(line.link);
        }
        if self.count == (self.low_mask + 1) << 1 {
            self.low_mask = self.low_mask << 1 | 1;
        }
    }

    /// Live references.
    #[inline]
    pub fn entries(&self) -> u64 {
        self.entries
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
            let buckets = (count as usize / LOAD as usize).next_power_of_two();
            let mut load = vec![0; buckets];
            for at in 0..count {
                load[hash(1_000_003 + at * stride).bucket as usize % buckets] += 1;
            }
            // Were they thrown at random, more than 20 in one would be seen once in ten thousand million buckets.
            let most = load.into_iter().max();
            assert!(most <= Some(20), "{count} references {stride} apart: {most:?} in one bucket");
        }
    }

    #[test]
    fn the_references_of_one_bucket_are_told_apart_by_their_tags() {
        let same = |reference: u64| hash(reference).bucket % 64 == hash(0).bucket % 64;
        let tags: alloc::collections::BTreeSet<u16> =
            (0..64_000).filter(|&at| same(at)).map(|at| hash(at).tag).collect();
        assert!(tags.len() > 950, "{} tags", tags.len());
    }
}
