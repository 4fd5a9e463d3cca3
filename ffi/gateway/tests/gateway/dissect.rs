//! A day of OUCH 4.2 sessions as Wireshark sees it: no malformed packet, and every message by its name.

use crate::support::{Venue, login, packet, token};
use hftz_gateway::{Input, Version};
use hftz_model::{AuctionKind, Command, TradingState};
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v42;
use hftz_wire::soup::kind;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command as Process;

const PORT: u16 = 7001;

/// A capture file of one TCP connection, raw IPv4.
struct Capture {
    bytes: Vec<u8>,
    /// Next sequence number of the client and of the venue.
    next: [u32; 2],
}

impl Capture {
    fn new() -> Self {
        let header = [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65_535, 101];
        Self { bytes: header.iter().flat_map(|word| word.to_le_bytes()).collect(), next: [1000, 2000] }
    }

    fn segment(&mut self, from_venue: bool, payload: &[u8]) {
        let (own, other) = (usize::from(from_venue), usize::from(!from_venue));
        let (client, venue) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let (ports, addresses) =
            if from_venue { ([PORT, 40_000], [venue, client]) } else { ([40_000, PORT], [client, venue]) };
        let mut ip = vec![0x45, 0];
        ip.extend((40 + payload.len() as u16).to_be_bytes());
        ip.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        ip.extend(addresses.concat());
        ip.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        ip.extend(self.next[own].to_be_bytes());
        ip.extend(self.next[other].to_be_bytes());
        ip.extend([0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
        ip.extend_from_slice(payload);
        self.next[own] += payload.len() as u32;
        let length = ip.len() as u32;
        self.bytes.extend([1, 0, length, length].iter().flat_map(|word: &u32| word.to_le_bytes()));
        self.bytes.extend(ip);
    }
}

/// Sends, reads, and keeps both as segments, large ones in pieces of a network's size.
fn exchange(venue: &mut Venue, capture: &mut Capture, bytes: &[u8]) {
    venue.send(1, bytes);
    for (from_venue, bytes) in [(false, bytes.to_vec()), (true, venue.read(1))] {
        bytes.chunks(1000).for_each(|piece| capture.segment(from_venue, piece));
    }
}

fn day() -> Capture {
    let mut venue = Venue::new(Version::V42);
    let mut capture = Capture::new();
    venue.apply(&Command::clock(34_200_000_000_000));
    venue.connect(1);
    exchange(&mut venue, &mut capture, &login("alice", 1));
    let order = |number, side, shares, price| {
        let order = v42::EnterOrder {
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
        };
        packet(kind::DATA, &order.encode())
    };
    let mut all = order(1, b'S', 500, 50_000);
    all.extend(order(2, b'B', 100, 50_000));
    all.extend(order(3, b'B', 100, 0));
    exchange(&mut venue, &mut capture, &all);
    let replace = v42::ReplaceOrder {
        existing: token(1),
        token: token(4),
        shares: 500,
        price: 50_100,
        time_in_force: v42::MARKET_HOURS,
        display: b'Y',
        sweep: b'N',
        minimum: 0,
    };
    exchange(&mut venue, &mut capture, &packet(kind::DATA, &replace.encode()));
    let modify = v42::ModifyOrder { token: token(4), side: b'T', shares: 300 };
    exchange(&mut venue, &mut capture, &packet(kind::DATA, &modify.encode()));
    exchange(&mut venue, &mut capture, &packet(kind::DATA, &v42::CancelOrder { token: token(4), shares: 0 }.encode()));
    venue.apply(&Command::state(1, TradingState::Halted, AuctionKind::Other, 0));
    exchange(&mut venue, &mut capture, &order(5, b'B', 100, 50_000));
    venue.now_ns = 2_000_000_000;
    venue.tick();
    exchange(&mut venue, &mut capture, &packet(kind::CLIENT_HEARTBEAT, b""));
    venue.core.take(&Input::End, &mut venue.server);
    venue.server.end();
    exchange(&mut venue, &mut capture, &packet(kind::LOGOUT_REQUEST, b""));
    capture
}

#[test]
fn wireshark_reads_every_packet_of_a_4_2_session_and_finds_none_malformed() {
    let file = std::env::temp_dir().join(format!("hftz-ouch-{}.pcap", std::process::id()));
    std::fs::write(&file, day().bytes).unwrap();
    let ran =
        Process::new("tshark").args(["-d", &format!("tcp.port=={PORT},soupbintcp"), "-V", "-r"]).arg(&file).output();
    std::fs::remove_file(&file).unwrap();
    let Ok(ran) = ran else {
        // Not by a macro: the harness would keep what a test prints that passes.
        let _ = writeln!(std::io::stderr(), "not tested: OUCH sessions by tshark, which is not installed");
        return;
    };
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(!text.contains("Malformed"), "{text}");
    let mut names = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("OUCH, ")) {
        *names.entry(line.to_owned()).or_insert(0) += 1;
    }
    let expected = [
        ("Accepted", 2),
        ("Cancel Order", 1),
        ("Canceled", 1),
        ("Enter Order", 4),
        ("Executed", 2),
        ("Modify Order", 1),
        ("Order Modified", 1),
        ("Rejected", 2),
        ("Replace Order", 1),
        ("Replaced", 1),
        ("System Event", 2),
    ];
    assert_eq!(names, expected.map(|(name, count)| (name.to_owned(), count)).into());
    for packet in
        ["Login Request", "Login Accepted", "Client Heartbeat", "Server Heartbeat", "End of Session", "Logout Request"]
    {
        assert!(text.contains(packet), "{packet}");
    }
}
