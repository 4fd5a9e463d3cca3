//! A million calls of each function cost no memory.

use super::harness::{Drained, Harness};
use hftz::yardstick::{Cancel, Modify, NewOrder, Payload, Tagged, Transport};
use std::ffi::c_void;
use std::ptr;

const CALLS: usize = 1_000_000;
/// A leak of one smallest heap block (32 bytes) a call would be 32 MB.
const MOST_GROWTH_BYTES: usize = 12 << 20;
/// Making an engine maps memory for two million orders: a thousand of them are seconds, and one that stayed would be megabytes.
const ENGINES: usize = 1000;

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Under the address sanitizer, which keeps what is freed for a while, it is the leak check at the end that counts.
fn hammer(name: &str, calls: usize, mut once: impl FnMut()) {
    (0..calls / 10).for_each(|_| once());
    let growths: Vec<usize> = (0..3)
        .map(|_| {
            let before = resident_bytes();
            (0..calls).for_each(|_| once());
            resident_bytes().saturating_sub(before)
        })
        .take_while(|&growth| growth >= MOST_GROWTH_BYTES)
        .collect();
    assert!(growths.len() < 3 || std::env::var_os("ASAN_OPTIONS").is_some(), "{name} grows by {growths:?} bytes");
}

/// Names of the functions that the library exports for the benchmark.
fn exported() -> Vec<&'static str> {
    let source = include_str!("../../src/yardstick/mod.rs");
    source
        .lines()
        .filter(|line| line.starts_with("pub "))
        .filter_map(|line| line.split_once("extern \"C\" fn ")?.1.split('(').next())
        .collect()
}

#[test]
fn a_million_calls_of_each_function_cost_no_memory() {
    let harness = Harness::open();
    let mut left = exported();
    let mut tried = |name: &'static str, calls: usize, once: &mut dyn FnMut()| {
        left.retain(|other| *other != name);
        hammer(name, calls, once);
    };
    let order =
        NewOrder { order_id: 1, sequence_number: 1, price_ticks: 100, quantity: 7, side: 0, ioc: 0, reserved: [0; 2] };
    let cancel = Cancel { order_id: 1, sequence_number: 2 };
    let modify =
        Modify { order_id: 1, sequence_number: 3, new_price_ticks: 101, new_quantity: 5, side: 0, reserved: [0; 3] };
    let tagged = |kind, payload| Tagged { kind, reserved: [0; 7], payload };
    let batch = [tagged(0, Payload { new_order: order }), tagged(2, Payload { modify }), tagged(1, Payload { cancel })];

    harness.with_engine(Drained::Nowhere, || {
        // An order that rests, moves and goes; then those that the book does not have.
        tried("engine_on_new_order", CALLS, &mut || {
            harness.new_order(&order);
            harness.cancel(&cancel);
        });
        tried("engine_on_cancel", CALLS, &mut || harness.cancel(&cancel));
        tried("engine_on_modify", CALLS, &mut || harness.modify(&modify));
        tried("engine_on_batch", CALLS, &mut || harness.batch(&batch));
        tried("engine_flush", CALLS, &mut || harness.flush());
        tried("engine_query_best_bid", CALLS, &mut || assert_eq!(harness.best_bid(), i64::MIN));
        tried("engine_query_best_ask", CALLS, &mut || assert_eq!(harness.best_ask(), i64::MAX));
        tried("engine_query_depth_at", CALLS, &mut || assert_eq!(harness.depth_at(100, 0), 0));
        tried("hftz_isa", CALLS, &mut || assert_ne!(harness.isa(), 0));
    });
    let transport: extern "C" fn() -> *const Transport = harness.function("engine_get_transport");
    tried("engine_get_transport", CALLS, &mut || assert!(!transport().is_null()));
    let shutdown: extern "C" fn() = harness.function("engine_shutdown");
    tried("engine_shutdown", CALLS, &mut || shutdown());
    let init: unsafe extern "C" fn(u64, *const Transport, *mut c_void) = harness.function("engine_init");
    // SAFETY: no transport, and so nothing that a sink would have to outlive.
    tried("engine_init", ENGINES, &mut || unsafe { init(0, ptr::null(), ptr::null_mut()) });
    shutdown();
    assert_eq!(left, Vec::<&str>::new(), "every function has been tried");
}
