//! Rules 10, 13 and 14: trading states, mass cancel with its kill switch, the clock.

use crate::desk::{Buy, Desk, Sell};
use hftz_model::{AuctionKind, Command, MassAction, TimeInForce, TradingState};

/// One order of every place, in an order of acceptance that is not that of rule 13.
fn every_place(desk: &mut Desk, symbol: u16, first_id: u64) {
    let long = [
        Command::limit(symbol, Buy, first_id, 90, 1).with_time_in_force(TimeInForce::AtClose),
        Command::stop(symbol, Buy, first_id + 1, 500, 1),
        Command::state(symbol, TradingState::Auction, AuctionKind::Other, 0),
        Command::market(symbol, Sell, first_id + 2, 1),
        Command::limit(symbol, Sell, first_id + 3, 120, 1),
        Command::limit(symbol, Sell, first_id + 4, 110, 1),
        Command::limit(symbol, Buy, first_id + 5, 100, 1),
        Command::limit(symbol, Buy, first_id + 6, 101, 1),
        Command::limit(symbol, Buy, first_id + 7, 101, 1),
    ];
    desk.send_all(long);
}

/// Ids of the reports, each of which must start with `kind`.
fn ids(reports: &[String], kind: char) -> Vec<u64> {
    let id = |line: &String| line.strip_prefix(kind).unwrap().split(' ').next().unwrap().parse().unwrap();
    reports.iter().map(id).collect()
}

#[test]
fn rule_10_a_halt_a_pause_and_a_close_reject_orders_and_replaces_and_let_cancels_through() {
    for state in [TradingState::Halted, TradingState::Paused, TradingState::Closed] {
        let mut desk = Desk::new();
        desk.state(state);
        assert_eq!(desk.buy(1, 100, 5), ["J1 5@100 why 11"]);
    }
    for state in [TradingState::Halted, TradingState::Paused] {
        let mut desk = Desk::new();
        desk.buy(1, 100, 5);
        desk.state(state);
        assert_eq!(desk.send(Command::replace(1, 1, 100, 4)), ["J1 4@100 left 5 why 11"]);
        assert_eq!(desk.send(Command::cancel(1, 1, 2)), ["C1 2@100 left 3 why 14"]);
        assert_eq!(desk.send(Command::cancel(1, 1, 0)), ["C1 3@100 left 0 why 14"]);
    }
}

#[test]
fn rule_10_entering_close_expires_every_order_of_the_symbol_in_the_order_of_rule_13() {
    let mut desk = Desk::new();
    every_place(&mut desk, 1, 1);
    desk.send(Command::limit(2, Buy, 20, 100, 1));
    assert_eq!(ids(&desk.state(TradingState::Closed), 'X'), [7, 8, 6, 5, 4, 3, 2, 1]);
    assert_eq!(desk.engine.live_orders(), 1, "the other symbol trades on");
}

#[test]
fn rule_10_a_symbol_starts_in_trading() {
    let desk = Desk::new();
    assert_eq!(desk.engine.trading_state_of(7), Some(TradingState::Trading));
    assert_eq!(desk.engine.trading_state_of(0), None);
}

#[test]
fn rule_13_everything_goes_symbols_ascending_bids_asks_market_stops_waiting() {
    let mut desk = Desk::new();
    every_place(&mut desk, 2, 21);
    every_place(&mut desk, 1, 1);
    let reports = desk.send(Command::mass_cancel(MassAction::Cancel));
    assert_eq!(ids(&reports, 'C'), [7, 8, 6, 5, 4, 3, 2, 1, 27, 28, 26, 25, 24, 23, 22, 21]);
    assert!(reports.iter().all(|line| line.ends_with("left 0 why 15")));
    assert_eq!(desk.engine.live_orders(), 0);
}

#[test]
fn rule_13_symbol_account_and_session_narrow_the_scope_together() {
    let mut desk = Desk::new();
    let mut id = 0;
    for symbol in [1, 2] {
        for account in [7, 8] {
            for session in [0, 5] {
                id += 1;
                desk.send(Command::limit(symbol, Buy, session << 48 | id, 100, 1).with_account(account));
            }
        }
    }
    let scope =
        |bits| Command { scope: bits, symbol: 1, account: 7, session: 5, ..Command::mass_cancel(MassAction::Cancel) };
    assert_eq!(desk.send(scope(7)).len(), 1);
    assert_eq!(desk.send(scope(3)).len(), 1);
    assert_eq!(desk.send(scope(4)).len(), 3);
    assert_eq!(desk.send(scope(1)).len(), 1);
    assert_eq!(desk.send(scope(2)).len(), 1);
    assert_eq!(desk.send(scope(0)).len(), 1);
}

