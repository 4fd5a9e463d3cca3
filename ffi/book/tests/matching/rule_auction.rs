//! Rule 9: call auctions, the uncross, at-open and at-close orders.

use crate::desk::{Buy, Desk, Sell};
use hftz_book::matching::{Settings, SymbolSpec};
use hftz_model::{AuctionKind, Command, TimeInForce, TradingState};

/// A desk in an auction, with a reference price or 0.
fn auction(reference: i64) -> Desk {
    let spec = SymbolSpec { reference, state: TradingState::Auction, ..SymbolSpec::default() };
    Desk::with(Settings { capacity: 100, ..Settings::default() }, &[(1, spec)])
}

/// The price and shares of the uncross of these bids and asks.
fn cross(reference: i64, bids: &[(i64, u32)], asks: &[(i64, u32)]) -> Option<(i64, u64)> {
    let mut desk = auction(reference);
    for (at, &(price, quantity)) in bids.iter().enumerate() {
        desk.buy(1 + at as u64, price, quantity);
    }
    for (at, &(price, quantity)) in asks.iter().enumerate() {
        desk.sell(51 + at as u64, price, quantity);
    }
    desk.state(TradingState::Trading);
    desk.shadow.crosses.first().map(|cross| (cross.1, cross.2))
}

#[test]
fn rule_9_in_an_auction_orders_rest_crossed_and_nothing_trades() {
    let mut desk = auction(0);
    assert_eq!(desk.buy(1, 105, 10), ["A1 10@105"]);
    assert_eq!(desk.sell(2, 95, 10), ["A2 10@95"]);
    let post_only = Command::limit(1, Buy, 3, 110, 1).with_time_in_force(TimeInForce::PostOnly);
    assert_eq!(desk.send(post_only), ["A3 1@110"]);
    assert_eq!((desk.engine.best_bid(1), desk.engine.best_ask(1)), (Some(110), Some(95)));
}

#[test]
fn rule_9_orders_that_must_trade_at_once_are_accepted_and_cancelled() {
    let mut desk = auction(0);
    desk.sell(1, 100, 50);
    let order = |id| Command::limit(1, Buy, id, 100, 5);
    let market = |id| Command::market(1, Buy, id, 5);
    let cases = [
        (order(2).with_time_in_force(TimeInForce::Fok).with_minimum(1), 7),
        (order(3).with_minimum(1), 20),
        (order(4).with_time_in_force(TimeInForce::Ioc).with_minimum(1), 20),
        (market(5).with_time_in_force(TimeInForce::Ioc), 9),
        (order(6).with_time_in_force(TimeInForce::Ioc), 8),
        (order(7).with_time_in_force(TimeInForce::AtOpen).with_minimum(1), 20),
    ];
    for (command, why) in cases {
        let (id, price) = (command.order_id, command.price);
        assert_eq!(desk.send(command), [format!("A{id} 5@{price}"), format!("C{id} 5@{price} left 0 why {why}")]);
    }
}

#[test]
fn rule_9_the_uncross_takes_the_price_that_trades_the_most() {
    assert_eq!(cross(0, &[(102, 10), (101, 10), (100, 10)], &[(99, 5), (100, 5), (101, 15)]), Some((101, 20)));
    assert_eq!(cross(0, &[(99, 10)], &[(100, 10)]), None);
}

#[test]
fn rule_9_a_tie_goes_to_the_smallest_imbalance() {
    // 10 trade anywhere from 99 to 102; at 102 the one of 30 falls away, so that bids and asks are even.
    assert_eq!(cross(0, &[(102, 10), (101, 30)], &[(99, 10)]), Some((102, 10)));
}

#[test]
fn rule_9_a_surplus_of_buyers_takes_the_highest_price_and_one_of_sellers_the_lowest() {
    assert_eq!(cross(100, &[(105, 20)], &[(95, 10)]), Some((105, 10)));
    assert_eq!(cross(100, &[(105, 10)], &[(95, 20)]), Some((95, 10)));
}

#[test]
fn rule_9_without_pressure_the_price_nearest_to_the_reference_wins_then_the_lower() {
    assert_eq!(cross(103, &[(105, 10)], &[(95, 10)]), Some((103, 10)), "the reference itself is a candidate");
    assert_eq!(cross(200, &[(105, 10)], &[(95, 10)]), Some((105, 10)));
    assert_eq!(cross(0, &[(105, 10)], &[(95, 10)]), Some((95, 10)), "no reference counts as 0");
    assert_eq!(cross(50, &[(101, 10)], &[(99, 10)]), Some((99, 10)));
}

#[test]
fn rule_9_without_a_limit_price_or_reference_nothing_can_uncross() {
    let mut desk = auction(0);
    desk.send(Command::market(1, Buy, 1, 5));
    desk.send(Command::market(1, Sell, 2, 5));
    assert_eq!(desk.state(TradingState::Trading), ["C1 5@0 left 0 why 9", "C2 5@0 left 0 why 9"]);
    let mut desk = auction(77);
    desk.send(Command::market(1, Buy, 1, 5));
    desk.send(Command::market(1, Sell, 2, 4));
    assert_eq!(
        desk.state(TradingState::Trading),
        ["F1 4@77 left 1 trade 1", "F2 4@77 left 0 trade 1", "C1 1@0 left 0 why 9"]
    );
}

