//! OUCH 4.2 against the engine: every message in, every message out, in the words a client checks them by.

use crate::support::{Venue, token};
use hftz_gateway::Version;
use hftz_model::{AuctionKind, Command, MassAction, TradingState};
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v42::{self, EnterOrder, Outbound};

fn order(number: u32, side: u8, shares: u32, price: u32) -> EnterOrder {
    EnterOrder {
        token: token(number),
        side,
        shares,
        stock: Alpha(*b"SYM00001"),
        price,
        time_in_force: v42::MARKET_HOURS,
        firm: Alpha(*b"HFTZ"),
        display: b'Y',
        capacity: b'P',
        sweep: b'N',
        minimum: 0,
        cross: b'N',
        customer: b'N',
    }
}

fn replace(existing: u32, number: u32, shares: u32, price: u32) -> Vec<u8> {
    v42::ReplaceOrder {
        existing: token(existing),
        token: token(number),
        shares,
        price,
        time_in_force: v42::MARKET_HOURS,
        display: b'Y',
        sweep: b'N',
        minimum: 0,
    }
    .encode()
    .to_vec()
}

fn cancel(number: u32, shares: u32) -> Vec<u8> {
    v42::CancelOrder { token: token(number), shares }.encode().to_vec()
}

/// What a client read, in short.
fn short(messages: &[Vec<u8>]) -> Vec<String> {
    let one = |message: &Vec<u8>| match Outbound::of(message).unwrap().0 {
        Outbound::Accepted(b) => format!("A {}", v42::Accepted::decode(b).shares),
        Outbound::Replaced(b) => format!("U {}", v42::Replaced::decode(b).shares),
        Outbound::Canceled(b) => {
            let canceled = v42::Canceled::decode(b);
            format!("C {} {}", canceled.decrement, canceled.reason as char)
        }
        Outbound::Executed(b) => {
            let executed = v42::Executed::decode(b);
            format!("E {} @{} {}", executed.shares, executed.price, executed.liquidity as char)
        }
        Outbound::Rejected(b) => format!("J {}", v42::Rejected::decode(b).reason as char),
        Outbound::Modified(b) => {
            let modified = v42::Modified::decode(b);
            format!("M {} {}", modified.side as char, modified.shares)
        }
        other => panic!("{other:?}"),
    };
    messages.iter().map(one).collect()
}

/// A venue with alice as client 1 and bob as client 2, both ready.
fn venue() -> Venue {
    let mut venue = Venue::new(Version::V42);
    for (client, user) in [(1, "alice"), (2, "bob")] {
        venue.log_in(client, user, 1);
        venue.read(client);
    }
    venue
}

fn told(venue: &mut Venue, client: u64) -> Vec<String> {
    short(&venue.messages(client))
}

#[test]
fn an_order_is_accepted_with_its_own_fields_and_executes_on_both_sides() {
    let mut venue = venue();
    venue.apply(&Command::clock(34_200_000_000_000));
    venue.say(1, &order(1, b'T', 100, 50_000).encode());
    let messages = venue.messages(1);
    let Outbound::Accepted(bytes) = Outbound::of(&messages[0]).unwrap().0 else { panic!() };
    let accepted = v42::Accepted::decode(bytes);
    assert_eq!((accepted.time_ns, accepted.token, accepted.side), (34_200_000_000_000, token(1), b'T'));
    assert_eq!((accepted.stock, accepted.firm, accepted.state), (Alpha(*b"SYM00001"), Alpha(*b"HFTZ"), b'L'));
    venue.say(2, &order(1, b'B', 60, 50_100).encode());
    assert_eq!(told(&mut venue, 1), ["E 60 @50000 A"]);
    assert_eq!(told(&mut venue, 2), ["A 60", "E 60 @50000 R"]);
}

#[test]
fn a_replace_says_the_total_and_the_answer_what_is_open() {
    let mut venue = venue();
    venue.say(1, &order(1, b'S', 500, 50_000).encode());
    venue.say(2, &order(1, b'B', 100, 50_000).encode());
    venue.say(1, &replace(1, 2, 500, 50_100));
    assert_eq!(told(&mut venue, 1), ["A 500", "E 100 @50000 A", "U 400"]);
    // The old name is dead, the new one is not to be had twice.
    venue.say(1, &cancel(1, 0));
    venue.say(1, &replace(2, 1, 300, 50_000));
    assert_eq!(told(&mut venue, 1), [""; 0]);
    venue.say(1, &replace(2, 3, 100, 50_000));
    assert_eq!(told(&mut venue, 1), ["C 400 U"]);
}

