//! Rule 7: stops.

use crate::desk::{Buy, Desk, Sell};
use hftz_model::{Command, TimeInForce, TradingState};

/// A desk whose last trade was at `price`.
fn traded_at(price: i64) -> Desk {
    let mut desk = Desk::new();
    desk.sell(1001, price, 1);
    desk.buy(1002, price, 1);
    desk
}

#[test]
fn rule_7_a_buy_stop_is_elected_at_or_above_its_trigger_and_a_sell_stop_at_or_below() {
    let elected = |side, trigger| {
        let mut desk = Desk::new();
        desk.send(Command::stop(1, side, 1, trigger, 5));
        desk.sell(2, 100, 1);
        desk.buy(3, 100, 1).iter().any(|line| line.starts_with("T1"))
    };
    assert!(elected(Buy, 100) && elected(Buy, 99) && !elected(Buy, 101));
    assert!(elected(Sell, 100) && elected(Sell, 101) && !elected(Sell, 99));
}

#[test]
fn rule_7_a_stop_becomes_a_market_order_and_a_stop_limit_a_limit_order() {
    let mut desk = Desk::new();
    desk.send(Command::stop(1, Buy, 1, 100, 5));
    desk.send(Command::stop_limit(1, Buy, 2, 100, 90, 5));
    desk.sell(3, 100, 1);
    assert_eq!(desk.buy(4, 100, 1)[3..], ["T1 5@0", "C1 5@0 left 0 why 9", "T2 5@90"]);
    assert_eq!(desk.shown(Buy), ["90: 5"]);
}

#[test]
fn rule_7_elected_orders_enter_oldest_acceptance_first_whatever_their_triggers() {
    let mut desk = Desk::new();
    desk.send(Command::stop_limit(1, Buy, 1, 99, 90, 1));
    desk.send(Command::stop_limit(1, Sell, 2, 105, 200, 1));
    desk.send(Command::stop_limit(1, Buy, 3, 95, 90, 1));
    desk.sell(4, 100, 1);
    let order: Vec<_> = desk.buy(5, 100, 1)[3..].to_vec();
    assert_eq!(order, ["T1 1@90", "T2 1@200", "T3 1@90"]);
}

#[test]
fn rule_7_only_the_last_trade_price_when_a_command_is_complete_counts() {
    let mut desk = Desk::new();
    desk.send(Command::stop_limit(1, Buy, 1, 102, 90, 1));
    desk.send(Command::stop_limit(1, Sell, 2, 100, 200, 1));
    for (id, price) in [(3, 100), (4, 101), (5, 102)] {
        desk.sell(id, price, 1);
    }
    // The sweep passes 100, but ends at 102.
    let reports = desk.buy(6, 102, 3);
    assert_eq!(reports.last().unwrap(), "T1 1@90");
    assert!(!reports.iter().any(|line| line.starts_with("T2")));
}

#[test]
fn rule_7_an_elected_order_may_elect_others_before_those_that_wait() {
    let mut desk = Desk::new();
    // 1 is the oldest but needs 110, which the election of 2 brings about; 3 is elected with 2.
    desk.send(Command::stop_limit(1, Buy, 1, 110, 50, 1));
    desk.send(Command::stop(1, Buy, 2, 100, 1));
    desk.send(Command::stop_limit(1, Buy, 3, 100, 50, 1));
    desk.sell(4, 100, 1);
    desk.sell(5, 110, 1);
    let reports = desk.buy(6, 100, 1);
    let triggered: Vec<_> = reports.iter().filter(|line| line.starts_with('T')).collect();
    assert_eq!(triggered, ["T2 1@0", "T1 1@50", "T3 1@50"]);
}

#[test]
fn rule_7_what_is_elected_stays_elected() {
    let mut desk = Desk::new();
    // Both are elected at 100; the first trades down to 90, where the second would no longer be reached.
    desk.buy(1, 90, 1);
    desk.send(Command::stop(1, Sell, 2, 100, 1));
    desk.send(Command::stop_limit(1, Buy, 3, 100, 50, 1));
    desk.sell(4, 100, 1);
    let reports = desk.buy(5, 100, 1);
    assert_eq!(reports[3..], ["T2 1@0", "F1 1@90 left 0 trade 2", "F2 1@90 left 0 trade 2", "T3 1@50"]);
}

#[test]
fn rule_7_a_stop_whose_trigger_is_reached_on_arrival_is_accepted_and_then_elected() {
    let mut desk = traded_at(100);
    assert_eq!(desk.send(Command::stop(1, Buy, 1, 100, 5)), ["A1 5@0", "T1 5@0", "C1 5@0 left 0 why 9"]);
    assert_eq!(desk.send(Command::stop(1, Buy, 2, 101, 5)), ["A2 5@0"]);
}

#[test]
fn rule_7_without_a_last_trade_nothing_is_elected() {
    let mut desk = Desk::new();
    assert_eq!(desk.send(Command::stop(1, Sell, 1, 100, 5)), ["A1 5@0"]);
}

#[test]
fn rule_7_nothing_is_elected_outside_trading_and_entering_it_looks_again() {
    let mut desk = traded_at(100);
    desk.state(TradingState::Auction);
    assert_eq!(desk.send(Command::stop_limit(1, Buy, 1, 100, 90, 5)), ["A1 5@90"]);
    desk.state(TradingState::Halted);
    assert_eq!(desk.state(TradingState::Trading), ["T1 5@90"]);
}

#[test]
fn rule_7_an_election_comes_after_the_uncross() {
    let mut desk = Desk::new();
    desk.send(Command::stop_limit(1, Buy, 1, 100, 90, 5));
    desk.state(TradingState::Auction);
    desk.buy(2, 100, 1);
    desk.sell(3, 100, 1);
    assert_eq!(desk.state(TradingState::Trading), ["F2 1@100 left 0 trade 1", "F3 1@100 left 0 trade 1", "T1 5@90",]);
}

#[test]
fn rule_7_an_elected_order_keeps_its_time_in_force_and_minimum() {
    let mut desk = Desk::new();
    let fok = Command::stop(1, Buy, 1, 100, 5).with_time_in_force(TimeInForce::Fok);
    desk.send(fok);
    desk.send(Command::stop_limit(1, Buy, 2, 100, 100, 5).with_minimum(3));
    desk.sell(3, 100, 3);
    let reports = desk.buy(4, 100, 1);
    assert_eq!(reports[3..], ["T1 5@0", "C1 5@0 left 0 why 7", "T2 5@100", "C2 5@100 left 0 why 20"]);
}

#[test]
fn rule_7_a_cascade_of_a_thousand_stops_needs_no_stack() {
    let mut desk = Desk::with(hftz_book::matching::Settings { capacity: 5000, ..Default::default() }, &[]);
    for step in 0..1000 {
        desk.sell(10_000 + step, 100 + step as i64, 1);
        desk.send(Command::stop(1, Buy, 1 + step, 100 + step as i64, 1));
    }
    let reports = desk.buy(5000, 100, 1);
    assert_eq!(reports.iter().filter(|line| line.starts_with('T')).count(), 1000);
}
