//! Rules 1, 2, 3: priority, acceptance, times in force.

use crate::desk::{Buy, Desk, Sell};
use hftz_model::{Command, SelfTradeMode, TimeInForce};

#[test]
fn rule_1_a_better_price_trades_first_and_at_the_resting_price() {
    let mut desk = Desk::new();
    desk.sell(1, 102, 10);
    desk.sell(2, 100, 10);
    desk.sell(3, 101, 10);
    let reports = desk.buy(4, 102, 25);
    assert_eq!(
        reports,
        [
            "A4 25@102",
            "F2 10@100 left 0 trade 1",
            "F4 10@100 left 15 trade 1",
            "F3 10@101 left 0 trade 2",
            "F4 10@101 left 5 trade 2",
            "F1 5@102 left 5 trade 3",
            "F4 5@102 left 0 trade 3",
        ]
    );
}

#[test]
fn rule_1_at_one_price_the_earlier_order_trades_first_and_a_partial_fill_keeps_its_place() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 10);
    desk.buy(2, 100, 10);
    assert_eq!(desk.sell(3, 100, 4)[1], "F1 4@100 left 6 trade 1");
    assert_eq!(
        desk.sell(4, 100, 8)[1..],
        ["F1 6@100 left 0 trade 2", "F4 6@100 left 2 trade 2", "F2 2@100 left 8 trade 3", "F4 2@100 left 0 trade 3",]
    );
}

#[test]
fn rule_2_an_order_that_does_not_meet_the_other_side_rests() {
    let mut desk = Desk::new();
    assert_eq!(desk.buy(1, 100, 10), ["A1 10@100"]);
    assert_eq!(desk.sell(2, 101, 5), ["A2 5@101"]);
    assert_eq!((desk.shown(Buy), desk.shown(Sell)), (vec!["100: 10".into()], vec!["101: 5".into()]));
}

#[test]
fn rule_3_a_market_order_ignores_its_price_and_never_rests() {
    let mut desk = Desk::new();
    desk.sell(1, 500, 10);
    let market = Command { price: 7, ..Command::market(1, Buy, 2, 15) };
    assert_eq!(
        desk.send(market),
        ["A2 15@7", "F1 10@500 left 0 trade 1", "F2 10@500 left 5 trade 1", "C2 5@7 left 0 why 9",]
    );
    let ioc = Command::market(1, Buy, 3, 5).with_time_in_force(TimeInForce::Ioc);
    assert_eq!(desk.send(ioc), ["A3 5@0", "C3 5@0 left 0 why 9"]);
}

#[test]
fn rule_3_what_an_ioc_cannot_trade_is_cancelled() {
    let mut desk = Desk::new();
    desk.sell(1, 100, 10);
    let ioc = |id, price| Command::limit(1, Buy, id, price, 15).with_time_in_force(TimeInForce::Ioc);
    assert_eq!(desk.send(ioc(2, 99)), ["A2 15@99", "C2 15@99 left 0 why 8"]);
    assert_eq!(desk.send(ioc(3, 100)).last().unwrap(), "C3 5@100 left 0 why 8");
    assert_eq!(desk.engine.live_orders(), 0);
}

#[test]
fn rule_3_a_fok_trades_completely_or_not_at_all() {
    let mut desk = Desk::new();
    desk.sell(1, 100, 10);
    desk.sell(2, 101, 10);
    let fok = |id, price, quantity| Command::limit(1, Buy, id, price, quantity).with_time_in_force(TimeInForce::Fok);
    assert_eq!(desk.send(fok(3, 100, 11)), ["A3 11@100", "C3 11@100 left 0 why 7"]);
    assert_eq!(desk.send(fok(4, 101, 21)), ["A4 21@101", "C4 21@101 left 0 why 7"]);
    assert_eq!(desk.send(fok(5, 101, 20)).last().unwrap(), "F5 10@101 left 0 trade 2");
    let market = Command::market(1, Buy, 6, 1).with_time_in_force(TimeInForce::Fok);
    assert_eq!(desk.send(market), ["A6 1@0", "C6 1@0 left 0 why 7"]);
}

#[test]
fn rule_3_what_a_fok_can_trade_counts_reserve() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Sell, 1, 100, 50).with_display(10));
    let fok = Command::limit(1, Buy, 2, 100, 50).with_time_in_force(TimeInForce::Fok);
    assert_eq!(desk.send(fok).len(), 1 + 5 * 2);
}

#[test]
fn rule_3_a_minimum_quantity_counts_on_arrival_only() {
    let mut desk = Desk::new();
    desk.sell(1, 100, 10);
    let order = |id, minimum| Command::limit(1, Buy, id, 100, 30).with_minimum(minimum);
    assert_eq!(desk.send(order(2, 11)), ["A2 30@100", "C2 30@100 left 0 why 20"]);
    assert_eq!(desk.send(order(3, 10)).last().unwrap(), "F3 10@100 left 20 trade 1");
    assert_eq!(desk.sell(4, 100, 1)[1], "F3 1@100 left 19 trade 2");
}

#[test]
fn rule_3_own_orders_bound_what_can_trade_by_the_self_trade_mode() {
    let available = |mode| {
        let mut desk = Desk::new();
        desk.send(Command::limit(1, Sell, 1, 100, 10).with_display(4).with_account(5));
        desk.send(Command::limit(1, Sell, 2, 100, 10).with_account(9));
        desk.send(Command::limit(1, Sell, 3, 101, 10).with_account(5));
        let most = (1..=30).rev().find(|&quantity| {
            let fok = Command::limit(1, Buy, 10, 101, quantity).with_account(9).with_time_in_force(TimeInForce::Fok);
            let before = desk.engine.trades();
            let outcome = desk.send(fok.with_self_trade(mode));
            assert_eq!(desk.engine.trades() == before, outcome[1].starts_with("C10"));
            desk.engine.trades() != before
        });
        most.unwrap()
    };
    assert_eq!(available(SelfTradeMode::Allow), 30);
    // Without the own order: 10 with its reserve, and 10 behind.
    assert_eq!(available(SelfTradeMode::CancelResting), 20);
    // Up to the own order: the shown 4, whose refill would stand behind it.
    assert_eq!(available(SelfTradeMode::CancelIncoming), 4);
    assert_eq!(available(SelfTradeMode::CancelBoth), 4);
    assert_eq!(available(SelfTradeMode::Decrement), 4);
}

#[test]
fn rule_3_a_post_only_order_that_could_trade_is_rejected_without_being_accepted() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Sell, 1, 100, 10).with_account(3));
    let post = |id, price| Command::limit(1, Buy, id, price, 5).with_time_in_force(TimeInForce::PostOnly);
    assert_eq!(desk.send(post(2, 100)), ["J2 5@100 why 6"]);
    assert_eq!(desk.send(post(3, 100).with_account(3)), ["J3 5@100 why 6"], "own orders included");
    assert_eq!(desk.send(post(4, 99)), ["A4 5@99"]);
}
