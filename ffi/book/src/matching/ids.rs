//! From order id to handle: linear hashing over cache lines of twelve tagged entries.
//!
//! A new id costs one line and no order: all tags of a bucket are compared at once, so that "not live" is known without
//! looking at other orders, which at a million live orders is the difference between one cache miss and two. A tag is a byte:
//! one comparison of sixteen of them answers, where wider tags would take four and their packing. The table in
//! use grows one bucket at a time with the live orders (Litwin 1980), so a small book stays in a small cache and there is
//! never a pause. An entry that finds its bucket full goes into a chain that runs through the orders and is pulled back when
//! room appears: no tombstones, no second table. Four neighbouring ids share a bucket, because clients count.

use core::hint::select_unpredictable;

use hftz_isa::prefetch;

use super::index::{Found, Index};
use super::memory::{Lines, Zero};
use super::orders::Order;
use super::settings::SetupError;

/// Tagged entries of a bucket.
const ENTRIES: usize = 12;
/// In place of an entry: in none.
const CHAINED: u32 = ENTRIES as u32;
/// Live orders for each bucket before the table grows, on average.
const LOAD: u32 = 5;
/// Buckets of an empty table, a power of two.
const FIRST: u32 = 16;

/// A cache line of entries.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Bucket {
    /// 0 where the entry is free.
    tags: [u8; ENTRIES],
    /// Head of the chain of those for whom there was no entry, 0 none.
    chain: u32,
    /// Means something only where there is a tag.
    handles: [u32; ENTRIES],
}

// SAFETY: it is integers.
unsafe impl Zero for Bucket {}

/// Finds orders whatever their ids.
pub struct Ids {
    /// As many as the capacity can ask for; those from `count` on are empty and untouched.
    buckets: Lines<Bucket>,
    /// Buckets in use: `low_mask + 1` and those split in this round.
    count: u32,
    /// One less than the buckets at the start of this round of splits, a power of two.
    low_mask: u32,
    /// Live orders beyond which the table grows.
    grows_beyond: u32,
}

/// Where an id belongs; good until the table grows, which only an insertion does.
#[derive(Clone, Copy)]
struct Home {
    bucket: u32,
    /// Never 0.
    tag: u8,
}

/// Where an entry is.
#[derive(Clone, Copy)]
pub struct Place {
    bucket: u32,
    /// The entry of the bucket, [`CHAINED`] when it is in none.
    entry: u32,
}

/// Room for an id that is not live; good until the next change of the table.
#[derive(Clone, Copy)]
pub struct Room {
    home: Home,
    /// A bit for each free entry of its bucket.
    free: u32,
}

impl Index for Ids {
    type Place = Place;
    type Room = Room;

    fn new(capacity: u32) -> Result<Self, SetupError> {
        let count = (capacity / LOAD + 2).max(FIRST);
        let buckets = Lines::new(count as usize, capacity)?;
        let grows_beyond = grows_beyond(FIRST, count as usize);
        Ok(Self { buckets, count: FIRST, low_mask: FIRST - 1, grows_beyond })
    }

    #[inline(always)]
    fn find(&self, id: u64, slots: &[Order]) -> Found<Place> {
        self.find_at(self.home(id), id, slots)
    }

    #[inline(always)]
    fn room(&self, id: u64, slots: &[Order]) -> Option<Room> {
        let home = self.home(id);
        let bucket = self.bucket(home.bucket);
        if matches(bucket, home.tag) != 0 || bucket.chain != 0 {
            return self.room_among(home, id, slots);
        }
        Some(Room { home, free: matches(bucket, 0) })
    }

    #[inline(always)]
    fn insert(&mut self, room: Room, handle: u32, live: u32, slots: &mut [Order]) {
        let Room { home, free } = room;
        let bucket = self.bucket_mut(home.bucket);
        if free == 0 {
            put(bucket, home.tag, handle, slots);
        } else {
            fill(bucket, free.trailing_zeros(), home.tag, handle);
        }
        if live > self.grows_beyond {
            self.split(slots);
        }
    }

    #[inline(always)]
    fn remove(&mut self, found: Found<Place>, slots: &mut [Order]) {
        let Found { handle, place: Place { bucket: at, entry } } = found;
        let bucket = self.bucket_mut(at);
        if entry == CHAINED {
            unchain(&mut bucket.chain, handle, slots);
            return;
        }
        set_tag(bucket, entry, 0);
        if bucket.chain != 0 {
            self.pull(at, entry, slots);
        }
    }
}

impl Ids {
    #[inline(always)]
    fn home(&self, id: u64) -> Home {
        let product = u128::from(id >> 2) * 0xD6E8_FEB8_6659_FD93;
        let hash = (product >> 64) as u64 ^ product as u64;
        let wide = hash as u32 & (self.low_mask << 1 | 1);
        let bucket = select_unpredictable(wide < self.count, wide, hash as u32 & self.low_mask);
        // The tag has the low bits of the id too: neighbours share a bucket, not a tag.
        let tag = (hash >> 32) as u8 ^ (id as u8) << 6;
        let tag = tag + u8::from(tag == 0);
        Home { bucket, tag }
    }