#[test]
fn rule_9_market_orders_trade_first_then_price_then_time_each_trade_at_the_one_price() {
    let mut desk = auction(0);
    desk.buy(1, 100, 5);
    desk.buy(2, 101, 5);
    desk.buy(3, 101, 5);
    desk.send(Command::market(1, Buy, 4, 5));
    desk.sell(5, 100, 18);
    assert_eq!(
        desk.state(TradingState::Trading),
        [
            "F4 5@100 left 0 trade 1",
            "F5 5@100 left 13 trade 1",
            "F2 5@100 left 0 trade 2",
            "F5 5@100 left 8 trade 2",
            "F3 5@100 left 0 trade 3",
            "F5 5@100 left 3 trade 3",
            "F1 3@100 left 2 trade 4",
            "F5 3@100 left 0 trade 4",
        ]
    );
}

#[test]
fn rule_9_an_iceberg_takes_part_with_all_its_quantity_and_is_refilled_in_its_place() {
    let mut desk = auction(0);
    desk.send(Command::limit(1, Buy, 1, 100, 30).with_display(4));
    desk.buy(2, 100, 10);
    desk.sell(3, 100, 26);
    assert_eq!(desk.state(TradingState::Trading), ["F1 26@100 left 4 trade 1", "F3 26@100 left 0 trade 1"]);
    // Seven parts of 4 were shown one after the other; half of the last one is left, in front of the other order.
    assert_eq!((desk.engine.depth_at(1, Buy, 100), desk.engine.shown_at(1, Buy, 100)), (14, 12));
    assert_eq!(desk.sell(4, 100, 2)[1], "F1 2@100 left 2 trade 2");
}

#[test]
fn rule_9_the_price_becomes_last_trade_price_and_reference() {
    let mut desk = auction(90);
    desk.buy(1, 100, 5);
    desk.sell(2, 100, 5);
    desk.state(TradingState::Trading);
    assert_eq!((desk.engine.last_price(1), desk.engine.reference_price(1)), (Some(100), Some(100)));
}

#[test]
fn rule_9_entering_trading_from_a_halt_uncrosses_too_and_from_trading_does_not() {
    let mut desk = auction(0);
    desk.buy(1, 100, 5);
    desk.sell(2, 100, 5);
    desk.state(TradingState::Halted);
    assert_eq!(desk.state(TradingState::Trading).len(), 2);
    assert!(desk.state(TradingState::Trading).is_empty());
}

#[test]
fn rule_9_at_open_orders_wait_outside_the_book_for_their_auction_and_end_with_it() {
    let mut desk = Desk::new();
    let at_open = |id, side| Command::limit(1, side, id, 100, 5).with_time_in_force(TimeInForce::AtOpen);
    desk.send(at_open(1, Buy));
    assert!(desk.shown(Buy).is_empty());
    desk.auction(AuctionKind::Closing);
    assert!(desk.shown(Buy).is_empty(), "another auction is not theirs");
    desk.auction(AuctionKind::Opening);
    assert_eq!(desk.shown(Buy), ["100: 5"]);
    desk.send(at_open(2, Sell));
    desk.sell(3, 101, 5);
    desk.send(at_open(4, Buy));
    assert_eq!(desk.state(TradingState::Trading), ["F1 5@100 left 0 trade 1", "F2 5@100 left 0 trade 1", "X4 5@100"]);
    assert_eq!(desk.engine.live_orders(), 1);
}

#[test]
fn rule_9_at_close_orders_join_in_order_of_acceptance_market_orders_beside_the_book() {
    let mut desk = Desk::new();
    let at_close = |order: Command| order.with_time_in_force(TimeInForce::AtClose);
    desk.send(at_close(Command::market(1, Buy, 1, 5)));
    desk.send(at_close(Command::limit(1, Buy, 2, 100, 5)));
    desk.buy(3, 100, 5);
    desk.auction(AuctionKind::Closing);
    desk.sell(4, 100, 7);
    assert_eq!(desk.shown(Buy), ["100: 5 5"], "2 joins behind 3, which was there");
    assert_eq!(
        desk.state(TradingState::Trading),
        [
            "F1 5@100 left 0 trade 1",
            "F4 5@100 left 2 trade 1",
            "F3 2@100 left 3 trade 2",
            "F4 2@100 left 0 trade 2",
            "X2 5@100",
        ]
    );
}

#[test]
fn rule_9_what_is_left_ends_oldest_acceptance_first_market_orders_and_auction_orders_alike() {
    let mut desk = auction(0);
    desk.auction(AuctionKind::Opening);
    desk.send(Command::limit(1, Buy, 1, 90, 5).with_time_in_force(TimeInForce::AtOpen));
    desk.send(Command::market(1, Buy, 2, 5));
    desk.send(Command::market(1, Buy, 3, 5).with_time_in_force(TimeInForce::AtOpen));
    desk.send(Command::limit(1, Buy, 4, 91, 5).with_time_in_force(TimeInForce::AtOpen));
    assert_eq!(desk.state(TradingState::Trading), ["X1 5@90", "C2 5@0 left 0 why 9", "X3 5@0", "X4 5@91"]);
}
