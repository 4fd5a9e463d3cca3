//! The kernel heap: 64 KiB chunks, each cut into slots of one size class, or joined into a run for something large.
//!
//! It hands out offsets; which addresses they mean, and putting memory under them, is [`Backing`]'s. A chunk's bitmap
//! of free slots lies outside the chunk, so freeing twice, freeing the middle of a block and freeing what was never
//! allocated are all exact errors. In-band headers (dlmalloc, TLSF) save that table, but one write too far by a user
//! breaks them, and they only guess at a double free. Finding a slot is a find-first-set from a remembered word: no
//! list is walked.

use super::freemap::FreeMap;
use super::sizes;

pub const CHUNK: usize = 64 << 10;
const WORDS: usize = CHUNK / 16 / 64;
const NONE: u32 = u32::MAX;

/// Puts memory under chunks and takes it away.
pub trait Backing {
    /// Makes `count` chunks from `first` usable; all or nothing.
    fn commit(&mut self, first: usize, count: usize) -> bool;
    /// The chunk is empty; its memory may be reused for anything.
    fn release(&mut self, chunk: usize);
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeapError {
    /// The block is free already.
    DoubleFree,
    /// No block starts at this offset.
    NotABlock,
    /// The block has another size than the caller says.
    WrongSize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Free,
    Slots,
    /// First chunk of a run.
    Run,
    /// Any other chunk of a run.
    Inside,
}

/// A chunk's bookkeeping. All zero means free and without memory, so a table of them can start as zeroed pages.
#[derive(Clone)]
#[repr(C)]
pub struct Chunk {
    kind: u8,
    class: u8,
    committed: bool,
    /// No word of `free` below this one is non-zero.
    hint: u8,
    /// Free slots, or the length of a run.
    count: u32,
    next: u32,
    previous: u32,
    free: [u64; WORDS],
}

impl Chunk {
    pub const EMPTY: Self =
        Self { kind: 0, class: 0, committed: false, hint: 0, count: 0, next: 0, previous: 0, free: [0; WORDS] };

    const fn kind(&self) -> Use {
        match self.kind {
            0 => Use::Free,
            1 => Use::Slots,
            2 => Use::Run,
            _ => Use::Inside,
        }
    }

    const fn set(&mut self, kind: Use) {
        self.kind = kind as u8;
    }
}

/// Counters for reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    pub blocks: usize,
    /// Bytes of slots and runs handed out, rounding included.
    pub bytes: usize,
    /// Chunks with memory under them.
    pub committed: usize,
}

pub struct Heap<'a, B> {
    chunks: &'a mut [Chunk],
    free: FreeMap<'a>,
    /// Per class, a list of chunks that have a free slot.
    partial: [u32; sizes::COUNT],
    backing: B,
    usage: Usage,
}

const fn slots(class: usize) -> usize {
    CHUNK / sizes::bytes(class)
}

impl<'a, B: Backing> Heap<'a, B> {
    /// A heap over as many chunks as `table` describes. `None` when `storage` is shorter than [`FreeMap::storage`]
    /// asks.
    pub fn new(table: &'a mut [Chunk], storage: &'a mut [u64], backing: B) -> Option<Self> {
        let mut free = FreeMap::new(storage, table.len())?;
        free.give_run(0, table.len()).ok()?;
        Some(Self { chunks: table, free, partial: [NONE; sizes::COUNT], backing, usage: Usage::default() })
    }

    #[must_use]
    pub const fn usage(&self) -> Usage {
        self.usage
    }

    /// The offset of a new block of `size` bytes at a multiple of `align`; `None` when memory is out.
    #[inline]
    pub fn alloc(&mut self, size: usize, align: usize) -> Option<usize> {
        let Some(class) = sizes::class(size, align) else { return self.alloc_run(size, align) };
        let mut at = self.partial[class];
        if at == NONE {
            at = self.open(class)?;
        }
        let chunk = &mut self.chunks[at as usize];
        let mut word = usize::from(chunk.hint);
        while chunk.free[word] == 0 {
            word += 1;
        }
        let slot = word * 64 + chunk.free[word].trailing_zeros() as usize;
        chunk.free[word] &= chunk.free[word] - 1;
        chunk.hint = word as u8;
        chunk.count -= 1;
        if chunk.count == 0 {
            self.unlink(at, class);
        }
        self.usage.blocks += 1;
        self.usage.bytes += sizes::bytes(class);
        Some(at as usize * CHUNK + slot * sizes::bytes(class))
    }

    /// Cuts a free chunk into slots of the class.
    #[cold]
    #[inline(never)]
    fn open(&mut self, class: usize) -> Option<u32> {
        let at = self.take(1, 1)?;
        let count = slots(class);
        let chunk = &mut self.chunks[at];
        chunk.set(Use::Slots);
        chunk.class = class as u8;
        chunk.hint = 0;
        chunk.count = count as u32;
        chunk.free = [0; WORDS];
        for slot in 0..count {
            chunk.free[slot / 64] |= 1 << (slot % 64);
        }
        self.link(at as u32, class);
        Some(at as u32)
    }

    #[cold]
    #[inline(never)]
    fn alloc_run(&mut self, size: usize, align: usize) -> Option<usize> {
        let count = size.div_ceil(CHUNK).max(1);
        let at = self.take(count, align.div_ceil(CHUNK))?;
        self.chunks[at].set(Use::Run);
        self.chunks[at].count = count as u32;
        self.chunks[at + 1..at + count].iter_mut().for_each(|chunk| chunk.set(Use::Inside));
        self.usage.blocks += 1;
        self.usage.bytes += count * CHUNK;
        Some(at * CHUNK)
    }