#[test]
fn rule_13_a_block_cancels_and_rejects_until_unblock_which_cancels_nothing() {
    for (scope, reached) in [(0, [true, true, true]), (1, [true, true, false]), (2, [true, false, true])] {
        let mut desk = Desk::new();
        let switch = |then: MassAction| Command { scope, symbol: 1, account: 7, ..Command::mass_cancel(then) };
        let orders = [(1, 7), (1, 8), (2, 7)];
        let order = |at: usize, id| Command::limit(orders[at].0, Buy, id, 100, 1).with_account(orders[at].1);
        for at in 0..3 {
            desk.send(order(at, 1 + at as u64));
        }
        let hit = reached.iter().filter(|&&hit| hit).count();
        assert_eq!(desk.send(switch(MassAction::Block)).len(), hit);
        for (at, &hit) in reached.iter().enumerate() {
            let id = 11 + at as u64;
            let reports = desk.send(order(at, id));
            assert_eq!(reports[0], if hit { format!("J{id} 1@100 why 19") } else { format!("A{id} 1@100") });
        }
        assert!(desk.send(switch(MassAction::Unblock)).is_empty());
        assert_eq!(desk.engine.live_orders(), 2 * (3 - hit as u32));
        for at in 0..3 {
            assert_eq!(desk.send(order(at, 21 + at as u64)).len(), 1);
            assert_eq!(desk.engine.open(21 + at as u64), Some(1));
        }
    }
}

#[test]
fn rule_13_a_block_rejects_replaces_and_lets_cancels_through() {
    let mut desk = Desk::new();
    // The block of account 8 cancels nothing of account 7; then 7 is blocked while the symbol is halted for cancels only.
    desk.send(Command::limit(1, Buy, 1, 100, 5).with_account(7));
    desk.send(Command { scope: 2, account: 8, ..Command::mass_cancel(MassAction::Block) });
    assert_eq!(desk.send(Command::replace(1, 1, 100, 4)), ["U1 4@100"]);
    desk.send(Command { scope: 1, symbol: 2, ..Command::mass_cancel(MassAction::Block) });
    assert_eq!(desk.send(Command::replace(2, 1, 100, 4)), ["J1 4@100 why 19"], "before the order is looked up");
    assert_eq!(desk.send(Command::cancel(1, 1, 0)), ["C1 4@100 left 0 why 14"]);
}

#[test]
fn rule_13_what_makes_no_sense_is_refused() {
    let mut desk = Desk::new();
    let refused = [
        (Command { scope: 8, ..Command::mass_cancel(MassAction::Cancel) }, 18),
        (Command { scope: 3, symbol: 1, ..Command::mass_cancel(MassAction::Block) }, 18),
        (Command { scope: 4, ..Command::mass_cancel(MassAction::Unblock) }, 18),
        (Command { then: 3, ..Command::mass_cancel(MassAction::Cancel) }, 18),
        (Command { scope: 1, ..Command::mass_cancel(MassAction::Cancel) }, 3),
    ];
    for (command, why) in refused {
        assert_eq!(desk.send(command), [format!("J0 0@0 why {why}")]);
    }
    let state = Command::state(1, TradingState::Trading, AuctionKind::Other, 0);
    assert_eq!(desk.send(Command { state: b'x', ..state }), ["J0 0@0 why 18"]);
    assert_eq!(desk.send(Command { symbol: 0, ..state }), ["J0 0@0 why 3"]);
}

#[test]
fn rule_14_orders_good_till_a_time_expire_with_it_earliest_first_then_oldest() {
    let mut desk = Desk::new();
    let dated = |id, price, expiry| Command::limit(1, Buy, id, price, 1).good_till(expiry);
    desk.send_all([dated(1, 100, 50), dated(2, 101, 40), dated(3, 102, 40), dated(4, 103, 51)]);
    desk.send(Command::stop(1, Sell, 5, 10, 1).good_till(45));
    assert_eq!(desk.send(Command::clock(50)), ["X2 1@101", "X3 1@102", "X5 1@0", "X1 1@100"]);
    assert_eq!(desk.engine.live_orders(), 1);
}

#[test]
fn rule_14_a_clock_that_is_not_later_is_ignored_and_one_in_a_halt_is_not() {
    let mut desk = Desk::new();
    desk.send(Command::clock(100));
    assert!(desk.send(Command::clock(100)).is_empty() && desk.send(Command::clock(7)).is_empty());
    assert_eq!(desk.engine.time_ns(), 100);
    assert_eq!(desk.send(Command::limit(1, Buy, 1, 100, 1).good_till(100)), ["J1 1@100 why 16"]);
    desk.send(Command::limit(1, Buy, 1, 100, 1).good_till(101));
    desk.state(TradingState::Halted);
    assert_eq!(desk.send(Command::clock(101)), ["X1 1@100"]);
}

#[test]
fn rule_14_day_orders_outlive_every_clock_and_end_with_the_close() {
    let mut desk = Desk::new();
    desk.buy(1, 100, 1);
    assert!(desk.send(Command::clock(u64::MAX)).is_empty());
    assert_eq!(desk.state(TradingState::Closed), ["X1 1@100"]);
}
