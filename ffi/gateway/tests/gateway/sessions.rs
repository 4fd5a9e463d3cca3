//! SoupBinTCP sessions: logins, heartbeats, replays, ends, and clients that mean no good.

use crate::support::{Venue, login, packet, packets, token};
use hftz_gateway::{Cut, Input, ServerSettings, Users, Version};
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v42;
use hftz_wire::soup::{LoginAccepted, kind};

const SECOND: u64 = 1_000_000_000;

fn order(number: u32, side: u8, shares: u32) -> Vec<u8> {
    v42::EnterOrder {
        token: token(number),
        side,
        shares,
        stock: Alpha(*b"SYM00001"),
        price: 10_000,
        time_in_force: v42::MARKET_HOURS,
        firm: Alpha(*b"HFTZ"),
        display: b'Y',
        capacity: b'P',
        sweep: b'N',
        minimum: 0,
        cross: b'N',
        customer: b'N',
    }
    .encode()
    .to_vec()
}

#[test]
fn a_login_is_answered_with_the_number_of_the_first_message_wanted() {
    let mut venue = Venue::new(Version::V42);
    venue.log_in(1, "alice", 1);
    let packets = venue.packets(1);
    assert_eq!(packets[0].0, kind::LOGIN_ACCEPTED);
    assert_eq!(LoginAccepted::decode(&packets[0].1, 0).unwrap().sequence, 1);
    // The first message of a session is the start of its day.
    assert_eq!((packets[1].0, packets[1].1[0], packets[1].1[9]), (kind::SEQUENCED, b'S', b'S'));
}

#[test]
fn a_client_that_comes_back_reads_on_where_it_stopped() {
    let mut venue = Venue::new(Version::V42);
    venue.log_in(1, "alice", 1);
    for number in 0..5 {
        venue.say(1, &order(number, b'B', 100));
    }
    let all = venue.messages(1);
    assert_eq!(all.len(), 6);
    venue.close(1);
    venue.log_in(2, "ALICE", 4);
    let packets = venue.packets(2);
    assert_eq!(LoginAccepted::decode(&packets[0].1, 0).unwrap().sequence, 4);
    let again: Vec<_> = packets[1..].iter().map(|packet| packet.1.clone()).collect();
    assert_eq!(again[..3], all[3..]);
    // Its orders were cancelled when it went away.
    assert_eq!(again[3..].iter().map(|message| (message[0], message[27])).collect::<Vec<_>>(), [(b'C', b'Z'); 5]);
    assert_eq!(venue.core.engine.live_orders(), 0);
    venue.log_in(3, "alice", 12);
    assert_eq!(LoginAccepted::decode(&venue.packets(3)[0].1, 0).unwrap().sequence, 12);
}

#[test]
fn a_login_that_cannot_be_is_refused_with_its_reason() {
    let users = Users::parse("user,password,account\nalice,,7\n").unwrap();
    let mut venue = Venue::with(ServerSettings { users, ..ServerSettings::default() });
    venue.log_in(1, "mallet", 1);
    assert_eq!(venue.packets(1), [(kind::LOGIN_REJECTED, vec![b'A'])]);
    assert!(venue.server.is_finished(1));
    venue.log_in(2, "alice", 99);
    assert_eq!(venue.packets(2), [(kind::LOGIN_REJECTED, vec![b'S'])]);
    let mut other_day = login("alice", 1);
    other_day[3 + 16..3 + 26].copy_from_slice(b"      2025");
    venue.connect(3);
    venue.send(3, &other_day);
    assert_eq!(venue.packets(3), [(kind::LOGIN_REJECTED, vec![b'S'])]);
}

#[test]
fn each_side_hears_a_heartbeat_every_second_and_a_silent_client_is_let_go() {
    let mut venue = Venue::new(Version::V42);
    venue.log_in(1, "alice", 1);
    venue.log_in(2, "bob", 1);
    venue.say(1, &order(1, b'B', 100));
    venue.read(1);
    venue.read(2);
    for second in 1..=14 {
        venue.now_ns = second * SECOND;
        venue.tick();
        assert_eq!(venue.packets(1), [(kind::SERVER_HEARTBEAT, vec![])]);
        venue.send(2, &packet(kind::CLIENT_HEARTBEAT, b""));
        venue.read(2);
    }
    venue.now_ns = 15 * SECOND;
    venue.tick();
    assert!(venue.server.is_finished(1) && !venue.server.is_finished(2));
    assert_eq!(venue.core.engine.live_orders(), 0);
    // Counted once, however often it is looked at.
    venue.tick();
    assert_eq!(venue.server.cut(), Cut { malformed: 0, silent: 1 });
}

#[test]
fn who_does_not_log_in_is_let_go_after_half_a_minute() {
    let mut venue = Venue::new(Version::V42);
    venue.connect(1);
    venue.now_ns = 29 * SECOND;
    venue.send(1, &login("alice", 1)[..20]);
    venue.tick();
    assert!(!venue.server.is_finished(1));
    venue.now_ns = 30 * SECOND;
    venue.tick();
    assert!(venue.server.is_finished(1));
}

