//! What the books take from the allocator: nothing once the working set is reached, and few bytes for each order.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use hftz_book::replica::Books;
use hftz_model::Delta;

/// Counts what this thread asks for.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    // A thread that is ending has no counters any more; nothing is measured then.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + u64::from(bytes > 0)));
    let _ = BYTES.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: passes everything on to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Zero-intelligence flow without matching: limit orders within 100 ticks of the opposite touch, denser near it, and
/// cancels of uniformly random age, around a constant number of live orders.
struct Flow {
    state: u64,
    live: Vec<(u64, u16)>,
    next: u64,
    symbols: u64,
}

impl Flow {
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.state >> 32) * bound) >> 32
    }

    fn add(&mut self) -> Delta {
        let locate = 1 + self.below(self.symbols) as u16;
        let code = if self.below(2) == 0 { b'B' } else { b'S' };
        let ask = 500_000 + u32::from(locate) * 300;
        let distance = (100.0 * (self.below(1 << 24) as f64 / (1 << 24) as f64).powf(2.08)) as u32 * 100;
        let price = if code == b'B' { ask - 100 - distance } else { ask + distance };
        self.next += 1 + self.below(5);
        self.live.push((self.next, locate));
        Delta { kind: b'A', reference: self.next, locate, code, price, shares: 100, ..Delta::default() }
    }

    fn churn(&mut self, target: usize) -> Delta {
        let draw = self.below(2 * target as u64) as usize;
        if draw >= self.live.len() {
            return self.add();
        }
        let at = self.below(self.live.len() as u64) as usize;
        let (reference, locate) = self.live[at];
        let base = Delta { reference, locate, ..Delta::default() };
        match self.below(10) {
            0 => Delta { kind: b'X', shares: 1, ..base },
            1 => {
                let Delta { reference: other, .. } = self.add();
                self.live.pop();
                self.live[at].0 = other;
                Delta { kind: b'U', other, price: 500_000 + u32::from(locate) * 300, shares: 7, ..base }
            }
            _ => {
                self.live.swap_remove(at);
                Delta { kind: b'D', ..base }
            }
        }
    }
}

#[test]
fn the_second_half_of_a_run_allocates_nothing() {
    let mut flow = Flow { state: 1, live: Vec::new(), next: 0, symbols: 300 };
    let deltas: Vec<Delta> = (0..600_000).map(|_| flow.churn(20_000)).collect();
    let mut books = Books::new();
    let (first, second) = deltas.split_at(deltas.len() / 2);
    for batch in first.chunks(128) {
        books.apply_batch(batch, &mut ());
    }
    let (calls, bytes) = (CALLS.get(), BYTES.get());
    for batch in second.chunks(128) {
        books.apply_batch(batch, &mut ());
    }
    assert_eq!((CALLS.get(), BYTES.get()), (calls, bytes));
    assert!(books.live() > 15_000, "the flow is stationary: {}", books.live());
}

#[test]
fn a_live_order_costs_at_most_96_bytes_when_a_million_are_live() {
    let mut flow = Flow { state: 2, live: Vec::new(), next: 0, symbols: 8_000 };
    let mut deltas: Vec<Delta> = (0..1_000_000).map(|_| flow.add()).collect();
    deltas.extend((0..200_000).map(|_| flow.churn(1_000_000)));
    let before = BYTES.get();
    let mut books = Books::new();
    for batch in deltas.chunks(128) {
        books.apply_batch(batch, &mut ());
    }
    let held = BYTES.get() - before;
    assert!(books.peak_live() >= 1_000_000);
    assert_eq!(books.memory_bytes(), held as u64, "what the books say of themselves");
    let each = held as f64 / books.peak_live() as f64;
    assert!(each <= 96.0, "{each} bytes a live order");
    assert_eq!(books.anomalies().total(), 0);
}

#[test]
fn the_highest_locate_costs_no_more_than_any_other() {
    let before = BYTES.get();
    let mut books = Books::new();
    let add = Delta { kind: b'A', locate: u16::MAX, reference: 1, code: b'B', shares: 1, price: 1, ..Delta::default() };
    books.apply_batch(&[add], &mut ());
    let held = BYTES.get() - before;
    assert!(held < 7 << 20, "{held} bytes");
    drop(books);
    assert_eq!(BYTES.get(), before, "everything is given back");
}
