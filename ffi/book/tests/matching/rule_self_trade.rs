//! Rule 8: self-trade prevention.

use crate::desk::{Buy, Desk, Sell};
use hftz_book::matching::Settings;
use hftz_model::{Command, SelfTradeMode, TradingState};

/// Two own asks and one of somebody else behind them, then a bid of 15 with this mode.
fn meet(mode: SelfTradeMode) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Sell, 1, 100, 10).with_account(7));
    desk.send(Command::limit(1, Sell, 2, 100, 10).with_account(8));
    let reports = desk.send(Command::limit(1, Buy, 3, 100, 15).with_account(7).with_self_trade(mode));
    (reports, desk.shown(Buy), desk.shown(Sell))
}

#[test]
fn rule_8_mode_0_allows() {
    let (reports, ..) = meet(SelfTradeMode::Allow);
    assert_eq!(reports[1], "F1 10@100 left 0 trade 1");
}

#[test]
fn rule_8_mode_1_cancels_what_is_left_of_the_incoming_order() {
    let (reports, bids, asks) = meet(SelfTradeMode::CancelIncoming);
    assert_eq!(reports, ["A3 15@100", "C3 15@100 left 0 why 10"]);
    assert_eq!((bids.len(), asks), (0, vec!["100: 10 10".to_owned()]));
}

#[test]
fn rule_8_mode_2_cancels_the_resting_order_and_goes_on() {
    let (reports, bids, _) = meet(SelfTradeMode::CancelResting);
    assert_eq!(
        reports,
        ["A3 15@100", "C1 10@100 left 0 why 10", "F2 10@100 left 0 trade 1", "F3 10@100 left 5 trade 1",]
    );
    assert_eq!(bids, ["100: 5"]);
}

#[test]
fn rule_8_mode_3_cancels_both_the_resting_order_first() {
    let (reports, _, asks) = meet(SelfTradeMode::CancelBoth);
    assert_eq!(reports, ["A3 15@100", "C1 10@100 left 0 why 10", "C3 15@100 left 0 why 10"]);
    assert_eq!(asks, ["100: 10"]);
}

#[test]
fn rule_8_mode_4_takes_the_smaller_quantity_off_both_and_goes_on() {
    let (reports, ..) = meet(SelfTradeMode::Decrement);
    assert_eq!(
        reports,
        [
            "A3 15@100",
            "C1 10@100 left 0 why 10",
            "C3 10@100 left 5 why 10",
            "F2 5@100 left 5 trade 1",
            "F3 5@100 left 0 trade 1",
        ]
    );
}

#[test]
fn rule_8_a_decremented_resting_order_keeps_its_place_and_loses_reserve_first() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Sell, 1, 100, 20).with_display(6).with_account(7));
    desk.sell(2, 100, 10);
    let incoming = Command::limit(1, Buy, 3, 100, 12).with_account(7).with_self_trade(SelfTradeMode::Decrement);
    assert_eq!(desk.send(incoming)[1..], ["C1 12@100 left 8 why 10", "C3 12@100 left 0 why 10"]);
    assert_eq!(desk.shown(Sell), ["100: 6 10"]);
}

#[test]
fn rule_8_the_incoming_order_decides_and_account_0_owns_nothing() {
    let mut desk = Desk::new();
    let resting = Command::limit(1, Sell, 1, 100, 10).with_account(7).with_self_trade(SelfTradeMode::CancelBoth);
    desk.send(resting);
    assert_eq!(desk.send(Command::limit(1, Buy, 2, 100, 5).with_account(7))[1], "F1 5@100 left 5 trade 1");
    desk.sell(3, 99, 1);
    let nobody = Command::limit(1, Buy, 4, 99, 1).with_self_trade(SelfTradeMode::CancelBoth);
    assert_eq!(desk.send(nobody)[1], "F3 1@99 left 0 trade 2");
}

#[test]
fn rule_8_a_short_order_takes_the_default_mode_of_the_engine() {
    let settings = Settings { capacity: 10, self_trade: SelfTradeMode::CancelIncoming, ..Settings::default() };
    let mut desk = Desk::with(settings, &[]);
    desk.send(Command::limit(1, Sell, 1, 100, 10).with_account(7));
    let short = Command::limit(1, Buy, 2, 100, 5).with_account(7);
    assert_eq!(desk.send(short)[1], "C2 5@100 left 0 why 10");
    let long = Command::limit(1, Buy, 3, 100, 5).with_account(7).with_self_trade(SelfTradeMode::Allow);
    assert_eq!(desk.send(long)[1], "F1 5@100 left 5 trade 1");
}

#[test]
fn rule_8_it_does_not_act_in_an_uncross() {
    let mut desk = Desk::new();
    desk.state(TradingState::Auction);
    let mine = |order: Command| order.with_account(7).with_self_trade(SelfTradeMode::CancelBoth);
    desk.send(mine(Command::limit(1, Buy, 1, 100, 5)));
    desk.send(mine(Command::limit(1, Sell, 2, 100, 5)));
    assert_eq!(desk.state(TradingState::Trading)[0], "F1 5@100 left 0 trade 1");
}