#[test]
fn the_end_of_the_session_comes_after_its_last_message() {
    let mut venue = Venue::new(Version::V42);
    venue.log_in(1, "alice", 1);
    venue.say(1, &order(1, b'B', 100));
    venue.read(1);
    venue.core.take(&Input::End, &mut venue.server);
    venue.server.end();
    let packets = venue.packets(1);
    assert_eq!((packets[0].0, packets[0].1[9], packets[1].0), (kind::SEQUENCED, b'E', kind::END_OF_SESSION));
    assert!(venue.server.is_finished(1));
}

#[test]
fn a_logout_closes_and_cancels() {
    let mut venue = Venue::new(Version::V42);
    venue.log_in(1, "alice", 1);
    venue.say(1, &order(1, b'B', 100));
    venue.send(1, &packet(kind::LOGOUT_REQUEST, b""));
    venue.read(1);
    assert!(venue.server.is_finished(1));
    assert_eq!(venue.server.cut(), Cut::default());
    assert_eq!(venue.core.engine.live_orders(), 0);
}

#[test]
fn the_second_login_of_a_user_takes_its_session_over() {
    let mut venue = Venue::new(Version::V42);
    venue.log_in(1, "alice", 1);
    venue.read(1);
    venue.log_in(2, "alice", 0);
    assert!(venue.server.is_finished(1));
    venue.say(2, &order(1, b'B', 100));
    assert_eq!(venue.messages(2).len(), 1);
    // The late end of the first connection does not touch the second's orders.
    venue.close(1);
    assert_eq!(venue.core.engine.live_orders(), 1);
}

#[test]
fn packets_may_come_in_any_pieces() {
    let mut stream = login("alice", 1);
    for number in 0..20 {
        stream.extend(packet(kind::DATA, &order(number, if number % 2 == 0 { b'B' } else { b'S' }, 100)));
    }
    let mut whole = Venue::new(Version::V42);
    whole.connect(1);
    whole.send(1, &stream);
    let expected = whole.read(1);
    for size in [1, 2, 3, 7, 52, 53, 1000] {
        let mut venue = Venue::new(Version::V42);
        venue.connect(1);
        stream.chunks(size).for_each(|piece| venue.send(1, piece));
        assert_eq!(venue.read(1), expected);
    }
}

#[test]
fn what_is_no_soup_or_no_ouch_ends_the_connection_and_only_that() {
    let bad: [&[u8]; 7] = [
        &[0, 0],
        &[0xff, 0xff, b'U'],
        b"GET / HTTP/1.1\r\n\r\n",
        &[0, 1, b'S'],
        &[0, 2, b'U', b'?'],
        &[0, 3, b'U', b'X', b'T'],
        &[0, 2, b'L', b' '],
    ];
    let mut venue = Venue::new(Version::V42);
    venue.log_in(1, "alice", 1);
    venue.read(1);
    for (client, bytes) in (10..).zip(bad) {
        venue.log_in(client, "bob", 0);
        venue.send(client, bytes);
        venue.read(client);
        assert!(venue.server.is_finished(client), "{bytes:?}");
        venue.close(client);
    }
    venue.connect(50);
    venue.send(50, &packet(kind::DATA, &order(1, b'B', 1)));
    assert!(venue.server.is_finished(50));
    assert!(!venue.server.is_finished(1));
    // What it still sends does not count again.
    venue.send(50, &[0, 0]);
    assert_eq!(venue.server.cut(), Cut { malformed: 8, silent: 0 });
}

#[test]
fn a_client_that_never_reads_costs_a_bounded_buffer_and_is_let_go() {
    let mut venue = Venue::with(ServerSettings { tape_bytes: 1 << 20, ..ServerSettings::default() });
    venue.log_in(1, "alice", 1);
    for number in 0..20_000 {
        venue.say(1, &order(number, if number % 2 == 0 { b'B' } else { b'S' }, 100));
        assert!(venue.server.output(1).len() <= 64 * 1024);
    }
    for second in 1..=15 {
        venue.now_ns = second * SECOND;
        venue.send(1, &packet(kind::CLIENT_HEARTBEAT, b""));
        venue.tick();
    }
    assert!(venue.server.is_finished(1));
    // What fell off the tape is no longer to be had.
    venue.log_in(2, "alice", 1);
    assert_eq!(packets(&venue.read(2))[0], (kind::LOGIN_REJECTED, vec![b'S']));
}

#[test]
fn ten_thousand_users_log_in() {
    let mut venue = Venue::new(Version::V42);
    for number in 0..10_000 {
        venue.log_in(number, &format!("u{number}"), 1);
        assert_eq!(venue.packets(number).len(), 2);
    }
    for number in 0..10_000 {
        venue.log_in(10_000 + number, "same", 0);
        venue.close(10_000 + number);
    }
    assert_eq!(venue.server.clients(), 10_000);
}
