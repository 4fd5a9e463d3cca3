//! Rules 4 and 5: cancel and replace.

use crate::desk::{Buy, Desk, Sell};
use hftz_model::{Command, SelfTradeMode, TimeInForce, TradingState};

#[test]
fn rule_4_a_cancel_of_0_or_of_at_least_what_is_open_removes_the_order() {
    let mut desk = Desk::new();
    for (id, quantity) in [(1, 0), (2, 10), (3, 11), (4, u32::MAX)] {
        desk.buy(id, 100, 10);
        assert_eq!(desk.send(Command::cancel(1, id, quantity)), [format!("C{id} 10@100 left 0 why 14")]);
    }
    assert_eq!(desk.engine.live_orders(), 0);
}

#[test]
fn rule_4_a_smaller_cancel_reduces_reserve_first_and_keeps_priority() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Buy, 1, 100, 30).with_display(10));
    desk.buy(2, 100, 5);
    assert_eq!(desk.send(Command::cancel(1, 1, 18)), ["C1 18@100 left 12 why 14"]);
    assert_eq!(desk.shown(Buy), ["100: 10 5"]);
    assert_eq!(desk.send(Command::cancel(1, 1, 4)), ["C1 4@100 left 8 why 14"]);
    assert_eq!(desk.shown(Buy), ["100: 8 5"]);
    assert_eq!(desk.sell(3, 100, 1)[1], "F1 1@100 left 7 trade 1");
}

#[test]
fn rule_4_an_unknown_order_and_one_of_another_symbol_are_rejected_alike() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 10);
    assert_eq!(desk.send(Command::cancel(1, 9, 3)), ["J9 3@0 why 1"]);
    assert_eq!(desk.send(Command::cancel(2, 1, 3)), ["J1 3@0 why 1"]);
    assert_eq!((desk.last_event().side, desk.last_event().symbol), (0, 2));
}

#[test]
fn rule_5_the_same_price_and_no_more_shares_keep_their_place() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 10);
    desk.buy(2, 100, 10);
    assert_eq!(desk.send(Command::replace(1, 1, 100, 10)), ["U1 10@100"]);
    assert_eq!(desk.send(Command::replace(1, 1, 100, 6)), ["U1 6@100"]);
    assert_eq!(desk.sell(3, 100, 1)[1], "F1 1@100 left 5 trade 1");
}

#[test]
fn rule_5_more_shares_another_price_or_flag_2_go_to_the_tail() {
    for replace in [Command::replace(1, 1, 100, 11), Command::replace(1, 1, 100, 10).with_flags(Command::TO_TAIL)] {
        let mut desk = Desk::new();
        desk.buy(1, 100, 10);
        desk.buy(2, 100, 10);
        desk.send(replace);
        assert_eq!(desk.sell(3, 100, 1)[1], "F2 1@100 left 9 trade 1");
    }
    let mut desk = Desk::new();
    desk.buy(1, 100, 10);
    desk.buy(2, 99, 10);
    desk.send(Command::replace(1, 1, 99, 10));
    assert_eq!(desk.shown(Buy), ["99: 10 10"]);
    assert_eq!(desk.sell(3, 99, 1)[1], "F2 1@99 left 9 trade 1");
}

#[test]
fn rule_5_a_replace_may_trade_first() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 10);
    desk.sell(2, 105, 4);
    assert_eq!(
        desk.send(Command::replace(1, 1, 105, 10)),
        ["U1 10@105", "F2 4@105 left 0 trade 1", "F1 4@105 left 6 trade 1",]
    );
    assert_eq!(desk.shown(Buy), ["105: 6"]);
}

#[test]
fn rule_5_reserve_is_reduced_first_and_a_new_display_counts_from_the_next_refill() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Buy, 1, 100, 30).with_display(10));
    desk.send(Command::replace(1, 1, 100, 25).with_display(3));
    assert_eq!(desk.shown(Buy), ["100: 10"]);
    desk.sell(2, 100, 10);
    assert_eq!(desk.shown(Buy), ["100: 3"]);
    desk.send(Command::replace(1, 1, 100, 2).with_display(3));
    assert_eq!(desk.shown(Buy), ["100: 2"]);
}

