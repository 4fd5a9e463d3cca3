//! The public matching-engine benchmark's ABI, used as a foreign harness uses it: the built library is opened by path, its
//! functions are found by name, reports are drained by a second thread.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod builds;
mod edge_cases;
mod harness;
mod memory;

use harness::{Drained, Harness, text};
use hftz::yardstick::{Cancel, Modify, NewOrder};
use hftz_book::matching::{Engine, Settings};
use hftz_lab::matching::reports::Translator;
use hftz_lab::matching::workload::{ORDERS, Order, SCENARIOS, SEED, generate};
use sha2::{Digest, Sha256};

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_reports_of_all_five_scenarios_are_the_published_ones() {
    let harness = Harness::open();
    for scenario in &SCENARIOS {
        let messages = generate(scenario, ORDERS, SEED, Order::Published);
        assert_eq!(messages.len(), 1_996_097);
        let reports = harness.run(&messages, Drained::ByThread { batch: 64 });
        let trades = reports.iter().filter(|report| report.kind == 1).count() as u64;
        assert_eq!(trades, scenario.trades, "{}", scenario.name);
        assert_eq!(sha256(&text(reports)), scenario.sha256, "{}", scenario.name);
    }
}

#[test]
fn the_variants_give_what_the_engine_gives_without_the_abi() {
    let harness = Harness::open();
    for order in [Order::Interleaved, Order::RandomAge] {
        let messages = generate(&SCENARIOS[0], 100_000, SEED, order);
        let mut engine = Engine::new(&Settings::default()).unwrap();
        let mut direct = Translator::new(messages.len());
        for message in &messages {
            engine.apply(&message.command(), &mut direct);
            direct.complete();
        }
        let reports = harness.run(&messages, Drained::ByThread { batch: 1 });
        assert_eq!(reports.iter().filter(|report| report.kind == 1).count() as u64, direct.trades, "{order:?}");
        assert_eq!(reports.len() as u64, direct.lines, "{order:?}");
        assert!(text(reports) == direct.text, "{order:?}");
    }
}

#[test]
fn a_transport_that_is_full_again_and_again_loses_no_report() {
    let harness = Harness::open();
    let messages = generate(&SCENARIOS[1], 20_000, SEED, Order::Published);
    let by_thread = harness.run(&messages, Drained::ByThread { batch: 1 });
    assert_eq!(harness.run(&messages, Drained::Reluctantly), by_thread);
}

#[test]
fn queries_answer_for_an_empty_a_filled_and_an_absent_book() {
    let harness = Harness::open();
    let ask = || (harness.best_bid(), harness.best_ask());
    assert_eq!(ask(), (i64::MIN, i64::MAX), "without an engine");
    harness.with_engine(Drained::Nowhere, || {
        assert_eq!(ask(), (i64::MIN, i64::MAX), "an empty book");
        let order = |order_id, side, price_ticks| NewOrder {
            order_id,
            sequence_number: order_id,
            price_ticks,
            quantity: u32::MAX,
            side,
            ioc: 0,
            reserved: [0; 2],
        };
        harness.new_order(&order(1, 0, 99));
        harness.new_order(&order(2, 0, 99));
        harness.new_order(&order(3, 1, 101));
        harness.new_order(&order(4, 2, 100));
        assert_eq!(ask(), (99, 101));
        assert_eq!(harness.depth_at(99, 0), 2 * u64::from(u32::MAX));
        assert_eq!([harness.depth_at(99, 1), harness.depth_at(99, 2)], [0, 0], "the other side, and none");
        harness.cancel(&Cancel { order_id: 1, sequence_number: 5 });
        let modify = Modify {
            order_id: 3,
            sequence_number: 6,
            new_price_ticks: 105,
            new_quantity: 7,
            side: 1,
            reserved: [0; 3],
        };
        harness.modify(&modify);
        assert_eq!((harness.depth_at(99, 0), harness.depth_at(105, 1)), (u64::from(u32::MAX), 7));
    });
    assert_eq!(ask(), (i64::MIN, i64::MAX), "after the shutdown");
}
