//! Rules 11, 12 and 15: the checks before acceptance and their order, determinism, price bands.

use crate::desk::{Buy, Desk, Sell};
use crate::dice::Dice;
use crate::shadow::Shadow;
use hftz_book::matching::{Engine, Objection, RiskLimits, Settings, SymbolSpec};
use hftz_model::{AuctionKind, Command, CommandKind, MassAction, OrderKind, Side, TimeInForce, TradingState};

/// Symbol 1 with tick 5, lot 10, band 20 around 100; risk limits; room for three orders.
fn strict() -> Desk {
    let spec = SymbolSpec { tick: 5, lot: 10, band: 20, reference: 100, state: TradingState::Trading };
    let risk = RiskLimits { quantity: 1000, notional: 50_000 };
    Desk::with(Settings { capacity: 3, any_symbol: false, risk, ..Settings::default() }, &[(1, spec), (2, spec)])
}

fn why(reports: &[String]) -> u8 {
    reports[0].rsplit("why ").next().unwrap().parse().unwrap()
}

#[test]
fn rule_11_each_check_of_a_new_order_comes_before_those_after_it() {
    // An order that breaks every rule, mended one rule at a time in the order of the checks.
    let mut desk = strict();
    desk.send(Command::limit(1, Sell, 1, 105, 10));
    desk.send(Command::limit(1, Sell, 2, 110, 10));
    desk.send(Command::limit(1, Buy, 3, 80, 10));
    desk.send(Command { scope: 2, account: 9, ..Command::mass_cancel(MassAction::Block) });
    let post_only = TimeInForce::PostOnly.byte();
    let mut order = Command { time_in_force: post_only, ..Command::limit(7, Buy, 1, 203, 15) }.with_account(9);
    order.side = b'?';
    assert_eq!(why(&desk.send(order)), 18);
    order.side = Buy.byte();
    assert_eq!(why(&desk.send(order)), 19);
    order.account = 0;
    assert_eq!(why(&desk.send(order)), 3);
    order.symbol = 2;
    desk.send(Command::state(2, TradingState::Halted, AuctionKind::Other, 0));
    assert_eq!(why(&desk.send(order)), 11);
    order.symbol = 1;
    assert_eq!(why(&desk.send(order)), 2);
    order.order_id = 9;
    assert_eq!(why(&desk.send(order)), 4);
    order.quantity = 2000;
    assert_eq!(why(&desk.send(order)), 5);
    order.price = 200;
    assert_eq!(why(&desk.send(order)), 12);
    order.price = 120;
    assert_eq!(why(&desk.send(order)), 17);
    order.quantity = 10;
    assert_eq!(why(&desk.send(order)), 13);
    desk.send(Command::cancel(1, 3, 0));
    assert_eq!(why(&desk.send(order)), 6);
    order.price = 100;
    assert_eq!(desk.send(order), ["A9 10@100"]);
}

#[test]
fn rule_11_an_objection_counts_at_its_place_and_for_one_command() {
    let mut desk = strict();
    let sound = Command::limit(1, Buy, 9, 100, 10);
    let unknown = Command { symbol: 7, ..sound };
    let outside = Command { price: 200, ..sound };
    for (objection, of_unknown, of_outside, of_sound) in
        [(Objection::UsedId, 3, 2, 2), (Objection::BeyondRisk, 3, 12, 17)]
    {
        let told = [unknown, outside, sound].map(|order| why(&desk.send_against(order, objection)));
        assert_eq!(told, [of_unknown, of_outside, of_sound]);
    }
    assert_eq!(desk.send(sound), ["A9 10@100"]);
}

#[test]
fn rule_11_an_expiry_is_looked_at_between_price_and_band() {
    let mut desk = strict();
    desk.send(Command::clock(1000));
    let order = |price, expiry| Command::limit(1, Buy, 1, price, 10).good_till(expiry);
    assert_eq!(why(&desk.send(order(203, 5))), 5);
    assert_eq!(why(&desk.send(order(200, 5))), 16);
    assert_eq!(why(&desk.send(order(200, 1001))), 12);
}

