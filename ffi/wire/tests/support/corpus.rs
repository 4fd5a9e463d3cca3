//! Seeds for fuzzing, all of our own making: one good input per shape that a decoder knows, and the classic bad ones.

use std::net::{Ipv4Addr, SocketAddrV4};

use hftz_wire::capture::{UdpWriter, file_header};
use hftz_wire::itch::{
    AddOrder, AddOrderMpid, Alpha, CrossTrade, Framer, Header, NetOrderImbalance, OrderCancel, OrderDelete,
    OrderExecuted, OrderExecutedWithPrice, OrderReplace, StockDirectory, StockTradingAction, SystemEvent, TYPES,
    length_of,
};
use hftz_wire::mold::{Builder, Session};
use hftz_wire::ouch::{Tail, v42, v50};
use hftz_wire::soup::Packet;

/// Seeds of the target with this name.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        // The first byte is the batch size or the window's step.
        "itch" => vec![
            with(7, &feed()),
            with(255, &all_types()),
            with(200, &stretch()),
            with(0, &[0, 0]),
            with(3, &[0, 1, b'S', 0, 0]),
        ],
        "message" => TYPES.iter().map(|&(kind, length, _)| message(kind, usize::from(length))).collect(),
        "mold" => vec![
            datagram(1472),
            datagram(100),
            builder(1472).heartbeat().to_vec(),
            builder(64).end_of_session().to_vec(),
        ],
        "capture" => vec![with(16, &pcap()), with(255, &pcapng(false)), with(40, &pcapng(true))],
        "link" => vec![pcap()[40..].to_vec(), pcap()[54..].to_vec(), tagged()],
        "lobster" => [MESSAGES, BOOK].map(|text| text.as_bytes().to_vec()).to_vec(),
        "native" => [b'N', b'L', b'C', b'U', b'K', b'T', b'Z', b'E'].map(|kind| message(kind, 64)).to_vec(),
        "soup" => {
            vec![with(0, &soup(b"LURO+", 51)), with(1, &soup(b"ASJHZU+", 30)), with(0, &[0, 0]), with(1, &[0, 9])]
        }
        "ouch" => ouch(),
        _ => vec![feed(), pcap(), pcapng(false), MESSAGES.into(), BOOK.into(), vec![0; 64], vec![]],
    }
}

const MESSAGES: &str = "34200.017459617,5,0,1,2238200,-1\n34200.18960767,1,11885113,21,2238100,-1\r\n\
    34201,3,11885113,21,2238100,-1\n36023.5,7,-1,0,-1,-1\n36023.5,6,-1,500,2238100,1\n";
const BOOK: &str =
    "2239500,100,2231800,100,2240000,220,2230700,200\n2239500,100,2238100,21,9999999999,0,-9999999999,0\n";

fn with(first: u8, rest: &[u8]) -> Vec<u8> {
    [&[first], rest].concat()
}

/// A message of this type whose bytes count upwards.
fn message(kind: u8, length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..length).map(|place| place as u8).collect();
    bytes[0] = kind;
    bytes
}

fn all_types() -> Vec<u8> {
    TYPES
        .iter()
        .flat_map(|&(kind, length, _)| [&length.to_be_bytes()[..], &message(kind, usize::from(length))].concat())
        .collect()
}

/// As much of a day as the quick ways through a feed want before they begin: mostly orders of four types.
fn stretch() -> Vec<u8> {
    let kinds = b"ADAUDEADFDAX".iter().cycle().take(400);
    let lengths = kinds.map(|&kind| (kind, length_of(kind).unwrap()));
    lengths
        .flat_map(|(kind, length)| [&length.to_be_bytes()[..], &message(kind, usize::from(length))].concat())
        .collect()
}

