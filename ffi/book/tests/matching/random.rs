//! Random flows drive the engine and its naive twin: equal reports, equal hashes, and a shown book that a feed's reader
//! could have rebuilt.

use std::collections::{BTreeMap, BTreeSet};

use crate::dice::{Dice, RULED};
use crate::flow::flow;
use crate::shadow::Shadow;
use crate::twin::Twin;
use hftz_book::matching::{Engine, Settings};
use hftz_model::{Command, MassAction, Reason, ReportKind, SelfTradeMode, Side, TradingState};
use proptest::prelude::*;

fn engine(settings: &Settings) -> Engine {
    let mut engine = Engine::new(settings).unwrap();
    engine.define_symbol(RULED.0, &RULED.1).unwrap();
    engine
}

fn same_as_the_twin(settings: Settings, commands: &[Command]) -> Result<(), TestCaseError> {
    let mut engine = engine(&settings);
    let mut twin = Twin::new(settings, &[RULED]);
    let mut shadow = Shadow::default();
    for (at, command) in commands.iter().enumerate() {
        let first = twin.events.len();
        twin.apply(command);
        engine.apply(command, &mut shadow);
        prop_assert_eq!(&twin.events[first..], &shadow.events[first..], "command {}: {:?}", at, command);
        prop_assert_eq!(engine.live_orders() as usize, twin.live.len());
        prop_assert_eq!(engine.books_hash(), twin.books_hash(), "books after command {}: {:?}", at, command);
        if !shadow.order_unknown {
            prop_assert_eq!(shadow.hash(), twin.books_hash(), "shown book after command {}: {:?}", at, command);
        }
        for symbol in 1..=3 {
            let sides = [Side::Buy, Side::Sell].map(|side| twin.side(symbol, side));
            let best = [0, 1].map(|side: usize| sides[side].first().map(|order| order.price));
            prop_assert_eq!([engine.best_bid(symbol), engine.best_ask(symbol)], best);
            if let ([Some(bid), Some(ask)], Some(TradingState::Trading)) = (best, engine.trading_state_of(symbol)) {
                prop_assert!(bid < ask, "a crossed book in state T after command {}", at);
            }
            for (side, orders) in [Side::Buy, Side::Sell].into_iter().zip(sides) {
                let Some(price) = orders.first().map(|order| order.price) else { continue };
                let level = orders.iter().filter(|order| order.price == price);
                let sums = level.fold((0, 0), |sum, o| (sum.0 + u64::from(o.open), sum.1 + u64::from(o.shown)));
                let depths = (engine.depth_at(symbol, side, price), engine.shown_at(symbol, side, price));
                prop_assert_eq!(depths, sums);
            }
        }
    }
    prop_assert_eq!(engine.state_hash(), twin.state_hash());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_answers_any_flow_like_its_naive_twin(flow in flow(160)) {
        same_as_the_twin(flow.settings, &flow.commands)?;
    }
}

/// Found by the property above, and written out because a stored seed means nothing once the generator changes.
#[test]
fn a_symbol_that_only_a_kill_switch_has_touched_is_part_of_the_state() {
    let settings = Settings { capacity: 1000, self_trade: SelfTradeMode::Decrement, ..Settings::default() };
    let switch = |then| Command { symbol: 2, scope: Command::BY_SYMBOL, session: 1, ..Command::mass_cancel(then) };
    same_as_the_twin(settings, &[switch(MassAction::Block)]).unwrap();
    same_as_the_twin(settings, &[switch(MassAction::Block), switch(MassAction::Unblock)]).unwrap();
}

#[test]
fn random_flows_reach_every_kind_of_report_and_every_reason() {
    let mut seen = BTreeMap::new();
    let mut crosses = 0;
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut engine = engine(&dice.settings());
        let mut shadow = Shadow::default();
        (0..160).for_each(|_| engine.apply(&dice.command(), &mut shadow));
        for event in &shadow.events {
            *seen.entry((event.kind, event.reason)).or_insert(0u32) += 1;
        }
        crosses += shadow.crosses.len();
    }
    let reasons: BTreeSet<_> = seen.keys().map(|key| key.1).collect();
    let kinds: BTreeSet<_> = seen.keys().map(|key| key.0).collect();
    assert_eq!((reasons.len(), kinds.len()), (Reason::ALL.len(), ReportKind::ALL.len()), "{seen:?}");
    assert!(seen.values().all(|&count| count >= 20) && crosses >= 100, "{crosses} crosses, {seen:?}");
}