#[test]
fn rule_11_replace_has_the_same_checks_with_unknown_order_and_without_capacity() {
    let mut desk = strict();
    let post_only = Command::limit(1, Buy, 1, 80, 10).with_time_in_force(TimeInForce::PostOnly);
    desk.send_all([post_only, Command::limit(1, Sell, 2, 105, 10), Command::limit(1, Sell, 3, 110, 10)]);
    let mut order = Command::replace(7, 4, 203, 15).with_flags(4);
    assert_eq!(why(&desk.send(order)), 18);
    order.flags = 0;
    assert_eq!(why(&desk.send(order)), 3);
    order.symbol = 2;
    desk.send(Command::state(2, TradingState::Paused, AuctionKind::Other, 0));
    assert_eq!(why(&desk.send(order)), 11);
    order.symbol = 1;
    assert_eq!(desk.send(order), ["J4 15@203 why 1"]);
    order.order_id = 1;
    assert_eq!(desk.send(order), ["J1 15@203 left 10 why 4"]);
    order.quantity = 2000;
    assert_eq!(why(&desk.send(order)), 5);
    order.price = 200;
    assert_eq!(why(&desk.send(order)), 12);
    order.price = 120;
    assert_eq!(why(&desk.send(order)), 17);
    order.quantity = 20;
    assert_eq!(why(&desk.send(order)), 6);
    order.price = 100;
    assert_eq!(desk.send(order), ["U1 20@100"], "the engine is full");
}

#[test]
fn rule_11_a_cancel_is_checked_for_form_symbol_order_and_lot() {
    let mut desk = strict();
    desk.send(Command::limit(1, Buy, 1, 100, 30));
    assert_eq!(desk.send(Command::cancel(7, 0, 3)), ["J0 3@0 why 18"]);
    assert_eq!(desk.send(Command::cancel(7, 1, 3)), ["J1 3@0 why 3"]);
    assert_eq!(desk.send(Command::cancel(1, 2, 3)), ["J2 3@0 why 1"]);
    assert_eq!(desk.send(Command::cancel(1, 1, 3)), ["J1 3@0 left 30 why 4"]);
    assert_eq!(desk.send(Command::cancel(1, 1, 10)), ["C1 10@100 left 20 why 14"]);
}

#[test]
fn rule_11_everything_outside_the_tables_is_malformed() {
    let order = Command::limit(1, Buy, 1, 100, 10);
    let stop = Command::stop(1, Buy, 1, 100, 10);
    let malformed = [
        Command { side: 0, ..order },
        Command { order_id: 0, ..order },
        Command { order_kind: 4, ..order.long() },
        Command { order_kind: OrderKind::Stop.byte(), ..order },
        Command { time_in_force: 7, ..order.long() },
        Command { time_in_force: TimeInForce::Gtd.byte(), ..order },
        Command { self_trade: 5, ..order.long() },
        Command { order_kind: OrderKind::Market.byte(), time_in_force: TimeInForce::PostOnly.byte(), ..order },
        stop.with_time_in_force(TimeInForce::PostOnly),
        stop.with_time_in_force(TimeInForce::AtOpen),
        Command::stop_limit(1, Buy, 1, 100, 100, 10).with_time_in_force(TimeInForce::AtClose),
    ];
    let mut desk = Desk::new();
    for command in malformed {
        assert_eq!(why(&desk.send(command)), 18, "{command:?}");
    }
    assert_eq!(desk.send(Command { self_trade: 5, ..order }), ["A1 10@100"], "the short form has no such field");
}

#[test]
fn rule_11_a_rejected_order_comes_back_as_sent() {
    let mut desk = Desk::new();
    let sent = Command { side: b'?', ..Command::limit(7, Buy, 3, -4, 5) }.with_account(8);
    desk.send(sent);
    let event = desk.last_event();
    assert_eq!((event.symbol, event.side, event.order_id, event.account), (7, b'?', 3, 8));
    assert_eq!((event.price, event.quantity, event.open), (-4, 5, 0));
}

#[test]
fn rule_11_a_stop_needs_a_trigger_and_only_a_limit_a_price() {
    let mut desk = strict();
    assert_eq!(why(&desk.send(Command::stop(1, Buy, 1, 0, 10))), 5);
    assert_eq!(why(&desk.send(Command::stop(1, Buy, 1, 103, 10))), 5);
    assert_eq!(why(&desk.send(Command::stop_limit(1, Buy, 1, 105, 103, 10))), 5);
    assert_eq!(desk.send(Command { price: -3, ..Command::stop(1, Buy, 1, 500, 10) }), ["A1 10@-3"]);
    let market = Command { price: 203, ..Command::market(1, Buy, 2, 10) };
    assert_eq!(desk.send(market)[0], "A2 10@203");
}