/// The life of a few orders, and one record with bytes behind its message.
fn feed() -> Vec<u8> {
    let header = Header { stock_locate: 1, tracking_number: 0, time_ns: 34_200_000_000_000 };
    let stock = Alpha(*b"HFTZ    ");
    let mut room = [0; 1024];
    let mut to = Framer::new(&mut room);
    let add =
        AddOrder { header, order_reference_number: 1, buy_sell_indicator: b'B', shares: 100, stock, price: 10_000 };
    let done = to.push(&SystemEvent { header: Header::default(), event_code: b'O' })
        && to.push(&StockDirectory { header, stock, round_lot_size: 100, ..StockDirectory::default() })
        && to.push(&StockTradingAction { header, stock, trading_state: b'T', ..StockTradingAction::default() })
        && to.push(&add)
        && to.push(&AddOrderMpid { header, order_reference_number: 2, stock, shares: 5, ..AddOrderMpid::default() })
        && to.push(&OrderExecuted { header, order_reference_number: 1, executed_shares: 10, match_number: 1 })
        && to.push(&OrderExecutedWithPrice { header, printable: b'N', ..OrderExecutedWithPrice::default() })
        && to.push(&OrderCancel { header, order_reference_number: 1, canceled_shares: 10 })
        && to.push(&OrderReplace { header, original_order_reference_number: 1, shares: 9, ..OrderReplace::default() })
        && to.push(&OrderDelete { header, order_reference_number: 2 })
        && to.push(&CrossTrade { header, shares: 1 << 40, stock, ..CrossTrade::default() })
        && to.push(&NetOrderImbalance { header, stock, ..NetOrderImbalance::default() });
    assert!(done);
    let longer = [&[0, 22][..], &OrderDelete { header, order_reference_number: 3 }.encode(), &[1, 2, 3]].concat();
    [to.framed(), &longer, &[0, 0]].concat()
}

fn builder(limit: usize) -> Builder {
    Builder::new(Session(*b"SEED      "), 1, limit)
}

fn datagram(limit: usize) -> Vec<u8> {
    let mut builder = builder(limit);
    builder.push_framed(&feed());
    builder.packet().to_vec()
}

fn pcap() -> Vec<u8> {
    let mut file = file_header().to_vec();
    let group = SocketAddrV4::new(Ipv4Addr::new(239, 1, 1, 1), 30_001);
    let mut writer = UdpWriter::new(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 5000), group);
    for limit in [1472, 100, 64] {
        assert!(writer.packet(34_200_000_000_000, &datagram(limit), &mut file));
    }
    file
}

/// An Ethernet frame with two VLAN tags.
fn tagged() -> Vec<u8> {
    let frame = &pcap()[40..];
    [&frame[..12], &[0x88, 0xa8, 0, 1, 0x81, 0, 0, 2], &frame[12..]].concat()
}

/// One packet of each type.
fn soup(kinds: &[u8], length: usize) -> Vec<u8> {
    let mut to = Vec::new();
    for &kind in kinds {
        let mut payload = vec![b' '; length];
        payload[length - 1] = b'7';
        assert!(Packet { kind, payload: &payload }.write(&mut to));
    }
    to
}

/// One message of each type, with every tail its type may have.
fn ouch() -> Vec<Vec<u8>> {
    let tables = [v42::Inbound::TYPES, v42::Outbound::TYPES, v50::Inbound::TYPES, v50::Outbound::TYPES];
    let appendage: &[u8] = &[0, 15, 5, 2, b'F', b'I', b'R', b'M', 5, 5, 0, 0, 1, 0, 2, 12, b'P'];
    let tails = |tail| match tail {
        Tail::Nothing => vec![&[][..]],
        Tail::Byte => vec![&[][..], b"S"],
        Tail::Maybe => vec![&[][..], &[0, 0], appendage],
        Tail::Appendage => vec![&[0, 0][..], appendage],
    };
    let types = tables.into_iter().flatten();
    let all = types.flat_map(|&(kind, length, tail, _)| {
        tails(tail).into_iter().map(move |tail| [&message(kind, usize::from(length)), tail].concat())
    });
    all.collect()
}

/// The packets of [`pcap`] in blocks, with an unknown one between them.
fn pcapng(big: bool) -> Vec<u8> {
    let word = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let block = |kind: u32, body: &[u8]| {
        let padded = body.len().next_multiple_of(4);
        let mut bytes = [word(kind), word(padded as u32 + 12)].concat();
        bytes.extend(body);
        bytes.resize(8 + padded, 0);
        bytes.extend(word(padded as u32 + 12));
        bytes
    };
    let half = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let start = [&word(0x1a2b_3c4d)[..], &half(1), &half(0), &[0xff; 8]].concat();
    let resolution = [&half(9)[..], &half(1), &[9, 0, 0, 0], &[0; 4]].concat();
    let interface = [&half(1)[..], &half(0), &word(0), &resolution].concat();
    let mut file = [block(0x0a0d_0d0a, &start), block(1, &interface), block(0xbad, &[7; 9])].concat();
    let packets = pcap();
    let mut at = 24;
    while let Some(header) = packets.get(at..at + 16) {
        let length = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
        let data = &packets[at + 16..][..length as usize];
        let fixed = [word(0), word(0), word(42), word(length), word(length)].concat();
        file.extend(block(6, &[&fixed[..], data].concat()));
        at += 16 + length as usize;
    }
    file
}
