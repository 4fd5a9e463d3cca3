//! Appending asks the allocator for nothing, over segments and commit marks too.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{Durability, Journal, Options};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use support::{Scratch, every_way};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn appending_does_not_allocate_or_free() {
    for options in every_way() {
        let scratch = Scratch::new("allocation");
        let mut journal = Journal::create(&scratch.journal(), &options, b"").unwrap();
        let payload = [7; 64];
        let before = COUNT.with(Cell::get);
        for _ in 0..20_000 {
            journal.append(1, &payload).unwrap();
            journal.append_pair(2, &payload[..32], &payload[..9]).unwrap();
            journal.tick();
        }
        assert_eq!(COUNT.with(Cell::get), before, "{options:?}");
        let counters = journal.close().unwrap().counters;
        assert!(counters.segments > 20);
        assert!(options.durability == Durability::None || counters.marks > 0);
    }
}

#[test]
fn a_refused_append_does_not_allocate_either() {
    let scratch = Scratch::new("refusal");
    let mut journal = Journal::create(&scratch.journal(), &Options::default(), b"").unwrap();
    let before = COUNT.with(Cell::get);
    assert!(journal.append(0xFF, b"").is_err());
    assert_eq!(COUNT.with(Cell::get), before);
}