#[test]
fn rule_11_a_minimum_above_the_quantity_is_an_invalid_quantity() {
    let mut desk = Desk::new();
    assert_eq!(why(&desk.send(Command::limit(1, Buy, 1, 100, 10).with_minimum(11))), 4);
}

#[test]
fn rule_11_an_engine_that_is_full_rejects_every_kind_and_goes_on() {
    let mut desk = Desk::with(Settings { capacity: 2, ..Settings::default() }, &[]);
    desk.buy(1, 100, 10);
    desk.send(Command::stop(1, Sell, 2, 50, 10));
    let ioc = Command::limit(1, Sell, 3, 100, 10).with_time_in_force(TimeInForce::Ioc);
    for order in [Command::limit(1, Sell, 3, 200, 1), Command::market(1, Sell, 3, 1), ioc] {
        assert_eq!(why(&desk.send(order)), 13, "as many live orders as slots, whatever the kind");
    }
    desk.send(Command::cancel(1, 2, 0));
    assert_eq!(desk.send(ioc).len(), 3);
    assert_eq!(desk.engine.live_orders(), 0);
}

#[test]
fn rule_15_a_price_further_than_the_band_from_the_reference_is_rejected() {
    let mut desk = strict();
    for (price, inside) in [(120, true), (125, false), (80, true), (75, false)] {
        let reports = desk.send(Command::limit(1, Buy, 1, price, 10));
        assert_eq!(reports[0].starts_with('A'), inside, "{price}");
        desk.send(Command::cancel(1, 1, 0));
    }
    assert_eq!(why(&desk.send(Command::stop_limit(1, Buy, 1, 105, 125, 10))), 12);
    assert!(desk.send(Command::stop(1, Buy, 1, 500, 10))[0].starts_with('A'), "a stop has no price");
    desk.send(Command::state(1, TradingState::Trading, AuctionKind::Other, 200));
    assert_eq!(desk.send(Command::limit(1, Buy, 2, 180, 10)), ["A2 10@180"], "the band follows the reference");
}

#[test]
fn rule_15_without_a_reference_there_is_no_check() {
    let spec = SymbolSpec { band: 5, ..SymbolSpec::default() };
    let mut desk = Desk::with(Settings { capacity: 10, ..Settings::default() }, &[(1, spec)]);
    assert_eq!(desk.buy(1, 1 << 40, 1), ["A1 1@1099511627776"]);
}

#[test]
fn rule_12_equal_input_gives_equal_reports_and_hashes() {
    let run = || {
        let mut dice = Dice(12);
        let mut engine = Engine::new(&dice.settings()).unwrap();
        let mut shadow = Shadow::default();
        (0..2000).for_each(|_| engine.apply(&dice.command(), &mut shadow));
        (shadow.events, engine.state_hash(), engine.books_hash())
    };
    assert_eq!(run(), run());
}

#[test]
fn level_and_auction_sums_do_not_overflow_32_bits() {
    let mut desk = Desk::new();
    desk.state(TradingState::Auction);
    for id in 1..=40 {
        desk.send(Command::limit(1, if id % 2 == 0 { Side::Buy } else { Side::Sell }, id, 100, u32::MAX));
    }
    assert_eq!(desk.engine.depth_at(1, Buy, 100), 20 * u64::from(u32::MAX));
    desk.state(TradingState::Trading);
    assert_eq!(desk.shadow.crosses, [(1, 100, 20 * u64::from(u32::MAX))]);
    assert_eq!(desk.engine.live_orders(), 0);
}

#[test]
fn a_command_of_every_kind_on_an_empty_engine_is_answered() {
    let mut desk = Desk::new();
    let kinds = CommandKind::ALL.iter().map(|&kind| Command::empty(kind));
    let answers: Vec<_> = kinds.map(|command| desk.send(command).len()).collect();
    assert_eq!(answers, [1, 1, 1, 1, 0, 1, 0]);
}

#[test]
fn at_a_price_that_no_order_can_have_nothing_is_open_whatever_other_symbols_hold() {
    let mut desk = Desk::new();
    // The first order places a window of 256 hundreds around itself, the second takes its first cell.
    for (id, price) in [(1, 1_000_000), (2, 1_000_000 - 128 * 100)] {
        desk.send(Command::limit(1, Side::Buy, id, price, 5));
    }
    for symbol in [1, 2] {
        for price in [i64::MIN, i64::MIN + 1, -1, 0] {
            assert_eq!((desk.engine.depth_at(symbol, Buy, price), desk.engine.shown_at(symbol, Buy, price)), (0, 0));
        }
    }
}
