//! Whole connections of clients as seeded mutations of good ones, against a server, the traders and an engine.

#[path = "../../../wire/tests/support/mutation.rs"]
mod mutation;

use crate::support::{Venue, login, order_50, packet, packets, token};
use hftz_gateway::{Users, Version};
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::{v42, v50};
use hftz_wire::soup::kind;
use mutation::fuzz;

/// What clients of 4.2 say from login to logout, and parts of it.
fn streams_42() -> Vec<Vec<u8>> {
    let enter = |number, side, display| v42::EnterOrder {
        token: token(number),
        side,
        shares: 300,
        stock: Alpha(*b"SYM00001"),
        price: 10_000,
        time_in_force: v42::MARKET_HOURS,
        firm: Alpha(*b"HFTZ"),
        display,
        capacity: b'P',
        sweep: b'N',
        minimum: 0,
        cross: b'N',
        customer: b'N',
    };
    let replace = v42::ReplaceOrder {
        existing: token(1),
        token: token(3),
        shares: 500,
        price: 10_100,
        time_in_force: v42::MARKET_HOURS,
        display: b'Y',
        sweep: b'N',
        minimum: 0,
    };
    let say = |message: &[u8]| packet(kind::DATA, message);
    let orders = [
        say(&enter(1, b'B', b'Y').encode()),
        say(&enter(2, b'S', b'P').encode()),
        say(&replace.encode()),
        say(&v42::ModifyOrder { token: token(3), side: b'B', shares: 200 }.encode()),
        say(&v42::CancelOrder { token: token(3), shares: 100 }.encode()),
        packet(kind::CLIENT_HEARTBEAT, b""),
    ];
    let bye = packet(kind::LOGOUT_REQUEST, b"");
    vec![
        [login("alice", 1), orders.concat(), bye.clone()].concat(),
        [login("bob", 0), orders[..2].concat(), packet(kind::DEBUG, b"hello")].concat(),
        [login("carol", 2), orders[1].clone(), orders[1].clone(), bye].concat(),
    ]
}

fn streams_50() -> Vec<Vec<u8>> {
    let enter = |reference, side| order_50(reference, side, 300, 10_000);
    let say = |message: &[u8], options: &[u8]| {
        packet(kind::DATA, &[message, &(options.len() as u16).to_be_bytes(), options].concat())
    };
    let orders = [
        say(&enter(1, b'B').encode(), b"\x05\x02HFTZ\x05\x05\0\0\0\x64"),
        say(&enter(2, b'S').encode(), b"\x02\x0cP"),
        say(&v50::CancelOrder { reference: 1, quantity: 100 }.encode(), b""),
        packet(kind::DATA, b"Q"),
        packet(kind::DATA, b"C\0\0\0\x09HFTZSYM00001\0\0"),
        packet(kind::DATA, b"D\0\0\0\x0aHFTZ\0\0"),
    ];
    vec![[login("alice", 1), orders.concat()].concat(), [login("bob", 1), orders[3..].concat()].concat()]
}

fn storm(name: &str, version: Version, streams: &[Vec<u8>]) {
    let mut venue = Venue::new(version);
    fuzz(name, streams, 5_000..=200_000, |iteration, stream| {
        let client = iteration + 1;
        venue.connect(client);
        // In two pieces, cut anywhere.
        let (head, tail) = stream.split_at(stream.len() / 3);
        venue.send(client, head);
        venue.send(client, tail);
        // What comes back are whole packets, whatever was sent.
        packets(&venue.read(client));
        venue.close(client);
        assert_eq!(venue.core.engine.live_orders(), 0, "who has left has no orders");
    });
}

#[test]
fn whatever_a_client_sends_it_is_answered_in_whole_packets_and_leaves_no_order_behind() {
    storm("ouch-4.2-connection", Version::V42, &streams_42());
    storm("ouch-5.0-connection", Version::V50, &streams_50());
}

#[test]
fn a_table_of_users_is_users_or_an_error_that_names_its_line() {
    let rows = ["alice,secret,7\n\nbob,,9\n", "ABCDEF,0123456789,65535\r\nx,y,1"];
    let seeds = rows.map(|rows| format!("user,password,account\n{rows}").into_bytes());
    fuzz("users", &seeds, 20_000..=5_000_000, |_, bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Err(error) = Users::parse(text) {
            assert!(error.starts_with("line ") && !error.contains(char::is_control), "{error}");
        }
    });
}