    /// Takes chunks out of the free map with memory under all of them.
    fn take(&mut self, count: usize, align: usize) -> Option<usize> {
        let at = if count == 1 && align <= 1 { self.free.take()? } else { self.free.take_run(count, align)? };
        let (mut from, past) = (at, at + count);
        while from < past {
            let missing = self.chunks[from..past].iter().take_while(|chunk| !chunk.committed).count();
            if missing > 0 && !self.backing.commit(from, missing) {
                // The run was taken just now, so giving it back cannot fail; chunks committed so far stay committed.
                let given = self.free.give_run(at, count);
                debug_assert!(given.is_ok());
                return None;
            }
            self.chunks[from..from + missing].iter_mut().for_each(|chunk| chunk.committed = true);
            self.usage.committed += missing;
            from += missing.max(1);
        }
        Some(at)
    }

    /// Frees the block at `offset`, which was allocated with this size and alignment.
    ///
    /// # Errors
    /// [`HeapError`]; nothing changes.
    #[inline]
    pub fn free(&mut self, offset: usize, size: usize, align: usize) -> Result<(), HeapError> {
        let at = offset / CHUNK;
        let chunk = self.chunks.get_mut(at).ok_or(HeapError::NotABlock)?;
        match chunk.kind() {
            Use::Slots => {
                let class = usize::from(chunk.class);
                let slot = offset % CHUNK / sizes::bytes(class);
                if slot * sizes::bytes(class) != offset % CHUNK || slot >= slots(class) {
                    return Err(HeapError::NotABlock);
                }
                if chunk.free[slot / 64] >> (slot % 64) & 1 == 1 {
                    return Err(HeapError::DoubleFree);
                }
                if sizes::class(size, align) != Some(class) {
                    return Err(HeapError::WrongSize);
                }
                chunk.free[slot / 64] |= 1 << (slot % 64);
                chunk.hint = chunk.hint.min((slot / 64) as u8);
                chunk.count += 1;
                let count = chunk.count as usize;
                self.usage.blocks -= 1;
                self.usage.bytes -= sizes::bytes(class);
                if count == 1 {
                    self.link(at as u32, class);
                }
                if count == slots(class) {
                    self.close(at, class);
                }
                Ok(())
            }
            Use::Run if offset.is_multiple_of(CHUNK) => self.free_run(at, size, align),
            Use::Free => Err(HeapError::DoubleFree),
            Use::Run | Use::Inside => Err(HeapError::NotABlock),
        }
    }

    /// Retires an empty chunk, unless it is the class's only one: alternating at the edge would open and close it each
    /// time.
    fn close(&mut self, at: usize, class: usize) {
        let chunk = &self.chunks[at];
        if self.partial[class] == at as u32 && chunk.next == NONE {
            return;
        }
        self.unlink(at as u32, class);
        self.retire(at, 1);
    }

    fn retire(&mut self, at: usize, count: usize) {
        self.chunks[at..at + count].iter_mut().for_each(|chunk| chunk.set(Use::Free));
        let given = self.free.give_run(at, count);
        debug_assert!(given.is_ok(), "chunks in use are not in the free map");
    }

    fn free_run(&mut self, at: usize, size: usize, align: usize) -> Result<(), HeapError> {
        let count = self.chunks[at].count as usize;
        if sizes::class(size, align).is_some() || size.div_ceil(CHUNK).max(1) != count {
            return Err(HeapError::WrongSize);
        }
        self.retire(at, count);
        self.usage.blocks -= 1;
        self.usage.bytes -= count * CHUNK;
        Ok(())
    }

    /// Whether a block of `old` bytes already holds `new`, so that it need not move.
    #[must_use]
    pub fn fits(old: usize, new: usize, align: usize) -> bool {
        match (sizes::class(old, align), sizes::class(new, align)) {
            (Some(a), Some(b)) => a == b,
            (None, None) => old.div_ceil(CHUNK) == new.div_ceil(CHUNK),
            _ => false,
        }
    }

    /// Gives the memory under every empty chunk back; how many there were.
    pub fn trim(&mut self) -> usize {
        for class in 0..sizes::COUNT {
            let at = self.partial[class];
            if at != NONE && self.chunks[at as usize].count as usize == slots(class) {
                self.unlink(at, class);
                self.retire(at as usize, 1);
            }
        }
        let mut released = 0;
        for at in 0..self.chunks.len() {
            if self.usage.committed == released {
                break;
            }
            if self.chunks[at].committed && self.chunks[at].kind() == Use::Free {
                self.chunks[at].committed = false;
                self.backing.release(at);
                released += 1;
            }
        }
        self.usage.committed -= released;
        released
    }

    fn link(&mut self, at: u32, class: usize) {
        let head = self.partial[class];
        self.chunks[at as usize].next = head;
        self.chunks[at as usize].previous = NONE;
        if head != NONE {
            self.chunks[head as usize].previous = at;
        }
        self.partial[class] = at;
    }

    fn unlink(&mut self, at: u32, class: usize) {
        let Chunk { next, previous, .. } = self.chunks[at as usize];
        match previous {
            NONE => self.partial[class] = next,
            _ => self.chunks[previous as usize].next = next,
        }
        if next != NONE {
            self.chunks[next as usize].previous = previous;
        }
    }
}

#[cfg(test)]
#[path = "heap_tests.rs"]
mod tests;