    #[inline(always)]
    fn bucket(&self, bucket: u32) -> &Bucket {
        debug_assert!(bucket < self.count && self.count as usize <= self.buckets.len());
        // SAFETY: `home` gives numbers below `count`, which only grows and never beyond the buckets there are.
        unsafe { self.buckets.get_unchecked(bucket as usize) }
    }

    #[inline(always)]
    fn bucket_mut(&mut self, bucket: u32) -> &mut Bucket {
        debug_assert!(bucket < self.count && self.count as usize <= self.buckets.len());
        // SAFETY: as for `bucket`.
        unsafe { self.buckets.get_unchecked_mut(bucket as usize) }
    }

    #[inline(always)]
    fn find_at(&self, home: Home, id: u64, slots: &[Order]) -> Found<Place> {
        let bucket = self.bucket(home.bucket);
        let mut left = matches(bucket, home.tag);
        while left != 0 {
            let entry = left.trailing_zeros();
            let handle = *entry_of(&bucket.handles, entry);
            debug_assert!((handle as usize) < slots.len());
            // SAFETY: handles with a tag are those of slots, which are never given back.
            if unsafe { slots.get_unchecked(handle as usize) }.id == id {
                return Found { handle, place: Place { bucket: home.bucket, entry } };
            }
            left &= left - 1;
        }
        let handle = if bucket.chain == 0 { 0 } else { find_in_chain(bucket.chain, id, slots) };
        Found { handle, place: Place { bucket: home.bucket, entry: CHAINED } }
    }

    #[inline(never)]
    fn room_among(&self, home: Home, id: u64, slots: &[Order]) -> Option<Room> {
        let free = matches(self.bucket(home.bucket), 0);
        (self.find_at(home, id, slots).handle == 0).then_some(Room { home, free })
    }

    /// Moves the head of a bucket's chain into its free entry.
    #[cold]
    fn pull(&mut self, bucket: u32, entry: u32, slots: &[Order]) {
        let handle = self.bucket(bucket).chain;
        let order = &slots[handle as usize];
        let tag = self.home(order.id).tag;
        let bucket = self.bucket_mut(bucket);
        bucket.chain = order.chain;
        fill(bucket, entry, tag, handle);
    }

    /// Splits the next bucket of this round in two.
    #[inline(never)]
    fn split(&mut self, slots: &mut [Order]) {
        let low = self.count - self.low_mask - 1;
        let old = core::mem::take(self.bucket_mut(low));
        self.count += 1;
        self.grows_beyond = grows_beyond(self.count, self.buckets.len());
        for (_, &handle) in old.tags.iter().zip(&old.handles).filter(|&(&tag, _)| tag != 0) {
            self.put_back(handle, slots);
        }
        let mut at = old.chain;
        while at != 0 {
            let chain = slots[at as usize].chain;
            self.put_back(at, slots);
            at = chain;
        }
        if self.count == (self.low_mask + 1) << 1 {
            self.low_mask = self.low_mask << 1 | 1;
        }
        self.fetch_next_split(slots);
    }

    /// Asks for the orders of the bucket that is split next, and for the bucket after it: in a book that grows nobody has touched them
    /// for long, and a split would wait for one after the other.
    #[inline(always)]
    fn fetch_next_split(&self, slots: &[Order]) {
        let low = self.count - self.low_mask - 1;
        for &handle in &self.bucket(low).handles {
            prefetch(slots.as_ptr().wrapping_add(handle as usize));
        }
        prefetch(self.bucket(low + 1));
        prefetch(self.buckets.as_ptr().wrapping_add(self.count as usize));
    }

    fn put_back(&mut self, handle: u32, slots: &mut [Order]) {
        let home = self.home(slots[handle as usize].id);
        put(self.bucket_mut(home.bucket), home.tag, handle, slots);
    }
}

/// Live orders beyond which a table of `count` buckets grows; never when it has all that there are.
fn grows_beyond(count: u32, buckets: usize) -> u32 {
    if (count as usize) < buckets { count * LOAD } else { u32::MAX }
}

/// Enters an order into its bucket, or into the chain when that is full.
#[inline(never)]
fn put(bucket: &mut Bucket, tag: u8, handle: u32, slots: &mut [Order]) {
    let free = matches(bucket, 0);
    if free != 0 {
        fill(bucket, free.trailing_zeros(), tag, handle);
    } else {
        slots[handle as usize].chain = bucket.chain;
        bucket.chain = handle;
    }
}

/// Fills an entry that is free.
#[inline(always)]
fn fill(bucket: &mut Bucket, entry: u32, tag: u8, handle: u32) {
    *entry_of_mut(&mut bucket.handles, entry) = handle;
    set_tag(bucket, entry, tag);
}

#[inline(always)]
fn entry_of(handles: &[u32; ENTRIES], entry: u32) -> &u32 {
    debug_assert!(entry < ENTRIES as u32);
    // SAFETY: entries come from `matches` alone, which gives a bit for none beyond the last, or are compared with `CHAINED`.
    unsafe { handles.get_unchecked(entry as usize) }
}

