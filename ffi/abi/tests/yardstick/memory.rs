//! A million calls of each function cost no memory.

use super::harness::Harness;
use hftz::yardstick::{Cancel, Modify, NewOrder, Payload, Tagged, Transport};
use std::ffi::c_void;
use std::ptr;

const CALLS: usize = 1_000_000;
/// A leak of one smallest heap block (32 bytes) a call would be 32 MB.
const MOST_GROWTH_BYTES: usize = 12 << 20;
/// Making an engine maps far more than that each time, and takes its time.
const ENGINES: usize = 20;

type Init = unsafe extern "C" fn(u64, *const Transport, *mut c_void);
type On<M> = unsafe extern "C" fn(*const M);

/// Of this process, in pages: all it has mapped, and what of it has memory behind it.
fn pages() -> [usize; 2] {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let mut fields = statm.split(' ').map(|field| field.parse().unwrap());
    [fields.next().unwrap(), fields.next().unwrap()]
}

/// One round of three that stays within bounds is proof: a leak grows in each.
fn hammer(name: &str, calls: usize, mut once: impl FnMut()) {
    (0..calls / 10).for_each(|_| once());
    let growths: Vec<usize> = (0..3)
        .map(|_| {
            let before = pages();
            (0..calls).for_each(|_| once());
            let after = pages();
            // Allocators map ahead, so of many calls what they use tells; of few that map much, what they map.
            let kind = usize::from(calls == CALLS);
            after[kind].saturating_sub(before[kind]) * 4096
        })
        .take_while(|&growth| growth >= MOST_GROWTH_BYTES)
        .collect();
    assert!(growths.len() < 3, "{name} grows by {growths:?} bytes");
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

    let (init, shutdown): (Init, extern "C" fn()) =
        (harness.function("engine_init"), harness.function("engine_shutdown"));
    // SAFETY: no transport, and so nothing that a sink would have to outlive.
    tried("engine_init", ENGINES, &mut || unsafe { init(0, ptr::null(), ptr::null_mut()) });

    let on_new: On<NewOrder> = harness.function("engine_on_new_order");
    let on_cancel: On<Cancel> = harness.function("engine_on_cancel");
    let on_modify: On<Modify> = harness.function("engine_on_modify");
    let on_batch: unsafe extern "C" fn(*const Tagged, u32) = harness.function("engine_on_batch");
    // SAFETY: references are readable. An order that rests, moves and goes; then those that the book does not have.
    unsafe {
        tried("engine_on_new_order", CALLS, &mut || {
            on_new(&order);
            on_cancel(&cancel);
        });
        tried("engine_on_cancel", CALLS, &mut || on_cancel(&cancel));
        tried("engine_on_modify", CALLS, &mut || on_modify(&modify));
        tried("engine_on_batch", CALLS, &mut || on_batch(batch.as_ptr(), 3));
    }
    for (name, missing) in [("engine_query_best_bid", i64::MIN), ("engine_query_best_ask", i64::MAX)] {
        let query: extern "C" fn() -> i64 = harness.function(name);
        tried(name, CALLS, &mut || assert_eq!(query(), missing));
    }
    let depth_at: extern "C" fn(i64, u8) -> u64 = harness.function("engine_query_depth_at");
    tried("engine_query_depth_at", CALLS, &mut || assert_eq!(depth_at(100, 0), 0));
    let flush: extern "C" fn() = harness.function("engine_flush");
    tried("engine_flush", CALLS, &mut || flush());
    let isa: extern "C" fn() -> u32 = harness.function("hftz_isa");
    tried("hftz_isa", CALLS, &mut || assert_ne!(isa(), 0));
    let transport: extern "C" fn() -> *const Transport = harness.function("engine_get_transport");
    tried("engine_get_transport", CALLS, &mut || assert!(!transport().is_null()));
    tried("engine_shutdown", CALLS, &mut || shutdown());
    assert_eq!(left, Vec::<&str>::new(), "every function has been tried");
}
