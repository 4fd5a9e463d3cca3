//! Memory for the windows of ladders: blocks of three sizes cut from large chunks.
//!
//! A window starts at 128 prices, 512 bytes: a dollar of cents around the touch holds most of what changes in most
//! symbols, and a level anywhere costs a cache line to visit, so that a smaller start would save little.
//! Steps are large, so that what a growing window leaves behind is little, and the next symbol takes it.

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use alloc::vec::Vec;
use core::ptr::NonNull;

use super::Level;

/// Prices in a window, by size class.
pub const WIDTHS: [u16; 3] = [128, 1024, 4096];

/// Widest window whose occupancy bits fit into the ladder itself; wider ones have them behind their levels.
pub const INLINE_BITS: usize = 128;

/// Bytes of a block: its levels, then its occupancy words.
const fn bytes_of(class: usize) -> usize {
    let width = WIDTHS[class] as usize;
    width * size_of::<Level>() + if width > INLINE_BITS { width / 8 } else { 0 }
}

const CHUNK: Layout = match Layout::from_size_align(2 << 20, 2 << 20) {
    Ok(layout) => layout,
    Err(_) => panic!("a chunk is too large"),
};

/// Blocks of every class. Blocks are handed out zeroed, and zero is an empty level.
pub struct Blocks {
    chunks: Vec<NonNull<u8>>,
    /// Bytes handed out of the last chunk.
    cut: usize,
    /// First free block of each class; its first word points to the next.
    free: [*mut u8; WIDTHS.len()],
}

// SAFETY: the chunks are owned here and reachable only through `self` and the ladders that share its life.
unsafe impl Send for Blocks {}

impl Blocks {
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), cut: CHUNK.size(), free: [core::ptr::null_mut(); WIDTHS.len()] }
    }

    /// A zeroed block.
    #[cold]
    pub fn acquire(&mut self, class: usize) -> NonNull<Level> {
        let bytes = bytes_of(class);
        let block = match NonNull::new(self.free[class]) {
            Some(block) => {
                // SAFETY: a free block holds the next one's address in its first word (`release`).
                self.free[class] = unsafe { block.cast::<*mut u8>().read() };
                block
            }
            None => self.cut(bytes),
        };
        // SAFETY: the block is `bytes` long and nobody else's.
        unsafe { block.write_bytes(0, bytes) };
        block.cast()
    }

    fn cut(&mut self, bytes: usize) -> NonNull<u8> {
        if self.cut + bytes > CHUNK.size() {
            // SAFETY: the layout is not empty.
            let chunk = unsafe { alloc(CHUNK) };
            let Some(chunk) = NonNull::new(chunk) else { handle_alloc_error(CHUNK) };
            self.chunks.push(chunk);
            self.cut = 0;
        }
        let chunk = self.chunks[self.chunks.len() - 1];
        // SAFETY: the block ends within the chunk.
        let block = unsafe { chunk.add(self.cut) };
        self.cut += bytes;
        block
    }

    /// Gives a block of this class back.
    ///
    /// # Safety
    /// It came from [`Self::acquire`] with the same class and is not used any more.
    pub unsafe fn release(&mut self, block: NonNull<Level>, class: usize) {
        // SAFETY: a block is larger than a pointer and aligned to at least 64 bytes; the caller has given it up.
        unsafe { block.cast::<*mut u8>().write(self.free[class]) };
        self.free[class] = block.as_ptr().cast();
    }

    pub fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK.size() + self.chunks.capacity() * size_of::<NonNull<u8>>()
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        for chunk in &self.chunks {
            // SAFETY: allocated in `cut` with this layout, given back once.
            unsafe { dealloc(chunk.as_ptr(), CHUNK) };
        }
    }
}
