//! Rules 6 and 16: icebergs and references.

use crate::desk::{Buy, Desk, Sell};
use hftz_model::Command;

#[test]
fn rule_6_only_the_shown_part_trades_and_its_refill_goes_to_the_tail() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Sell, 1, 100, 25).with_display(10));
    desk.sell(2, 100, 10);
    assert_eq!(desk.shown(Sell), ["100: 10 10"]);
    assert_eq!(
        desk.buy(3, 100, 28)[1..],
        [
            "F1 10@100 left 15 trade 1",
            "F3 10@100 left 18 trade 1",
            "F2 10@100 left 0 trade 2",
            "F3 10@100 left 8 trade 2",
            "F1 8@100 left 7 trade 3",
            "F3 8@100 left 0 trade 3",
        ]
    );
    assert_eq!(desk.shown(Sell), ["100: 2"]);
}

#[test]
fn rule_6_one_incoming_order_may_trade_with_it_several_times() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Sell, 1, 100, 25).with_display(10));
    let reports = desk.buy(2, 100, 25);
    let fills: Vec<_> = reports.iter().filter(|line| line.starts_with("F1")).collect();
    assert_eq!(fills, ["F1 10@100 left 15 trade 1", "F1 10@100 left 5 trade 2", "F1 5@100 left 0 trade 3"]);
}

#[test]
fn rule_6_a_display_of_0_or_more_than_is_open_shows_everything() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 25);
    desk.send(Command::limit(1, Buy, 2, 99, 25).with_display(40));
    assert_eq!(desk.shown(Buy), ["100: 25", "99: 25"]);
}

#[test]
fn rule_6_depth_counts_reserve_and_shown_does_not() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Buy, 1, 100, 25).with_display(10));
    desk.buy(2, 100, 5);
    assert_eq!((desk.engine.depth_at(1, Buy, 100), desk.engine.shown_at(1, Buy, 100)), (30, 15));
    assert_eq!(desk.engine.depth_at(1, Buy, 101), 0);
}

#[test]
fn rule_16_an_order_is_known_by_the_report_that_gave_it_its_place() {
    let mut desk = Desk::new();
    desk.send(Command::limit(1, Sell, 1, 100, 30).with_display(10));
    assert_eq!(desk.references(Sell, 100), [1], "its acceptance");
    desk.send(Command::replace(1, 1, 100, 28).with_display(10));
    assert_eq!(desk.references(Sell, 100), [1], "a replace that keeps the place keeps the reference");
    desk.send(Command::replace(1, 1, 101, 28).with_display(10));
    assert_eq!(desk.references(Sell, 101), [3], "a replace that costs it its place");
    desk.buy(2, 101, 10);
    assert_eq!(desk.references(Sell, 101), [5], "the fill that emptied its shown part");
}

#[test]
fn rule_16_an_elected_order_rests_under_its_trigger_report() {
    let mut desk = Desk::new();
    desk.send(Command::stop_limit(1, Buy, 1, 100, 90, 10));
    desk.sell(2, 100, 1);
    let reports = desk.buy(3, 100, 1);
    assert_eq!(reports.last().unwrap(), "T1 10@90");
    assert_eq!(desk.references(Buy, 90), [desk.last_event().sequence]);
}
