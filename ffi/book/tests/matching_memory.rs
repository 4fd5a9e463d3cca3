//! What the matching engine takes from the allocator: nothing after construction, and little for a symbol nobody
//! trades.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[path = "matching/dice.rs"]
mod dice;

use dice::{Dice, RULED};
use hftz_book::matching::{Engine, Settings, Sink};
use hftz_model::{Command, Event, Reason, Side};

/// Counts what this thread asks for.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    // A thread that is ending has no counters any more; nothing is measured then.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
    let _ = BYTES.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: passes everything on to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts reports and what capacity refused.
#[derive(Default)]
struct Tally {
    reports: u64,
    full: u64,
}

impl Sink for Tally {
    fn report(&mut self, event: &Event) {
        self.reports += 1;
        self.full += u64::from(event.reason == Reason::Capacity);
    }
}

fn engine(capacity: u32) -> Engine {
    Engine::new(&Settings { capacity, ..Settings::default() }).unwrap()
}

#[test]
fn no_command_of_any_kind_allocates() {
    let mut tally = Tally::default();
    for capacity in [3, 12, 1000] {
        let mut dice = Dice(u64::from(capacity));
        let mut engine = Engine::new(&Settings { capacity, ..dice.settings() }).unwrap();
        engine.define_symbol(RULED.0, &RULED.1).unwrap();
        let calls = CALLS.get();
        (0..200_000).for_each(|_| engine.apply(&dice.command(), &mut tally));
        assert_eq!(CALLS.get(), calls, "with a capacity of {capacity}");
    }
    assert!(tally.full > 1000, "{} orders met a full engine", tally.full);
}

/// Distinct prices for each order and many symbols: the most levels and windows that orders can need.
fn scattered(at: u32, symbols: u32) -> Command {
    let spread = i64::from(at).wrapping_mul(7919) % 1_000_003;
    let side = if at & 1 == 0 { Side::Buy } else { Side::Sell };
    let price = if side == Side::Buy { 1 + spread } else { 2_000_000 + spread };
    Command::limit(1 + (at % symbols) as u16, side, u64::from(at) + 1, price, 100)
}

#[test]
fn a_full_engine_rejects_whatever_its_orders_are_like_and_never_allocates() {
    const CAPACITY: u32 = 50_000;
    for symbols in [1, 7, 65_535] {
        let mut engine = engine(CAPACITY);
        let mut tally = Tally::default();
        let calls = CALLS.get();
        for at in 0..CAPACITY + 10 {
            let order = scattered(at, symbols);
            let stop = Command::stop_limit(order.symbol, Side::Buy, order.order_id, 1 << 40, order.price, 100);
            // Of three orders one is a stop that is good till a time: an entry in every index there is.
            engine.apply(&if at % 3 == 0 { stop.good_till(9_000_000_000 + u64::from(at)) } else { order }, &mut tally);
        }
        assert_eq!((engine.live_orders(), tally.full), (CAPACITY, 10), "{symbols} symbols");
        assert_eq!(CALLS.get(), calls, "{symbols} symbols");
    }
}

#[test]
fn an_unused_symbol_costs_64_bytes() {
    // The smallest engine is its symbols, a cache line each, and little else: bit sets, and 4,096 cells for all of them.
    let before = BYTES.get();
    let engine = engine(1);
    let held = BYTES.get() - before - 65_536 * 64;
    assert!((0..64 << 10).contains(&held), "{held} bytes beside the symbols' lines");
    drop(engine);
    assert_eq!(BYTES.get(), before, "everything is given back");
}
