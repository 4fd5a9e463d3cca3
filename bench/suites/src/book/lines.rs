//! What one cache line costs: independent random reads over as much memory as the books hold.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::hint::black_box;

use hftz_lab::book::day::Random;
use hftz_lab::rounds::nanoseconds_each;

use crate::memory;

const LINE: usize = 64;
const VISITS: u64 = 200_000;

/// A block of lines.
pub struct Lines {
    block: *mut u8,
    layout: Layout,
}

impl Lines {
    /// About `bytes`, on huge pages if asked and available.
    pub fn new(bytes: usize, huge: bool) -> Self {
        let pages = bytes.div_ceil(2 << 20).max(1);
        let Ok(layout) = Layout::from_size_align(pages << 21, 2 << 20) else { handle_alloc_error(Layout::new::<u8>()) };
        memory::ask_for_huge_pages(huge);
        // SAFETY: the layout is at least one page.
        let block = unsafe { alloc_zeroed(layout) };
        memory::ask_for_huge_pages(false);
        if block.is_null() {
            handle_alloc_error(layout);
        }
        Self { block, layout }
    }

    /// Nanoseconds for one line: reads that do not wait for each other, so the processor overlaps them as it can.
    pub fn visit(&self) -> f64 {
        let lines = (self.layout.size() / LINE) as u64;
        let mut random = Random(7);
        let mut sum = 0u64;
        let cost = nanoseconds_each(VISITS, || {
            for _ in 0..VISITS {
                let line = random.below(lines) as usize;
                // SAFETY: the line is inside the block, which is initialised.
                sum += u64::from(unsafe { self.block.add(line * LINE).read() });
            }
        });
        black_box(sum);
        cost
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.block, self.layout) };
    }
}
