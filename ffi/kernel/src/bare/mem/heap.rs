//! `kmalloc` and `kfree`: the library's heap as the global allocator, with frames mapped under it as it grows.

use super::{demand, layout, phys, vmm};
use core::alloc::{GlobalAlloc, Layout};
use hftz_kernel::mem::heap::{CHUNK, Chunk, Usage};
use hftz_kernel::mem::pressure::Level;
use hftz_kernel::mem::regions::Policy;
use hftz_kernel::mem::{FreeMap, Heap, Rights, heap};
use hftz_kernel::sync::Spin;

const PAGES: u64 = CHUNK as u64 / 4096;

/// Puts frames under chunks of the heap's window.
struct Window;

impl heap::Backing for Window {
    fn commit(&mut self, first: usize, count: usize) -> bool {
        vmm::map_fresh(layout::HEAP + (first * CHUNK) as u64, count as u64 * PAGES, Rights::DATA)
    }
    fn release(&mut self, chunk: usize) {
        vmm::unmap_free(layout::HEAP + (chunk * CHUNK) as u64, PAGES);
    }
}

struct Kernel(Spin<Option<Heap<'static, Window>>>);

#[global_allocator]
static KERNEL: Kernel = Kernel(Spin::new(None));

/// Starts the heap: room for all memory, pages under it as it is used. `false` when it could not.
pub fn start() -> bool {
    let chunks = phys::frames().total() / PAGES as usize;
    let table = chunks * size_of::<Chunk>();
    let words = FreeMap::storage(chunks);
    let bytes = (table.next_multiple_of(4096) + words * 8).next_multiple_of(4096);
    if demand::add(layout::HEAP_TABLE, bytes as u64, Policy::Demand(Rights::DATA)).is_err() {
        return false;
    }
    // SAFETY: the region appears zeroed when touched, which is `Chunk::EMPTY` and a valid `u64`; aligned to pages;
    // nobody else knows of it.
    let heap = unsafe {
        let words_at = layout::HEAP_TABLE + table.next_multiple_of(4096) as u64;
        let chunks = core::slice::from_raw_parts_mut(layout::HEAP_TABLE as *mut Chunk, chunks);
        Heap::new(chunks, core::slice::from_raw_parts_mut(words_at as *mut u64, words), Window)
    };
    let started = heap.is_some();
    *KERNEL.0.lock() = heap;
    started
        && phys::on_pressure(|level: Level| {
            trim();
            if level == Level::Critical {
                crate::cpu::percpu::with_frames(|list| phys::frames().drain(list, usize::MAX));
            }
        })
}

/// Gives the memory under empty chunks back; how many chunks.
pub fn trim() -> usize {
    KERNEL.0.lock().as_mut().map_or(0, Heap::trim)
}

pub fn usage() -> Usage {
    KERNEL.0.lock().as_ref().map_or(Usage::default(), Heap::usage)
}

/// Allocates; null when memory is out - after whoever can give some back was asked - or when the heap has not started.
pub fn kmalloc(size: usize, align: usize) -> *mut u8 {
    let allocate = || KERNEL.0.lock().as_mut().and_then(|heap| heap.alloc(size, align));
    let first = allocate();
    if first.is_none() || size > CHUNK / 2 {
        phys::relieve();
    }
    match first.or_else(allocate) {
        Some(offset) => (layout::HEAP + offset as u64) as *mut u8,
        None => core::ptr::null_mut(),
    }
}

/// Frees a block of this size and alignment. Freeing what is not such a block is a bug of the caller and a panic.
pub fn kfree(block: *mut u8, size: usize, align: usize) {
    let offset = (block as u64).wrapping_sub(layout::HEAP) as usize;
    // The lock is gone before the judgement: a panic must not leave it held.
    let freed = KERNEL.0.lock().as_mut().map(|heap| heap.free(offset, size, align));
    match freed {
        Some(Ok(())) => {}
        Some(Err(error)) => panic!("kfree({block:p}, {size}): {error:?}"),
        None => panic!("kfree({block:p}, {size}) before the heap started"),
    }
}

// SAFETY: blocks are aligned and disjoint (the library's property tests), with memory under them from commit to
// release.
unsafe impl GlobalAlloc for Kernel {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        kmalloc(layout.size(), layout.align())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        kfree(block, layout.size(), layout.align());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if Heap::<Window>::fits(layout.size(), size, layout.align()) {
            return block;
        }
        let moved = kmalloc(size, layout.align());
        if !moved.is_null() {
            // SAFETY: both blocks hold at least the smaller size, and they are different blocks.
            unsafe { core::ptr::copy_nonoverlapping(block, moved, layout.size().min(size)) };
            kfree(block, layout.size(), layout.align());
        }
        moved
    }
}
