//! OUCH 5.0 against the engine: what it has beyond 4.2.

use crate::support::{Venue, order_50 as order};
use hftz_gateway::Version;
use hftz_model::Command;
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v50::{self, EnterOrder, Outbound};
use hftz_wire::ouch::{Appendage, tag};

/// A tag and its value.
type Field<'a> = (u8, &'a [u8]);

/// A message with an appendage of options.
fn with(fixed: &[u8], options: &[Field<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (tag, value) in options {
        bytes.extend([value.len() as u8 + 1, *tag]);
        bytes.extend_from_slice(value);
    }
    [fixed, &(bytes.len() as u16).to_be_bytes(), &bytes].concat()
}

fn short(messages: &[Vec<u8>]) -> Vec<String> {
    let one = |message: &Vec<u8>| match Outbound::of(message).unwrap().0 {
        Outbound::Accepted(b) => {
            format!("A{} {}", v50::Accepted::decode(b).reference, v50::Accepted::decode(b).quantity)
        }
        Outbound::Replaced(b) => {
            let replaced = v50::Replaced::decode(b);
            format!("U{}>{} {}", replaced.original, replaced.reference, replaced.quantity)
        }
        Outbound::Canceled(b) => {
            let canceled = v50::Canceled::decode(b);
            format!("C{} {} {}", canceled.reference, canceled.quantity, canceled.reason as char)
        }
        Outbound::Executed(b) => {
            format!("E{} {}", v50::Executed::decode(b).reference, v50::Executed::decode(b).quantity)
        }
        Outbound::Rejected(b) => {
            format!("J{} {:#x}", v50::Rejected::decode(b).reference, v50::Rejected::decode(b).reason)
        }
        Outbound::MassCancelResponse(b) => format!("X{}", v50::MassCancelResponse::decode(b).reference),
        Outbound::DisableResponse(b) => format!("G{}", v50::DisableResponse::decode(b).reference),
        Outbound::EnableResponse(b) => format!("K{}", v50::EnableResponse::decode(b).reference),
        Outbound::AccountQueryResponse(b) => format!("Q{}", v50::AccountQueryResponse::decode(b).next),
        other => panic!("{other:?}"),
    };
    messages.iter().map(one).collect()
}

fn venue() -> Venue {
    let mut venue = Venue::new(Version::V50);
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
fn an_accepted_order_comes_back_with_its_options() {
    let mut venue = venue();
    venue.say(1, &with(&order(1, b'B', 100, 50_000).encode(), &[(tag::FIRM, b"LIME"), (tag::CUSTOMER_TYPE, b"N")]));
    let messages = venue.messages(1);
    let (Outbound::Accepted(bytes), rest) = Outbound::of(&messages[0]).unwrap() else { panic!() };
    assert_eq!(v50::Accepted::decode(bytes).client_id, Alpha(*b"MINE          "));
    assert_eq!(Appendage::of(rest).get(tag::FIRM).unwrap().value, b"LIME");
}

#[test]
fn numbers_must_rise_and_a_lower_one_is_a_retransmission() {
    let mut venue = venue();
    venue.say(1, &with(&order(5, b'B', 100, 50_000).encode(), &[]));
    venue.say(1, &with(&order(5, b'B', 100, 50_000).encode(), &[]));
    venue.say(1, &with(&order(4, b'B', 100, 50_000).encode(), &[]));
    venue.say(1, b"Q");
    assert_eq!(told(&mut venue, 1), ["A5 100", "Q6"]);
}

#[test]
fn a_replace_of_a_dead_order_uses_no_number_up() {
    let mut venue = venue();
    let replace = |original, reference, quantity| {
        with(
            &v50::ReplaceOrder {
                original,
                reference,
                quantity,
                price: 50_000,
                time_in_force: b'0',
                display: b'Y',
                sweep: b'N',
                client_id: Alpha(*b"NEXT          "),
            }
            .encode(),
            &[],
        )
    };
    venue.say(1, &with(&order(1, b'S', 500, 50_000).encode(), &[]));
    venue.say(2, &with(&order(1, b'B', 100, 50_000).encode(), &[]));
    venue.say(1, &replace(1, 2, 500));
    venue.say(1, &replace(1, 3, 500));
    venue.say(1, b"Q");
    venue.say(1, &replace(2, 3, 50));
    venue.say(1, b"Q");
    assert_eq!(told(&mut venue, 1), ["A1 500", "E1 100", "U1>2 400", "Q3", "C2 400 U", "Q3"]);
}

#[test]
fn a_reserve_order_shows_its_floor_and_refills() {
    let mut venue = venue();
    venue.say(1, &with(&order(1, b'S', 500, 50_000).encode(), &[(tag::MAX_FLOOR, &100u32.to_be_bytes())]));
    venue.say(2, &with(&order(1, b'B', 250, 50_000).encode(), &[]));
    assert_eq!(told(&mut venue, 1), ["A1 500", "E1 100", "E1 100", "E1 50"]);
}

#[test]
fn a_good_till_time_order_ends_at_its_time() {
    let mut venue = venue();
    let timed = |reference, options: &[Field<'_>]| {
        with(&EnterOrder { time_in_force: b'6', ..order(reference, b'B', 10, 40_000) }.encode(), options)
    };
    venue.say(1, &timed(1, &[(tag::EXPIRE_TIME, &3u32.to_be_bytes())]));
    venue.say(1, &timed(2, &[]));
    venue.apply(&Command::clock(3_000_000_000));
    assert_eq!(told(&mut venue, 1), ["A1 10", "J2 0xf", "C1 10 T"]);
}

#[test]
fn what_is_not_supported_is_rejected_with_its_own_code() {
    let mut venue = venue();
    let cases: [(&[Field<'_>], u16); 8] = [
        (&[(tag::PRICE_TYPE, b"P")], 0x11),
        (&[(tag::PEG_OFFSET, &[0; 4])], 0x11),
        (&[(tag::ROUTE, b"SCAN")], 0x16),
        (&[(tag::RANDOM_RESERVES, &[0, 0, 0, 1])], 0x04),
        (&[(tag::DISCRETION_PRICE, &[0; 8])], 0x0f),
        (&[(tag::MINIMUM_QUANTITY, &[0, 0, 1, 0])], 0x0d),
        (&[(tag::USER_REF_INDEX, &[1])], 0x0f),
        (&[(99, &[])], 0x0f),
    ];
    for (reference, (options, code)) in (1..).zip(cases) {
        venue.say(1, &with(&order(reference, b'B', 100, 50_000).encode(), options));
        assert_eq!(told(&mut venue, 1), [format!("J{reference} {code:#x}")], "{options:?}");
    }
    let mut odd = order(20, b'?', 100, 50_000);
    venue.say(1, &with(&odd.encode(), &[]));
    odd = EnterOrder { side: b'B', quantity: 0, reference: 21, ..odd };
    venue.say(1, &with(&odd.encode(), &[]));
    odd = EnterOrder { quantity: 1, reference: 22, time_in_force: b'5', ..odd };
    venue.say(1, &with(&odd.encode(), &[]));
    assert_eq!(told(&mut venue, 1), ["J20 0x9", "J21 0x13", "J22 0xf"]);
}

#[test]
fn a_mass_cancel_takes_what_it_names() {
    let mut venue = venue();
    let mass = |reference, symbol: &[u8; 8], options: &[Field<'_>]| {
        with(&v50::MassCancel { reference, firm: Alpha::BLANK, symbol: Alpha(*symbol) }.encode(), options)
    };
    for (reference, side, symbol) in
        [(1, b'B', b"SYM00001"), (2, b'S', b"SYM00001"), (3, b'B', b"SYM00002"), (4, b'T', b"SYM00002")]
    {
        let price = if side == b'B' { 40_000 } else { 60_000 };
        venue.say(1, &with(&EnterOrder { symbol: Alpha(*symbol), ..order(reference, side, 10, price) }.encode(), &[]));
    }
    venue.say(2, &with(&order(1, b'B', 10, 30_000).encode(), &[]));
    venue.read(1);
    venue.say(1, &mass(5, b"NOSUCH  ", &[]));
    venue.say(1, &mass(6, b"SYM00002", &[(tag::SIDE, b"S")]));
    venue.say(1, &mass(7, b"SYM00001", &[]));
    venue.say(1, &mass(7, b"        ", &[]));
    assert_eq!(told(&mut venue, 1), ["J5 0x17", "X6", "C4 10 U", "X7", "C1 10 U", "C2 10 U"]);
    venue.say(1, &mass(8, b"        ", &[]));
    assert_eq!(told(&mut venue, 1), ["X8", "C3 10 U"]);
    assert_eq!(venue.core.engine.live_orders(), 1);
}

#[test]
fn order_entry_can_be_disabled_and_enabled_again() {
    let mut venue = venue();
    let firm = Alpha(*b"HFTZ");
    venue.say(1, &with(&v50::DisableOrderEntry { reference: 1, firm }.encode(), &[]));
    venue.say(1, &with(&order(2, b'B', 10, 40_000).encode(), &[]));
    venue.say(1, &with(&v50::EnableOrderEntry { reference: 3, firm }.encode(), &[]));
    venue.say(1, &with(&order(4, b'B', 10, 40_000).encode(), &[]));
    assert_eq!(told(&mut venue, 1), ["G1", "J2 0xc", "K3", "A4 10"]);
}
