//! OUCH over SoupBinTCP: every message of both versions both ways, and packets that Nasdaq sent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/data.rs"]
mod data;

use hftz_wire::itch::Alpha;
use hftz_wire::ouch::{Appendage, ErrorKind, Tail, tag, v42, v50};
use hftz_wire::soup::{Packet, Sender, kind};
use proptest::prelude::*;

macro_rules! every_type_both_ways {
    ($test:ident, $Direction:ty) => {
        proptest! {
            #[test]
            fn $test(index in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 90), cut in 1usize..90) {
                let &(kind, length, tail, _) = index.get(<$Direction>::TYPES);
                let mut message = bytes[..usize::from(length)].to_vec();
                message[0] = kind;
                if tail == Tail::Appendage {
                    message.extend([0, 6, 5, tag::FIRM, 1, 2, 3, 4]);
                }
                let (view, rest) = <$Direction>::of(&message).unwrap();
                prop_assert_eq!(view.bytes(), &message[..usize::from(length)]);
                prop_assert_eq!(rest.len(), message.len() - usize::from(length));
                let mut again = Vec::new();
                view.encode_again(&mut again);
                prop_assert_eq!(&again, view.bytes());
                // A message cut anywhere is an error inside what is there, except where its optional appendage begins.
                if cut < message.len() {
                    match <$Direction>::of(&message[..cut]) {
                        Err(error) => prop_assert!(usize::from(error.offset) <= cut),
                        Ok(_) => prop_assert_eq!(cut, usize::from(length)),
                    }
                }
                message.push(0xff);
                let longer_is_a_revision = tail == Tail::Byte;
                prop_assert_eq!(<$Direction>::of(&message).is_ok(), longer_is_a_revision);
            }
        }
    };
}

every_type_both_ways!(every_client_message_of_4_2_writes_back_as_it_was, v42::Inbound<'_>);
every_type_both_ways!(every_venue_message_of_4_2_writes_back_as_it_was, v42::Outbound<'_>);
every_type_both_ways!(every_client_message_of_5_0_writes_back_as_it_was, v50::Inbound<'_>);
every_type_both_ways!(every_venue_message_of_5_0_writes_back_as_it_was, v50::Outbound<'_>);

#[test]
fn fields_stand_where_the_specification_puts_them() {
    let order = v42::EnterOrder {
        token: Alpha(*b"TOKEN000000001"),
        side: b'B',
        shares: 0x0102_0304,
        stock: Alpha(*b"AAPL    "),
        price: 1_000_000,
        time_in_force: v42::MARKET_HOURS,
        firm: Alpha(*b"FIRM"),
        display: b'Y',
        capacity: b'O',
        sweep: b'N',
        minimum: 0,
        cross: b'N',
        customer: b' ',
    };
    let bytes = order.encode();
    assert_eq!(
        (&bytes[..16], &bytes[16..20], &bytes[20..28]),
        (&b"OTOKEN000000001B"[..], &[1, 2, 3, 4][..], &b"AAPL    "[..])
    );
    assert_eq!(v42::EnterOrder::decode(&bytes), order);
    assert_eq!(
        v42::Inbound::of(&bytes[..48]).unwrap_err().kind,
        ErrorKind::WrongLength { kind: b'O', have: 48, need: 49 }
    );
    assert_eq!(v42::Inbound::of(b"?").unwrap_err().kind, ErrorKind::UnknownType(b'?'));
}

/// The TCP payload of a capture's only packet.
fn payload_of(file: &[u8]) -> Vec<u8> {
    let frame = &file[40..];
    let ip = if frame[12..14] == [0x81, 0] { &frame[18..] } else { &frame[14..] };
    let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    let tcp = &ip[usize::from(ip[0] & 15) * 4..total];
    tcp[usize::from(tcp[12] >> 4) * 4..].to_vec()
}

#[test]
fn packets_that_nasdaq_exchanged_read_and_write_back_byte_for_byte() {
    let Some(folder) = data::data().map(|data| data.join("ouch50")) else { return };
    let payload = |name: &str| payload_of(&std::fs::read(folder.join(name)).unwrap());
    let whole = |bytes: &[u8], sender| {
        let (packet, used) = Packet::next(bytes, 0, sender, 1000).unwrap().unwrap();
        let mut again = Vec::new();
        assert!(packet.write(&mut again));
        assert_eq!((&again[..], used), (bytes, bytes.len()));
        (packet.kind, packet.payload.to_vec())
    };
    let heartbeats =
        [("ClientHeartbeatPacket.pcap", Sender::Client, b'R'), ("ServerHeartbeatPacket.pcap", Sender::Server, b'H')];
    for (name, sender, kind) in heartbeats {
        assert_eq!(whole(&payload(name), sender), (kind, vec![]));
    }
    for name in ["EnterOrderMessage.pcap", "CancelOrderMessage.pcap"] {
        let (packet, message) = whole(&payload(name), Sender::Client);
        let (view, rest) = v50::Inbound::of(&message).unwrap();
        let mut again = Vec::new();
        view.encode_again(&mut again);
        assert_eq!((packet, [&again[..], rest].concat()), (kind::DATA, message.clone()));
        match view {
            v50::Inbound::EnterOrder(bytes) => {
                let order = v50::EnterOrder::decode(bytes);
                assert_eq!((order.reference, order.quantity, order.symbol), (113, 225, Alpha(*b"CVLT    ")));
                assert_eq!(Appendage::of(rest).get(tag::FIRM).unwrap().value, b"LIME");
            }
            v50::Inbound::CancelOrder(bytes) => assert_eq!(v50::CancelOrder::decode(bytes).reference, 7_679_601),
            other => panic!("{other:?}"),
        }
    }
    for name in ["OrderAcceptedMessage.pcap", "CanceledMessage.pcap"] {
        let (packet, message) = whole(&payload(name), Sender::Server);
        let (view, rest) = v50::Outbound::of(&message).unwrap();
        let mut again = Vec::new();
        view.encode_again(&mut again);
        assert_eq!((packet, [&again[..], rest].concat()), (kind::SEQUENCED, message.clone()));
        match view {
            v50::Outbound::Accepted(bytes) => {
                let accepted = v50::Accepted::decode(bytes);
                assert_eq!((accepted.symbol, accepted.quantity, accepted.state), (Alpha(*b"ADBE    "), 40, b'L'));
            }
            v50::Outbound::Canceled(bytes) => assert_eq!(v50::Canceled::decode(bytes).reason, b'U'),
            other => panic!("{other:?}"),
        }
    }
}