#[test]
fn a_replace_that_makes_no_sense_cancels_and_one_that_cannot_be_done_is_rejected() {
    let mut venue = venue();
    venue.say(1, &order(1, b'S', 500, 50_000).encode());
    venue.say(1, &replace(1, 2, 500, 0));
    assert_eq!(told(&mut venue, 1), ["A 500", "C 500 U"]);
    venue.say(1, &order(3, b'S', 500, 50_000).encode());
    let mut immediate = replace(3, 4, 500, 50_000);
    immediate[37..41].fill(0);
    venue.say(1, &immediate);
    venue.apply(&Command::state(1, TradingState::Halted, AuctionKind::Other, 0));
    venue.say(1, &replace(3, 5, 500, 50_000));
    venue.say(1, &cancel(3, 200));
    assert_eq!(told(&mut venue, 1), ["A 500", "J O", "J H", "C 300 U"]);
}

#[test]
fn a_cancel_says_the_new_total_and_superfluous_ones_are_silent() {
    let mut venue = venue();
    venue.say(1, &order(1, b'S', 500, 50_000).encode());
    venue.say(2, &order(1, b'B', 100, 50_000).encode());
    venue.say(1, &cancel(1, 300));
    venue.say(1, &cancel(1, 300));
    venue.say(1, &cancel(1, 900));
    venue.say(1, &cancel(1, 50));
    venue.say(1, &cancel(1, 0));
    venue.say(1, &cancel(77, 0));
    assert_eq!(told(&mut venue, 1), ["A 500", "E 100 @50000 A", "C 200 U", "C 200 U"]);
}

#[test]
fn a_modify_changes_the_kind_of_a_sale_and_reduces() {
    let mut venue = venue();
    let modify = |side, shares| v42::ModifyOrder { token: token(1), side, shares }.encode();
    venue.say(1, &order(1, b'S', 500, 50_000).encode());
    venue.say(1, &modify(b'E', 500));
    venue.say(1, &modify(b'T', 200));
    venue.say(1, &modify(b'S', 100));
    venue.say(1, &modify(b'B', 100));
    venue.say(1, &v42::TradeNow { token: token(1) }.encode());
    assert_eq!(told(&mut venue, 1), ["A 500", "M E 500", "M T 200"]);
}

#[test]
fn a_name_used_before_is_ignored_even_after_a_rejection() {
    let mut venue = venue();
    venue.say(1, &order(1, b'S', 500, 0).encode());
    venue.say(1, &order(1, b'S', 500, 50_000).encode());
    assert_eq!(told(&mut venue, 1), ["J X"]);
    // Names are the session's own.
    venue.say(2, &order(1, b'B', 1, 50_000).encode());
    assert_eq!(told(&mut venue, 2), ["A 1"]);
}

#[test]
fn what_this_venue_does_not_take_is_rejected_with_ouchs_own_reason() {
    let mut venue = venue();
    let plain = order(0, b'B', 100, 50_000);
    let cases = [
        (EnterOrder { side: b'X', ..plain }, "J O"),
        (EnterOrder { shares: 0, ..plain }, "J Z"),
        (EnterOrder { shares: 1_000_000, ..plain }, "J Z"),
        (EnterOrder { stock: Alpha(*b"NOSUCH  "), ..plain }, "J S"),
        (EnterOrder { price: v42::MAX_PRICE + 100, ..plain }, "J X"),
        (EnterOrder { price: v42::MARKET_PRICE, ..plain }, "J X"),
        (EnterOrder { time_in_force: 100_000, ..plain }, "J O"),
        (EnterOrder { display: b'M', ..plain }, "J D"),
        (EnterOrder { display: b'N', ..plain }, "J D"),
        (EnterOrder { display: b'P', time_in_force: v42::IMMEDIATE, ..plain }, "J D"),
        (EnterOrder { capacity: b'?', ..plain }, "J O"),
        (EnterOrder { minimum: 101, ..plain }, "J N"),
        (EnterOrder { cross: b'H', ..plain }, "J R"),
        (EnterOrder { cross: b'O', time_in_force: 60, ..plain }, "J R"),
    ];
    for (number, (order, expected)) in (1..).zip(cases) {
        venue.say(1, &EnterOrder { token: token(number), ..order }.encode());
        assert_eq!(told(&mut venue, 1), [expected], "{order:?}");
    }
    venue.apply(&Command::state(1, TradingState::Halted, AuctionKind::Other, 0));
    venue.say(1, &order(100, b'B', 100, 50_000).encode());
    venue.apply(&Command::mass_cancel(MassAction::Block));
    venue.say(1, &order(101, b'B', 100, 50_000).encode());
    assert_eq!(told(&mut venue, 1), ["J H", "J a"]);
}

