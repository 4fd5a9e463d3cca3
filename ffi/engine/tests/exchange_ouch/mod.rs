//! OUCH clients through real sockets.

mod mixed;

use crate::exchange_support::{Exchange, free_port, scratch};
use hftz_engine::run::Status;
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v42;
use hftz_wire::soup::{LoginAccepted, LoginRequest, Packet, Sender, kind};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

/// A client that reads packets one at a time.
struct Client {
    stream: TcpStream,
    bytes: Vec<u8>,
}

fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    assert!(Packet { kind, payload }.write(&mut bytes));
    bytes
}

fn login(user: &str, sequence: u64) -> Vec<u8> {
    let request = LoginRequest {
        username: Alpha::new(user).unwrap(),
        password: Alpha::BLANK,
        session: [b' '; 10],
        sequence,
        timeout_ms: None,
    };
    let mut payload = Vec::new();
    request.encode(&mut payload);
    packet(kind::LOGIN_REQUEST, &payload)
}

fn order(number: u32, side: u8, shares: u32) -> Vec<u8> {
    let order = v42::EnterOrder {
        token: Alpha::new(&format!("T{number:013}")).unwrap(),
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
    };
    packet(kind::DATA, &order.encode())
}

impl Client {
    fn connect(exchange: &Exchange, port: u16) -> Self {
        Self { stream: exchange.connect(port), bytes: Vec::new() }
    }

