//! A pipeline in full flow asks for no memory.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use hftz_clock::{Manual, Scale};
use hftz_hist::Layout;
use hftz_ring::{Counter, spsc};
use hftz_velox::book::Book;
use hftz_velox::stage::{BookStage, BundleStage, Ingress, Load, Meters, Output, Stage};
use hftz_velox::{Arrivals, BundleBuilder, Pattern, Traffic, intervals};
use std::alloc::{GlobalAlloc, Layout as Place, System};
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    /// Of this thread: the test harness has threads of its own.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, place: Place) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(place) }
    }

    unsafe fn dealloc(&self, at: *mut u8, place: Place) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, place) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_hundred_thousand_transactions_pass_without_an_allocation() {
    let (clock, scale) = (&Manual::new(0), Scale::NANOSECONDS);
    let (a_in, a_out) = spsc::channel(1024).unwrap();
    let (b_in, b_out) = spsc::channel(1024).unwrap();
    let (c_in, c_out) = spsc::channel(1024).unwrap();
    let (meters, sizes) = (Arc::new(Meters::default()), Arc::new(std::array::from_fn(|_| Counter::new())));
    let (recorder, mut end) = intervals(Layout::LATENCY, 0, 100_000_000).unwrap();
    let load = Load {
        arrivals: Arrivals::new(Pattern::Poisson, 1e5, None, scale, 0, 1),
        traffic: Traffic::new(10_000, 2),
        until: u64::MAX / 2,
    };
    let m = || Arc::clone(&meters);
    let mut stages: [Box<dyn Stage>; 4] = [
        Box::new(Ingress::new(clock, scale, load, a_in, m(), Arc::default())),
        Box::new(BookStage::new(clock, scale, Arc::new(Book::around(10_000)), a_out, b_in, m())),
        Box::new(BundleStage::new(clock, scale, BundleBuilder::new(16, 100_000), b_out, c_in, m())),
        Box::new(Output::new(clock, scale, c_out, recorder, sizes, m())),
    ];
    let before = ALLOCATIONS.get();
    let mut intervals = 0;
    while meters.out.get() < 100_000 {
        for stage in &mut stages {
            stage.step();
        }
        if let Some(interval) = end.take() {
            intervals += 1;
            end.give_back(interval.histogram);
        }
        clock.advance(2_000);
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
    assert!(intervals >= 8, "histograms changed hands meanwhile: {intervals}");
}
