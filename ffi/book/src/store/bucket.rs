//! One cache line of the reference index: ten entries of a 16-bit tag and a handle.
//!
//! All ten tags are compared at once. Sixteen bits, because a tag that agrees by accident costs a visit to an order
//! somewhere in memory and a mispredicted branch: with eight bits that is one lookup in thirty, with sixteen one in
//! eight thousand, for two entries fewer in a line.

use super::orders::Handle;

/// Entries in a line.
pub const ENTRIES: usize = 10;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Bucket {
    /// 0 where there is no entry.
    tags: [u16; ENTRIES],
    /// The line this one continues in, 0 for none.
    pub link: u32,
    handles: [Handle; ENTRIES],
}

const _: () = assert!(size_of::<Bucket>() == 64);

impl Bucket {
    pub const EMPTY: Self = Self { tags: [0; ENTRIES], link: 0, handles: [Handle::NONE; ENTRIES] };

    /// One bit for each entry that has this tag; tag 0 finds the free ones.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    #[inline(always)]
    pub fn matches(&self, tag: u16) -> u32 {
        use core::arch::x86_64::{_mm_cmpeq_epi16, _mm_load_si128, _mm_movemask_epi8, _mm_packs_epi16, _mm_set1_epi16};
        let line = (&raw const *self).cast();
        // SAFETY: SSE2 is part of the target; the loads are the two halves of the line's first half, all initialised and
        // aligned with it. What follows the tags there is compared too, and masked.
        let both = unsafe {
            let wanted = _mm_set1_epi16(tag as i16);
            let low = _mm_cmpeq_epi16(_mm_load_si128(line), wanted);
            let high = _mm_cmpeq_epi16(_mm_load_si128(line.add(1)), wanted);
            _mm_movemask_epi8(_mm_packs_epi16(low, high)) as u32
        };
        both & ((1 << ENTRIES) - 1)
    }

    /// One bit for each entry that has this tag; tag 0 finds the free ones.
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    pub fn matches(&self, tag: u16) -> u32 {
        self.tags.iter().enumerate().map(|(entry, &other)| u32::from(other == tag) << entry).sum()
    }

    #[inline(always)]
    pub fn handle(&self, entry: usize) -> Handle {
        self.handles[entry]
    }

    #[inline(always)]
    pub fn set(&mut self, entry: usize, tag: u16, handle: Handle) {
        self.tags[entry] = tag;
        self.handles[entry] = handle;
    }

    /// The tag and handle of an entry, which is free afterwards.
    #[inline(always)]
    pub fn take(&mut self, entry: usize) -> (u16, Handle) {
        let taken = (self.tags[entry], self.handles[entry]);
        self.free(entry);
        taken
    }

    /// Frees an entry. The handle goes too, so that an entry that has a handle is in use.
    #[inline(always)]
    pub fn free(&mut self, entry: usize) {
        self.tags[entry] = 0;
        self.handles[entry] = Handle::NONE;
    }

    /// One bit for each entry in use.
    #[inline(always)]
    pub fn used(&self) -> u32 {
        self.matches(0) ^ ((1 << ENTRIES) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_by_its_own_tag_and_no_other() {
        let mut bucket = Bucket::EMPTY;
        assert_eq!(bucket.matches(0), 0x3ff);
        for entry in 0..ENTRIES {
            bucket.set(entry, 0x7fff + entry as u16, Handle::NONE);
        }
        for entry in 0..ENTRIES {
            assert_eq!(bucket.matches(0x7fff + entry as u16), 1 << entry);
        }
        assert_eq!(bucket.used(), 0x3ff);
        bucket.set(9, 0x7fff, Handle::NONE);
        assert_eq!(bucket.matches(0x7fff), 1 | 1 << 9);
        bucket.take(0);
        assert_eq!(bucket.matches(0), 1);
    }
}