    /// Logs in; the number of the first message that will come.
    fn log_in(exchange: &Exchange, port: u16, user: &str, sequence: u64) -> (Self, u64) {
        let mut client = Self::connect(exchange, port);
        client.send(&login(user, sequence));
        let (kind, payload) = client.next().unwrap();
        assert_eq!(kind, kind::LOGIN_ACCEPTED);
        let accepted = LoginAccepted::decode(&payload, 0).unwrap();
        (client, accepted.sequence)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next packet that is no heartbeat; `None` when the exchange has hung up.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((packet, used)) = Packet::next(&self.bytes, 0, Sender::Server, 1000).unwrap() {
                let (kind, payload) = (packet.kind, packet.payload.to_vec());
                self.bytes.drain(..used);
                if kind != kind::SERVER_HEARTBEAT {
                    return Some((kind, payload));
                }
                continue;
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                // Stopped and continued.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Types of the next messages.
    fn types(&mut self, count: usize) -> String {
        (0..count).map(|_| self.next().unwrap().1[0] as char).collect()
    }
}

fn exchange(port: u16) -> Exchange {
    Exchange::start(
        &json!({"listen": [format!("ouch+tcp://127.0.0.1:{port}")], "reports": "none", "capacity": 100_000}),
    )
}

#[test]
fn ouch_clients_trade_leave_and_read_on_where_they_stopped() {
    let port = free_port();
    let exchange = exchange(port);
    let (mut alice, _) = Client::log_in(&exchange, port, "alice", 1);
    let (mut bob, _) = Client::log_in(&exchange, port, "bob", 1);
    alice.send(&order(1, b'S', 100));
    assert_eq!(alice.types(2), "SA");
    bob.send(&order(1, b'B', 40));
    assert_eq!((bob.types(3), alice.types(1)), ("SAE".into(), "E".into()));
    drop(alice);
    exchange.until_clients(1);
    let (mut again, sequence) = Client::log_in(&exchange, port, "alice", 3);
    assert_eq!((sequence, again.types(2)), (3, "EC".into()));
    let (status, figures) = exchange.stop();
    assert_eq!(status, Status::Interrupted);
    assert_eq!(
        (&figures["live"], &figures["trades"], &figures["clients"]["sessions"]),
        (&json!(0), &json!(1), &json!(2))
    );
    // The end of the day, of the session and of the connection.
    assert_eq!(again.next().unwrap().1[9], b'E');
    assert_eq!(again.next().unwrap().0, kind::END_OF_SESSION);
    assert_eq!(again.next(), None);
}

#[test]
fn an_ouch_client_that_sends_nonsense_half_messages_or_a_flood_harms_nobody() {
    let port = free_port();
    let exchange = exchange(port);
    let (mut alice, _) = Client::log_in(&exchange, port, "alice", 1);
    assert_eq!(alice.types(1), "S");
    for nonsense in [&b"\0\0"[..], b"GET / HTTP/1.1\r\n\r\n", b"\xff\xffU", b"\0\x02U?"] {
        let (mut mallet, _) = Client::log_in(&exchange, port, "mallet", 0);
        mallet.send(nonsense);
        while mallet.next().is_some() {}
    }
    // Half a message, and no more ever.
    let (mut half, _) = Client::log_in(&exchange, port, "half", 1);
    half.send(&order(1, b'B', 10)[..20]);
    half.stream.shutdown(Shutdown::Write).unwrap();
    // A flood by somebody who never reads.
    let (mut flood, _) = Client::log_in(&exchange, port, "flood", 1);
    let batch: Vec<u8> = (0..20_000).flat_map(|number| order(number, b"BS"[number as usize % 2], 10)).collect();
    flood.send(&batch);
    // A symbol that the flood leaves alone.
    let quiet = |number| {
        let mut bytes = order(number, b'B', 10);
        bytes[23..31].copy_from_slice(b"SYM00002");
        bytes
    };
    alice.send(&quiet(1));
    assert_eq!(alice.types(1), "A");
    // Byte by byte is as good as at once.
    for byte in quiet(2) {
        alice.send(&[byte]);
    }
    assert_eq!(alice.types(1), "A");
    let (_, figures) = exchange.stop();
    assert_eq!((&figures["clients"]["sessions"], &figures["clients"]["cutMalformed"]), (&json!(4), &json!(4)));
}

#[test]
fn ten_thousand_ouch_logins_one_after_the_other_and_many_at_once() {
    let port = free_port();
    let exchange = exchange(port);
    for number in 0..10_000 {
        let (client, _) = Client::log_in(&exchange, port, &format!("u{}", number % 100), 0);
        drop(client);
    }
    exchange.until_clients(0);
    let clients: Vec<_> = (0..300).map(|number| Client::log_in(&exchange, port, &format!("v{number}"), 1).0).collect();
    exchange.until_clients(300);
    drop(clients);
    exchange.until_clients(0);
    let (_, figures) = exchange.stop();
    assert_eq!((&figures["clients"]["came"], &figures["clients"]["sessions"]), (&json!(10_300), &json!(400)));
    assert!(figures["clients"]["most"].as_u64().unwrap() >= 300);
}

#[test]
fn users_of_a_table_log_in_with_their_password_and_nobody_else() {
    let port = free_port();
    let table = std::env::temp_dir().join(format!("hftz-users-{}-{port}.csv", std::process::id()));
    std::fs::write(&table, "user,password,account\nalice,,7\n").unwrap();
    let listen = format!("ouch+tcp://127.0.0.1:{port}?v=50&users={}", table.display());
    let exchange = Exchange::start(&json!({"listen": [listen], "reports": "none"}));
    let (mut alice, _) = Client::log_in(&exchange, port, "Alice", 1);
    assert_eq!(alice.types(1), "S");
    let mut mallet = Client::connect(&exchange, port);
    mallet.send(&login("mallet", 1));
    assert_eq!(mallet.next(), Some((kind::LOGIN_REJECTED, vec![b'A'])));
    assert_eq!(mallet.next(), None);
    exchange.stop();
    std::fs::remove_file(table).unwrap();
}

/// The files of a directory in another one: what a crash at this moment would leave.
fn copied(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn after_a_crash_a_session_is_sent_again_byte_for_byte_and_goes_on() {
    let folder = scratch("ouch-recovery");
    let (first, second) = (folder.join("first"), folder.join("second"));
    let (before, after) = (free_port(), free_port());
    let start = |port: u16, journal: serde_json::Value| {
        Exchange::start(
            &json!({"listen": [format!("ouch+tcp://127.0.0.1:{port}")], "reports": "none", "journal": journal}),
        )
    };
    let crashing = start(before, json!({"path": first}));
    let (mut alice, _) = Client::log_in(&crashing, before, "alice", 1);
    let (mut bob, _) = Client::log_in(&crashing, before, "bob", 1);
    alice.send(&order(1, b'S', 100));
    let mut told: Vec<_> = (0..2).map(|_| alice.next().unwrap()).collect();
    bob.send(&order(1, b'B', 40));
    assert_eq!(bob.types(3), "SAE");
    told.push(alice.next().unwrap());
    // A message that gives no command changes its session too.
    bob.send(&order(2, b'?', 40));
    assert_eq!(bob.types(1), "J");
    copied(&first, &second);

    let recovered = start(after, json!({"path": second, "recover": true}));
    let (mut alice, _) = Client::log_in(&recovered, after, "alice", 1);
    let again: Vec<_> = (0..3).map(|_| alice.next().unwrap()).collect();
    assert_eq!(again, told);
    // Its client was gone, so what was open is cancelled; then the day goes on.
    assert_eq!(alice.next().unwrap().1[27], b'Z');
    let (mut bob, sequence) = Client::log_in(&recovered, after, "bob", 0);
    assert_eq!(sequence, 5);
    bob.send(&order(2, b'B', 40));
    bob.send(&order(3, b'B', 40));
    assert_eq!(bob.types(1), "A");
    let (mut carol, _) = Client::log_in(&recovered, after, "carol", 1);
    assert_eq!(carol.types(1), "S");
    let (_, figures) = recovered.stop();
    assert_eq!((&figures["trades"], &figures["clients"]["sessions"]), (&json!(1), &json!(3)));
    crashing.stop();
    std::fs::remove_dir_all(folder).unwrap();
}
