//! No suite's measured loop asks for memory.
#![allow(clippy::unwrap_used)]

use hftz_lab::{Options, SUITES};
use hftz_velox::host::allocations;
use std::alloc::{GlobalAlloc, Layout, System};

struct Telling;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Telling {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocations::note();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        allocations::note();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Telling = Telling;

/// As little as a suite can do; each takes what it knows.
const LEAST: &[(&str, u64)] = &[
    ("rounds", 1),
    ("readings", 1_000),
    ("milliseconds", 200),
    ("items", 20_000),
    ("trips", 1_000),
    ("messages", 100_000),
    ("live", 10_000),
    ("symbols", 100),
    ("rate", 20_000),
];

/// One test, because the count is of the whole program.
#[test]
fn no_measured_loop_of_any_suite_allocates_and_one_that_does_is_counted() {
    let before = allocations::found().unwrap();
    allocations::counted(|| drop(std::hint::black_box(vec![1_u8; 100])));
    drop(std::hint::black_box(vec![1_u8; 100]));
    assert_eq!(allocations::found(), Some(before + 1), "inside counts, outside does not");
    // The journal and the engine take long and have such tests of their own: hftz-journal, tests/allocation.rs; hftz-book,
    // tests/matching_memory.rs.
    for suite in SUITES.iter().filter(|suite| !["journal", "match"].contains(&suite.name)) {
        let before = allocations::found().unwrap();
        let options = Options::new(LEAST.iter().map(|(name, number)| ((*name).to_owned(), *number)), &|| false);
        (suite.run)(&options).unwrap();
        assert_eq!(allocations::found().unwrap() - before, 0, "{}", suite.name);
    }
}
