//! The library's allocator: the system's, with huge pages asked for under everything large.
//!
//! A day's books and an engine's arenas are tens to hundreds of megabytes, visited at random: on 4 KiB pages most visits
//! wait for an address translation besides the line. The crates that own this memory leave the pages to their caller
//! (they also run where there is no operating system); here is that caller. Advice costs one system call for each large
//! block and changes nothing where huge pages are off; a block that is only reserved still takes no memory.
//!
//! It also tells of every block, so that the lab can count those that measured loops ask for.

use std::alloc::{GlobalAlloc, Layout, System};

use hftz_engine::note_allocation as note;

const HUGE_PAGE: usize = 2 << 20;
const SMALL_PAGE: usize = 4 << 10;
/// Smaller blocks would hardly hold a whole huge page.
const LARGE: usize = 2 * HUGE_PAGE;

pub struct Allocator;

#[inline]
fn advise(block: *mut u8, size: usize, align: usize) {
    if size >= LARGE || align >= HUGE_PAGE {
        advise_large(block, size);
    }
}

#[cold]
fn advise_large(block: *mut u8, size: usize) {
    let skipped = block.align_offset(SMALL_PAGE);
    let whole = size.saturating_sub(skipped) & !(SMALL_PAGE - 1);
    if !block.is_null() && whole > 0 {
        // SAFETY: whole pages inside the block, which is ours; the advice does not change what they hold. Its failure means small
        // pages, which work too.
        unsafe { libc::madvise(block.wrapping_add(skipped).cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

// SAFETY: every call is passed on to the system allocator unchanged; advice does not change what memory holds.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promise is passed on.
        let block = unsafe { System.alloc(layout) };
        advise(block, layout.size(), layout.align());
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promise is passed on.
        let block = unsafe { System.alloc_zeroed(layout) };
        advise(block, layout.size(), layout.align());
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the caller's promise is passed on.
        let block = unsafe { System.realloc(block, layout, size) };
        advise(block, size, layout.align());
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_blocks_keep_what_is_written_through_growth() {
        let mut bytes = vec![7u8; LARGE + 1];
        bytes.extend(std::iter::repeat_n(9, 3 * LARGE));
        assert!(bytes[..=LARGE].iter().all(|byte| *byte == 7) && bytes[LARGE + 1..].iter().all(|byte| *byte == 9));
        assert!(vec![0u64; LARGE].iter().all(|word| *word == 0));
    }

    #[test]
    fn a_reserved_block_takes_no_memory_until_it_is_used() {
        let resident = || {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * SMALL_PAGE
        };
        let before = resident();
        let block = Vec::<u8>::with_capacity(1 << 30);
        assert!(resident() < before + (64 << 20));
        drop(block);
    }
}