#[test]
fn rule_5_a_post_only_order_stays_post_only() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Buy, 1, 99, 10).with_time_in_force(TimeInForce::PostOnly));
    desk.sell(2, 101, 10);
    assert_eq!(desk.send(Command::replace(1, 1, 101, 5)), ["J1 5@101 left 10 why 6"]);
    assert_eq!(desk.send(Command::replace(1, 1, 100, 5)), ["U1 5@100"]);
}

#[test]
fn rule_5_with_flag_1_the_quantity_is_the_new_total() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 10);
    desk.sell(2, 100, 4);
    let total = |quantity| Command::replace(1, 1, 100, quantity).with_flags(Command::TOTAL);
    assert_eq!(desk.send(total(9)), ["U1 5@100"]);
    assert_eq!(desk.send(total(0)), ["J1 0@100 left 5 why 4"]);
    assert_eq!(desk.send(total(4)), ["C1 5@100 left 0 why 14"]);
    assert_eq!(desk.engine.live_orders(), 0);
}

#[test]
fn rule_5_a_quantity_of_0_is_rejected_and_the_order_stays() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 10);
    assert_eq!(desk.send(Command::replace(1, 1, 100, 0)), ["J1 0@100 left 10 why 4"]);
    assert_eq!(desk.engine.open(1), Some(10));
}

#[test]
fn rule_5_a_waiting_stop_takes_the_new_values_and_keeps_trigger_and_place() {
    let mut desk = Desk::new();
    desk.send(Command::stop_limit(1, Buy, 1, 110, 120, 10));
    desk.send(Command::stop_limit(1, Buy, 2, 110, 120, 10));
    assert_eq!(desk.send(Command::replace(1, 1, 115, 20).with_flags(Command::TO_TAIL)), ["U1 20@115"]);
    desk.sell(3, 110, 1);
    let reports = desk.buy(4, 110, 1);
    assert_eq!(reports[3..], ["T1 20@115", "T2 10@120"]);
}

#[test]
fn rule_5_a_market_order_in_an_auction_goes_to_the_tail_only_when_it_grows() {
    let trades_first = |replace: Command| {
        let mut desk = Desk::new();
        desk.state(TradingState::Auction);
        desk.send(Command::market(1, Buy, 1, 10));
        desk.send(Command::market(1, Buy, 2, 10));
        desk.sell(3, 100, 1);
        desk.send(replace);
        desk.state(TradingState::Trading)[0].clone()
    };
    assert_eq!(trades_first(Command::replace(1, 1, 0, 8)), "F1 1@100 left 7 trade 1");
    assert_eq!(trades_first(Command::replace(1, 1, 0, 11)), "F2 1@100 left 9 trade 1");
}

#[test]
fn a_replace_that_trades_leaves_its_old_place_before_the_trade_and_takes_the_new_one_after() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 10);
    desk.send(Command::limit(1, Sell, 2, 105, 4));
    desk.send(Command::replace(1, 1, 105, 10));
    // The shadow book asserts on every call; what is left is one order under the sequence number of the replace.
    assert_eq!(desk.references(Buy, 105), [3]);
    assert!(desk.references(Buy, 100).is_empty());
}

#[test]
fn a_replace_that_self_trade_prevention_ends_leaves_the_shown_book() {
    let mut desk = Desk::new();
    let mine = |order: Command| order.with_account(7).with_self_trade(SelfTradeMode::CancelIncoming);
    desk.send(mine(Command::limit(1, Buy, 1, 100, 10)));
    desk.send(mine(Command::limit(1, Sell, 2, 105, 10)));
    assert_eq!(desk.send(Command::replace(1, 1, 105, 10)), ["U1 10@105", "C1 10@105 left 0 why 10"]);
    assert!(desk.shown(Buy).is_empty());
}
