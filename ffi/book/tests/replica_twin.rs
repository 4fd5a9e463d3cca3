//! The fast books against the naive ones: the same messages, the same everything.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod naive;
mod support;

use hftz_book::replica::{Anomaly, Books, OnAnomaly};
use hftz_model::{Delta, Side};
use naive::NaiveBooks;
use proptest::prelude::*;
use support::{Flow, Listener, PRICES, Random};

/// Every query of both answers alike.
fn assert_same(fast: &Books, slow: &NaiveBooks) {
    assert_eq!(fast.live(), slow.live());
    assert_eq!(fast.peak_live(), slow.peak_live());
    for kind in Anomaly::ALL {
        assert_eq!(fast.anomalies().get(kind), slow.anomalies[kind as usize], "{}", kind.name());
    }
    assert_eq!(fast.crossings().locked, slow.locked);
    assert_eq!(fast.crossings().crossed, slow.crossed);
    let locates: Vec<u16> = slow.locates().collect();
    let (queues, mut all) = (fast.queues(), Vec::new());
    assert_eq!(fast.locates().collect::<Vec<_>>(), locates);
    for locate in locates {
        assert_eq!(fast.top(locate), slow.top(locate));
        for side in [Side::Buy, Side::Sell] {
            let levels: Vec<_> = slow.levels(locate, side).collect();
            assert_eq!(fast.levels(locate, side).collect::<Vec<_>>(), levels);
            for level in levels {
                let orders: Vec<_> = slow.orders(locate, side, level.price).collect();
                assert_eq!(queues.level(locate, side, level.price).collect::<Vec<_>>(), orders);
                for order in &orders {
                    assert_eq!(fast.order(order.reference), Some(*order));
                }
                all.extend(orders);
            }
        }
    }
    assert_eq!(queues.iter().collect::<Vec<_>>(), all);
    for locate in 0..5 {
        assert_eq!(fast.trading_state(locate), slow.trading_state(locate));
    }
    assert_eq!(fast.hash(), slow.hash());
}

/// Applies a flow to fast books in batches and singly and to naive ones; all three must be the same throughout. Returns how many
/// orders were live at once.
fn drive(deltas: &[Delta], policy: OnAnomaly, batch: usize) -> u64 {
    let (mut batched, mut single) = (Books::with_policy(policy), Books::with_policy(policy));
    let mut slow = NaiveBooks::with_policy(policy);
    let mut heard: [Listener; 3] = Default::default();
    for part in deltas.chunks(batch) {
        let by_batch = batched.apply_batch(part, &mut heard[0]);
        let by_one = single.apply_each(part, &mut heard[1]);
        let by_hand = part.iter().position(|delta| !slow.apply(delta, &mut heard[2])).unwrap_or(part.len());
        assert_eq!((by_batch, by_one), (by_hand, by_hand));
        assert_eq!(heard[0].0, heard[2].0);
        assert_eq!(heard[1].0, heard[2].0);
        heard.iter_mut().for_each(|listener| listener.0.clear());
        if by_hand < part.len() {
            break;
        }
    }
    assert_same(&batched, &slow);
    assert_same(&single, &slow);
    slow.peak_live()
}

/// References that all belong into the first bucket of a table of 1024, whose order numbers in a row go to buckets in a
/// row from a random one on ([`hftz_book::replica`]'s table of orders).
fn crowded_reference(number: u64) -> u64 {
    number << 10 | number.wrapping_mul(0x9e37_79b9_7f4a_7c15).swap_bytes() & 1023
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_flow_leaves_the_same_books_as_the_naive_twin(
        seed in any::<u64>(),
        symbols in prop_oneof![1u64..4, 1u64..60_000],
        target in prop_oneof![1usize..30, 100usize..600, 2000usize..4000],
        prices in prop::sample::select(PRICES.to_vec()),
        odd in prop_oneof![Just(0u64), 2u64..40],
        policy in prop::sample::select(vec![OnAnomaly::Count, OnAnomaly::Skip, OnAnomaly::Stop]),
        batch in 1usize..300,
        length in 0usize..5000,
    ) {
        let mut flow = Flow::new(seed, symbols, target, prices, odd);
        let deltas: Vec<Delta> = (0..length).map(|_| flow.message()).collect();
        drive(&deltas, policy, batch);
    }

    #[test]
    fn any_bytes_at_all_leave_the_same_books_as_the_naive_twin(
        seed in any::<u64>(),
        batch in 1usize..100,
        crowded in any::<bool>(),
    ) {
        let mut random = Random(seed);
        let reference = |number: u64| if crowded { crowded_reference(number) } else { number };
        let deltas: Vec<Delta> = (0..800).map(|at| Delta {
            kind: b"AAAFECXDDUUPQHz\0"[random.below(16) as usize],
            reference: reference(random.below(40)),
            other: reference(random.below(40)),
            locate: random.below(3) as u16,
            price: [0, 1, 99, 100, 101, u32::MAX, u32::MAX - 100, 10_000][random.below(8) as usize],
            shares: [0, 1, 2, 100, u32::MAX][random.below(5) as usize],
            code: b"BBBSSST?"[random.below(8) as usize],
            offset: at,
            ..Delta::default()
        }).collect();
        drive(&deltas, OnAnomaly::Count, batch);
    }
}

#[test]
fn a_long_run_agrees_at_every_checkpoint() {
    for (seed, prices) in PRICES.into_iter().enumerate() {
        let mut flow = Flow::new(seed as u64, 5, 4000, prices, 60);
        let (mut fast, mut slow) = (Books::new(), NaiveBooks::with_policy(OnAnomaly::Count));
        for _ in 0..8 {
            let deltas: Vec<Delta> = (0..4000).map(|_| flow.message()).collect();
            for part in deltas.chunks(128) {
                assert_eq!(fast.apply_batch(part, &mut ()), part.len());
            }
            deltas.iter().for_each(|delta| assert!(slow.apply(delta, &mut ())));
            assert_same(&fast, &slow);
        }
        assert!(fast.live() > 2000);
    }
}

#[test]
fn a_table_most_of_which_lies_in_memory_agrees_too() {
    let mut flow = Flow::new(3, 3_000, 480_000, PRICES[0], 500);
    let deltas: Vec<Delta> = (0..1_100_000).map(|_| flow.message()).collect();
    assert!(drive(&deltas, OnAnomaly::Count, 512) > 450_000, "orders enough to be fetched from memory");
}