#[test]
fn each_time_in_force_ends_its_own_way() {
    let mut venue = venue();
    venue.say(2, &order(1, b'S', 100, 50_000).encode());
    venue.say(1, &EnterOrder { time_in_force: v42::IMMEDIATE, ..order(1, b'B', 150, 50_000) }.encode());
    assert_eq!(told(&mut venue, 1), ["A 150", "E 100 @50000 R", "C 50 I"]);
    venue.say(2, &order(2, b'S', 100, 50_000).encode());
    let all = EnterOrder { time_in_force: v42::IMMEDIATE, minimum: 150, ..order(2, b'B', 150, 50_000) };
    venue.say(1, &all.encode());
    assert_eq!(told(&mut venue, 1), ["A 150", "C 150 I"]);
    venue.say(1, &EnterOrder { display: b'P', ..order(3, b'B', 10, 50_000) }.encode());
    venue.say(1, &EnterOrder { time_in_force: 2, ..order(4, b'B', 10, 40_000) }.encode());
    venue.apply(&Command::clock(1_999_999_999));
    assert_eq!(told(&mut venue, 1), ["J O", "A 10"]);
    venue.apply(&Command::clock(2_000_000_000));
    assert_eq!(told(&mut venue, 1), ["C 10 T"]);
    venue.say(1, &order(5, b'B', 10, 40_000).encode());
    venue.apply(&Command::state(1, TradingState::Closed, AuctionKind::Other, 0));
    assert_eq!(told(&mut venue, 1), ["A 10", "C 10 T"]);
}

#[test]
fn orders_of_an_opening_cross_execute_in_it_or_are_cancelled_after_it() {
    let mut venue = venue();
    venue.apply(&Command::state(1, TradingState::Auction, AuctionKind::Opening, 50_000));
    venue.say(1, &EnterOrder { cross: b'O', price: v42::MARKET_PRICE, ..order(1, b'B', 100, 0) }.encode());
    venue.say(1, &EnterOrder { cross: b'O', time_in_force: 0, ..order(2, b'B', 100, 49_000) }.encode());
    venue.say(2, &order(1, b'S', 60, 50_000).encode());
    venue.read(2);
    venue.apply(&Command::state(1, TradingState::Trading, AuctionKind::Other, 0));
    assert_eq!(told(&mut venue, 2), ["E 60 @50000 O"]);
    let told = told(&mut venue, 1);
    assert_eq!(told[..3], ["A 100", "A 100", "E 60 @50000 O"]);
    assert_eq!((told[3..].len(), told.contains(&"C 40 C".into()), told.contains(&"C 100 C".into())), (2, true, true));
}

#[test]
fn the_operators_kill_switch_is_supervisory_and_a_disconnect_the_systems() {
    let mut venue = venue();
    venue.say(1, &order(1, b'B', 10, 40_000).encode());
    venue.apply(&Command::mass_cancel(MassAction::Cancel));
    venue.say(1, &order(2, b'B', 10, 40_000).encode());
    assert_eq!(told(&mut venue, 1), ["A 10", "C 10 S", "A 10"]);
    venue.close(1);
    venue.log_in(3, "alice", 5);
    assert_eq!(told(&mut venue, 3), ["C 10 Z"]);
}