#[inline(always)]
fn entry_of_mut(handles: &mut [u32; ENTRIES], entry: u32) -> &mut u32 {
    debug_assert!(entry < ENTRIES as u32);
    // SAFETY: as for `entry_of`.
    unsafe { handles.get_unchecked_mut(entry as usize) }
}

/// The order of a chain that has this id, 0 when there is none.
#[inline(never)]
fn find_in_chain(chain: u32, id: u64, slots: &[Order]) -> u32 {
    let mut at = chain;
    while at != 0 && slots[at as usize].id != id {
        at = slots[at as usize].chain;
    }
    at
}

/// Takes an order out of a chain.
#[cold]
fn unchain(head: &mut u32, handle: u32, slots: &mut [Order]) {
    let chain = slots[handle as usize].chain;
    if *head == handle {
        *head = chain;
        return;
    }
    let mut at = *head;
    while slots[at as usize].chain != handle {
        at = slots[at as usize].chain;
    }
    slots[at as usize].chain = chain;
}

/// Sets an entry's tag, writing all of them and the chain: the cancel that follows an order reads them as a whole, and a
/// processor hands a fresh value on only to a read that is no larger than the write.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[inline(always)]
fn set_tag(bucket: &mut Bucket, entry: u32, tag: u8) {
    use core::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_andnot_si128, _mm_loadu_si128, _mm_or_si128, _mm_set1_epi8, _mm_storeu_si128,
    };
    /// From 15 less `entry` on, 16 bytes of which that of the entry is set.
    const WHERE: [u8; 31] = {
        let mut bytes = [0; 31];
        bytes[15] = 0xFF;
        bytes
    };
    debug_assert!(entry < ENTRIES as u32);
    // SAFETY: SSE2 is part of the target; a bucket begins with 16 bytes, tags and chain; 16 bytes from 15 less the entry, which
    // is below 16, lie in `WHERE`.
    unsafe {
        let head = (&raw mut *bucket).cast::<__m128i>();
        let here = _mm_loadu_si128(WHERE.as_ptr().add(15 - (entry & 15) as usize).cast());
        let others = _mm_andnot_si128(here, _mm_loadu_si128(head));
        _mm_storeu_si128(head, _mm_or_si128(others, _mm_and_si128(here, _mm_set1_epi8(tag as i8))));
    }
}

/// Sets an entry's tag.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
fn set_tag(bucket: &mut Bucket, entry: u32, tag: u8) {
    bucket.tags[entry as usize] = tag;
}

/// A bit for each entry with this tag.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[inline(always)]
fn matches(bucket: &Bucket, tag: u8) -> u32 {
    use core::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
    // SAFETY: SSE2 is part of the target; a bucket begins with 16 bytes, the last four of which are no tags.
    let all = unsafe {
        let head = _mm_loadu_si128((&raw const *bucket).cast());
        _mm_movemask_epi8(_mm_cmpeq_epi8(head, _mm_set1_epi8(tag as i8))) as u32
    };
    all & ((1 << ENTRIES) - 1)
}

/// A bit for each entry with this tag.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
fn matches(bucket: &Bucket, tag: u8) -> u32 {
    bucket.tags.iter().enumerate().map(|(at, &one)| u32::from(one == tag) << at).sum()
}

#[cfg(test)]
mod tests {
    use super::super::orders::Orders;
    use super::*;

    #[test]
    fn a_full_table_of_dense_ids_keeps_its_chains_short() {
        let capacity = 1 << 16;
        let (mut orders, mut ids) = (Orders::new(capacity).unwrap(), Ids::new(capacity).unwrap());
        for id in 1..=u64::from(capacity) {
            orders.insert(&Order { id, ..Order::NONE }, &mut ids);
        }
        let mut chained = 0;
        for bucket in ids.buckets.iter() {
            let mut at = bucket.chain;
            while at != 0 {
                chained += 1;
                at = orders[at].chain;
            }
        }
        assert!(chained < capacity / 12, "{chained} of {capacity} orders are in chains");
        assert!((1..=u64::from(capacity)).all(|id| orders.look(id, &ids).handle != 0));
    }

    #[test]
    fn every_entry_of_a_bucket_is_found_and_the_chain_is_none() {
        let mut bucket = Bucket { chain: 0x0707_0707, ..Bucket::default() };
        assert_eq!(matches(&bucket, 0), (1 << ENTRIES) - 1);
        for at in 0..ENTRIES as u32 {
            fill(&mut bucket, at, 0x80 | at as u8, 1000 + at);
            assert_eq!(matches(&bucket, 0x80 | at as u8), 1 << at);
        }
        assert_eq!((matches(&bucket, 7), matches(&bucket, 0), bucket.chain), (0, 0, 0x0707_0707));
        set_tag(&mut bucket, 5, 0);
        assert_eq!((matches(&bucket, 0), matches(&bucket, 0x85)), (1 << 5, 0));
        assert_eq!(bucket.handles[11], 1011);
    }
}
