//! The system allocator, counting, and asking for huge pages when told to.
//!
//! Books leave huge pages to their caller: their chunks are 2 MiB, aligned, and come from the global allocator. This is
//! what such a caller looks like.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

/// The allocator of the benchmark.
pub struct Allocator;

static LIVE: AtomicI64 = AtomicI64::new(0);
static HUGE: AtomicBool = AtomicBool::new(false);

const HUGE_PAGE: usize = 2 << 20;

/// Bytes allocated now.
pub fn live_bytes() -> i64 {
    LIVE.load(Relaxed)
}

/// From now on, allocations that are whole huge pages ask to be backed by them, or not to be.
pub fn ask_for_huge_pages(on: bool) {
    HUGE.store(on, Relaxed);
}

/// Bytes of this process that huge pages back, as the kernel counts them.
pub fn huge_page_bytes() -> u64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("AnonHugePages:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or(0) << 10
}

// SAFETY: every call is passed on to the system allocator unchanged; advice changes no memory that holds anything.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: the caller's promise is passed on.
        let block = unsafe { System.alloc(layout) };
        if layout.align() >= HUGE_PAGE && !block.is_null() {
            // What an earlier owner of this memory left there would stay on the pages it had.
            let wish = if HUGE.load(Relaxed) { libc::MADV_HUGEPAGE } else { libc::MADV_NOHUGEPAGE };
            for advice in [libc::MADV_DONTNEED, wish] {
                // SAFETY: the range is the block just allocated, which holds nothing yet; failure means other pages.
                unsafe { libc::madvise(block.cast(), layout.size(), advice) };
            }
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_add(size as i64 - layout.size() as i64, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(block, layout, size) }
    }
}
