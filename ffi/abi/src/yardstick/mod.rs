//! The C ABI of the public matching-engine benchmark, on the same engine as everything else: whoever has that harness
//! can load this library and check it.
//!
//! The benchmark's book is symbol 1; a modify is a replace that always goes to the tail. It holds one engine for the
//! whole process, as the ABI has it: [`engine_init`] makes it, [`engine_shutdown`] frees it, calls in between come from
//! one thread at a time. Without an engine, or after a defect in one, calls do nothing.
//!
//! Source: `flash1-dev/matching-engine-benchmark`, arXiv 2606.01183.

mod message;
mod report;
mod transport;

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use hftz_book::matching::{Engine, Settings};
use hftz_model::Side;

pub use message::{Cancel, Modify, NewOrder, Payload, Tagged};
pub use report::Report;
pub use transport::Transport;

use message::{SYMBOL, side_of};
use report::Desk;
use transport::Outlet;

/// Twice what the published workload has in orders; pages that no order needs are never touched.
const CAPACITY: u32 = 1 << 21;

struct Yardstick {
    engine: Engine,
    desk: Desk,
}

static CURRENT: AtomicPtr<Yardstick> = AtomicPtr::new(ptr::null_mut());

/// Lends the engine to `work`; `missing` when there is none.
#[inline]
fn with<T: Copy>(missing: T, work: impl FnOnce(&mut Yardstick) -> T) -> T {
    let yardstick = CURRENT.load(Ordering::Acquire);
    if yardstick.is_null() {
        return missing;
    }
    let done = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: it came out of a box in `engine_init` and is freed only when it is not current any more; the ABI has its
        // calls come from one thread at a time, and no call of ours comes back into this function.
        work(unsafe { &mut *yardstick })
    }));
    // An engine that panicked may be in any state: it is left behind and never used again.
    done.unwrap_or_else(|_| {
        CURRENT.store(ptr::null_mut(), Ordering::Release);
        missing
    })
}

/// Makes the engine, in place of one there is, with reports going to `sink` by `transport` (nowhere when that is null).
/// The nonce changes nothing: the engine has no hidden state to vary.
///
/// # Safety
/// `transport` must be null or point to a transport whose functions may be called with `sink` until [`engine_shutdown`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_init(_nonce: u64, transport: *const Transport, sink: *mut c_void) {
    engine_shutdown();
    // SAFETY: not null as `as_ref` sees it; the caller vouches for the rest.
    let outlet = unsafe { Outlet::new(transport.as_ref().copied(), sink) };
    let made = catch_unwind(|| {
        // The ABI has no word for a variable that asks for what there is not: the plain build runs everywhere.
        let isa = hftz_isa::chosen().unwrap_or_default();
        let engine = Engine::new(&Settings { capacity: CAPACITY, ..Settings::default() }).ok()?;
        Some(engine.run_on(isa))
    });
    if let Ok(Some(engine)) = made {
        let yardstick = Box::new(Yardstick { engine, desk: Desk::new(outlet) });
        CURRENT.store(Box::into_raw(yardstick), Ordering::Release);
    }
}

/// Which build of the engine [`engine_init`] would take now: 3 for x86-64-v3, 2 for x86-64-v2, 0 when `HFTZ_ISA` asks for what
/// there is not. No part of the benchmark's ABI.
#[unsafe(no_mangle)]
pub extern "C" fn hftz_isa() -> u32 {
    match hftz_isa::chosen() {
        Ok(Some(_)) => 3,
        Ok(None) => 2,
        Err(_) => 0,
    }
}

/// Frees the engine.
#[unsafe(no_mangle)]
pub extern "C" fn engine_shutdown() {
    let yardstick = CURRENT.swap(ptr::null_mut(), Ordering::AcqRel);
    if !yardstick.is_null() {
        // SAFETY: it came out of a box in `engine_init`, and the swap gave it to this call alone.
        drop(unsafe { Box::from_raw(yardstick) });
    }
}

/// # Safety
/// `order` must be null or point to a readable order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_new_order(order: *const NewOrder) {
    // SAFETY: passed on from this function's own contract.
    if let Some(order) = unsafe { order.as_ref() } {
        with((), |y| y.desk.trade(&mut y.engine, order));
    }
}

/// # Safety
/// `cancel` must be null or point to a readable cancel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_cancel(cancel: *const Cancel) {
    // SAFETY: passed on from this function's own contract.
    if let Some(cancel) = unsafe { cancel.as_ref() } {
        with((), |y| y.desk.trade(&mut y.engine, cancel));
    }
}

/// # Safety
/// `modify` must be null or point to a readable modify.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_modify(modify: *const Modify) {
    // SAFETY: passed on from this function's own contract.
    if let Some(modify) = unsafe { modify.as_ref() } {
        with((), |y| y.desk.trade(&mut y.engine, modify));
    }
}

/// As if each message came alone, in order. A type that the ABI does not know is skipped.
///
/// # Safety
/// `messages` must be null or point to `count` readable messages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_batch(messages: *const Tagged, count: u32) {
    if messages.is_null() || !messages.is_aligned() {
        return;
    }
    // SAFETY: not null, aligned, and the caller vouches for `count` messages.
    let messages = unsafe { std::slice::from_raw_parts(messages, count as usize) };
    with((), |y| y.desk.trade_all(&mut y.engine, messages));
}

/// Every report so far is on its way.
#[unsafe(no_mangle)]
pub extern "C" fn engine_flush() {
    with((), |y| y.desk.flush());
}

/// The best bid in ticks, `INT64_MIN` without one.
#[unsafe(no_mangle)]
pub extern "C" fn engine_query_best_bid() -> i64 {
    with(i64::MIN, |y| y.engine.best_bid(SYMBOL).unwrap_or(i64::MIN))
}

/// The best ask in ticks, `INT64_MAX` without one.
#[unsafe(no_mangle)]
pub extern "C" fn engine_query_best_ask() -> i64 {
    with(i64::MAX, |y| y.engine.best_ask(SYMBOL).unwrap_or(i64::MAX))
}

/// Shares open at a price of a side (0 buy, 1 sell).
#[unsafe(no_mangle)]
pub extern "C" fn engine_query_depth_at(price: i64, side: u8) -> u64 {
    let Some(side) = Side::from_byte(side_of(side)) else { return 0 };
    with(0, |y| y.engine.depth_at(SYMBOL, side, price))
}

/// The transport that this library brings: a ring between two threads.
#[unsafe(no_mangle)]
pub extern "C" fn engine_get_transport() -> *const Transport {
    &raw const transport::RING
}
