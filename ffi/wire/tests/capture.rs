//! Capture files of our own making, in every byte order and resolution, and what is wrong with broken ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{Ipv4Addr, SocketAddrV4};

use hftz_wire::capture::{Error, ErrorKind, Packet, Reader, Step, UdpWriter, file_header};
use hftz_wire::link::{self, Refusal, link_type};

/// A packet as a test wants to compare it.
#[derive(PartialEq, Debug)]
struct Got {
    time_ns: Option<u64>,
    link: u32,
    original: u32,
    data: Vec<u8>,
}

/// Reads a whole file through a window that grows by `chunk` bytes whenever the reader asks for more.
fn read(file: &[u8], chunk: usize) -> (Vec<Got>, Result<(), Error>) {
    let (mut reader, mut at, mut end, mut got) = (Reader::new(), 0, 0, Vec::new());
    loop {
        // A copy of its own, so that a sanitizer sees a read beyond the window.
        let window = file[at..end].to_vec();
        match reader.next(&window, at as u64) {
            Ok(Step::Packet { packet, bytes }) => {
                let Packet { time_ns, link, original, offset, data } = packet;
                assert_eq!(data, &file[offset as usize..][..data.len()]);
                got.push(Got { time_ns, link, original, data: data.to_vec() });
                at += bytes;
            }
            Ok(Step::Pass { bytes }) => {
                assert!(bytes > 0 && bytes <= window.len());
                at += bytes;
            }
            Ok(Step::More { need }) => {
                assert!(need > window.len());
                if end == file.len() {
                    return (got, reader.finish(&window, at as u64));
                }
                end = (end + chunk).min(file.len());
            }
            Err(error) => return (got, Err(error)),
        }
    }
}

/// Reads with several chunk sizes, which must not matter.
fn packets(file: &[u8]) -> (Vec<Got>, Result<(), Error>) {
    let whole = read(file, file.len().max(1));
    for chunk in [1, 7, 64] {
        assert_eq!(read(file, chunk), whole);
    }
    whole
}

/// Words and halves in either byte order.
struct Bytes {
    big: bool,
    bytes: Vec<u8>,
}

impl Bytes {
    fn half(&mut self, value: u16) {
        self.bytes.extend(if self.big { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn word(&mut self, value: u32) {
        self.bytes.extend(if self.big { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn words(&mut self, values: &[u32]) {
        values.iter().for_each(|&value| self.word(value));
    }

    /// A pcapng block around `body`, padded.
    fn block(&mut self, kind: u32, body: impl FnOnce(&mut Self)) {
        let mut inner = Self { big: self.big, bytes: Vec::new() };
        body(&mut inner);
        inner.bytes.resize(inner.bytes.len().next_multiple_of(4), 0xee);
        let length = inner.bytes.len() as u32 + 12;
        self.words(&[kind, length]);
        self.bytes.extend(inner.bytes);
        self.word(length);
    }

    fn section(&mut self) {
        self.block(0x0a0d_0d0a, |to| {
            to.word(0x1a2b_3c4d);
            to.half(1);
            to.half(0);
            to.words(&[u32::MAX, u32::MAX]);
        });
    }

    /// An interface with a resolution option, when there is one, and a shift of an hour, when asked for.
    fn interface(&mut self, link: u16, snaplen: u32, resolution: Option<u8>, shifted: bool) {
        self.block(1, |to| {
            to.half(link);
            to.half(0);
            to.word(snaplen);
            to.half(2);
            to.half(3);
            to.bytes.extend(b"lo\0\0");
            if let Some(resolution) = resolution {
                to.half(9);
                to.half(1);
                to.bytes.extend([resolution, 0, 0, 0]);
            }
            if shifted {
                to.half(14);
                to.half(8);
                let seconds = 3600u64;
                to.bytes.extend(if to.big { seconds.to_be_bytes() } else { seconds.to_le_bytes() });
            }
            to.words(&[0]);
        });
    }

    fn enhanced(&mut self, interface: u32, ticks: u64, original: u32, data: &[u8]) {
        self.block(6, |to| {
            to.words(&[interface, (ticks >> 32) as u32, ticks as u32, data.len() as u32, original]);
            to.bytes.extend(data);
        });
    }
}

fn pcap(big: bool, magic: u32, records: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut to = Bytes { big, bytes: Vec::new() };
    to.word(magic);
    to.half(2);
    to.half(4);
    to.words(&[0, 0, 65_535, 1]);
    for (seconds, fraction, data) in records {
        to.words(&[*seconds, *fraction, data.len() as u32, 99]);
        to.bytes.extend(*data);
    }
    to.bytes
}

#[test]
fn pcap_is_read_in_both_byte_orders_and_resolutions() {
    for big in [false, true] {
        for (magic, fraction_ns) in [(0xa1b2_c3d4, 1000), (0xa1b2_3c4d, 1)] {
            let file = pcap(big, magic, &[(2, 999_999, b"abc"), (1, 5, b"")]);
            let (got, end) = packets(&file);
            assert_eq!(end, Ok(()));
            let times: Vec<_> = got.iter().map(|packet| packet.time_ns.unwrap()).collect();
            assert_eq!(times, [2_000_000_000 + 999_999 * fraction_ns, 1_000_000_000 + 5 * fraction_ns]);
            assert_eq!((got[0].link, got[0].original, &got[0].data[..]), (1, 99, &b"abc"[..]));
        }
    }
}

#[test]
fn pcapng_is_read_across_sections_interfaces_and_byte_orders() {
    let mut file = Vec::new();
    for big in [true, false] {
        let mut to = Bytes { big, bytes: Vec::new() };
        to.section();
        to.interface(1, 0, None, false);
        to.interface(101, 0, Some(9), false);
        to.interface(113, 0, Some(0x80 | 10), true);
        to.block(5, |to| to.words(&[1, 2, 3]));
        to.enhanced(0, 7, 60, b"micro");
        to.block(0xbad, |to| to.bytes.extend([9; 100]));
        to.enhanced(1, 1 << 40, 4, b"nano");
        to.enhanced(2, 1024 + 512, 6, b"binary");
        to.block(2, |to| {
            to.half(1);
            to.half(3);
            to.words(&[0, 42, 3, 3]);
            to.bytes.extend(b"old");
        });
        file.extend(to.bytes);
    }
    let (got, end) = packets(&file);
    assert_eq!(end, Ok(()));
    assert_eq!(got.len(), 8);
    let seen: Vec<_> = got[4..].iter().map(|p| (p.time_ns.unwrap(), p.link, p.original, &p.data[..])).collect();
    assert_eq!(
        seen,
        [
            (7000, 1, 60, &b"micro"[..]),
            (1 << 40, 101, 4, b"nano"),
            (3_601_500_000_000, 113, 6, b"binary"),
            (42, 101, 3, b"old"),
        ]
    );
    assert_eq!(got[..4], got[4..]);
}

#[test]
fn a_simple_packet_has_no_time_and_is_cut_at_the_snapshot_length() {
    let mut to = Bytes { big: false, bytes: Vec::new() };
    to.section();
    to.interface(1, 4, None, false);
    to.block(3, |to| {
        to.word(9);
        to.bytes.extend(b"four");
    });
    let (got, end) = packets(&to.bytes);
    assert_eq!(end, Ok(()));
    assert_eq!(got, [Got { time_ns: None, link: 1, original: 9, data: b"four".to_vec() }]);
}

#[test]
fn broken_captures_are_named_with_their_offset() {
    let kind = |file: &[u8]| packets(file).1.unwrap_err();
    assert_eq!(kind(b"hello").kind, ErrorKind::Magic);
    let good = pcap(false, 0xa1b2_c3d4, &[(1, 1, b"abcd")]);
    let cut = kind(&good[..good.len() - 1]);
    assert_eq!(cut, Error { offset: 24, kind: ErrorKind::Truncated { have: 19, need: 20 } });
    assert_eq!(kind(&good[..30]), Error { offset: 24, kind: ErrorKind::Truncated { have: 6, need: 16 } });
    assert_eq!(kind(&good[..3]).kind, ErrorKind::Truncated { have: 3, need: 4 });
    let mut long = good.clone();
    long[24 + 11] = 0x7f;
    assert_eq!(kind(&long).kind, ErrorKind::PacketTooLong { length: 0x7f00_0004 });
    let mut version = good;
    version[4] = 9;
    assert_eq!(kind(&version).kind, ErrorKind::Version { major: 9, minor: 4 });
}

#[test]
fn broken_blocks_are_named_with_their_offset() {
    let kind = |write: &dyn Fn(&mut Bytes)| {
        let mut to = Bytes { big: false, bytes: Vec::new() };
        to.section();
        write(&mut to);
        let error = packets(&to.bytes).1.unwrap_err();
        assert_eq!(error.offset, 28);
        error.kind
    };
    assert_eq!(kind(&|to| to.words(&[7, 13])), ErrorKind::BlockLength { block: 7, length: 13 });
    assert_eq!(kind(&|to| to.words(&[6, 16])), ErrorKind::BlockLength { block: 6, length: 16 });
    assert_eq!(kind(&|to| to.words(&[1, 20, 1, 0, 24])), ErrorKind::BlockEnd { start: 20, end: 24 });
    assert_eq!(kind(&|to| to.words(&[6, 1 << 30])), ErrorKind::PacketTooLong { length: 1 << 30 });
    assert_eq!(kind(&|to| to.enhanced(3, 0, 1, b"x")), ErrorKind::UnknownInterface { interface: 3, bytes: 36 });
    assert_eq!(kind(&|to| to.words(&[0x0a0d_0d0a, 28, 1])), ErrorKind::ByteOrder);
    assert_eq!(kind(&|to| to.words(&[0xbad, 400, 1])), ErrorKind::Truncated { have: 12, need: 400 });
}

#[test]
fn a_reader_goes_on_behind_a_block_that_names_its_length() {
    let mut to = Bytes { big: false, bytes: Vec::new() };
    to.section();
    to.enhanced(0, 0, 1, b"x");
    to.interface(1, 0, None, false);
    to.enhanced(0, 1, 1, b"y");
    let mut reader = Reader::new();
    assert!(matches!(reader.next(&to.bytes, 0), Ok(Step::Pass { bytes: 28 })));
    let error = reader.next(&to.bytes[28..], 28).unwrap_err();
    let mut at = 28 + error.record_bytes().unwrap();
    assert_eq!(at, 64);
    while let Ok(Step::Pass { bytes }) = reader.next(&to.bytes[at..], at as u64) {
        at += bytes;
    }
    let step = reader.next(&to.bytes[at..], at as u64).unwrap();
    assert!(matches!(step, Step::Packet { packet, .. } if packet.data == b"y"));
}

const FROM: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 5000);
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 129, 2, 3), 30_001);

fn written(payloads: &[&[u8]]) -> Vec<u8> {
    let mut file = file_header().to_vec();
    let mut writer = UdpWriter::new(FROM, GROUP);
    for (index, payload) in payloads.iter().enumerate() {
        assert!(writer.packet(1_700_000_000_000_000_000 + index as u64, payload, &mut file));
    }
    file
}

/// One's complement sum over 16-bit words, as the RFCs say it, for checking checksums.
fn ones_sum(bytes: &[u8]) -> u16 {
    bytes.chunks(2).fold(0u16, |sum, pair| {
        let word = u16::from(pair[0]) << 8 | u16::from(*pair.get(1).unwrap_or(&0));
        let (sum, carry) = sum.overflowing_add(word);
        sum + u16::from(carry)
    })
}

#[test]
fn what_is_written_is_read_back_with_correct_checksums() {
    let payloads: Vec<Vec<u8>> = vec![vec![], vec![1], b"hello".to_vec(), vec![0xff; 1472]];
    let file = written(&payloads.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let (got, end) = packets(&file);
    assert_eq!(end, Ok(()));
    for (index, (packet, payload)) in got.iter().zip(&payloads).enumerate() {
        assert_eq!(packet.time_ns, Some(1_700_000_000_000_000_000 + index as u64));
        let frame = &packet.data;
        assert_eq!(frame[..6], [0x01, 0x00, 0x5e, 0x01, 2, 3]);
        assert_eq!(ones_sum(&frame[14..34]), 0xffff);
        let mut udp = [&frame[26..34], &[0, 17], &(8 + payload.len() as u16).to_be_bytes()[..]].concat();
        udp.extend(&frame[34..]);
        assert_eq!(ones_sum(&udp), 0xffff);
        let view = Packet { time_ns: None, link: 1, original: 0, offset: 0, data: frame };
        let datagram = link::datagram(&view).unwrap();
        assert_eq!((datagram.source, datagram.destination, datagram.payload), (FROM, GROUP, &payload[..]));
    }
    assert!(!UdpWriter::new(FROM, GROUP).packet(0, &vec![0; 65_508], &mut Vec::new()));
}

/// An IPv4 packet with the payload `hi` in UDP, and padding behind it.
fn ip() -> Vec<u8> {
    let file = written(&[b"hi"]);
    [&file[24 + 16 + 14..], &[0xaa; 16]].concat()
}

fn payload(link: u32, layers: &[u8]) -> Result<Vec<u8>, Refusal> {
    let data = [layers, &ip()].concat();
    let packet = Packet { time_ns: None, link, original: 0, offset: 0, data: &data };
    link::datagram(&packet).map(|datagram| datagram.payload.to_vec())
}

#[test]
fn every_link_layer_leads_to_the_same_payload_without_padding() {
    let hi = Ok(b"hi".to_vec());
    let ethernet = |types: &[u8]| [&[0; 12], types].concat();
    assert_eq!(payload(link_type::ETHERNET, &ethernet(&[8, 0])), hi);
    assert_eq!(payload(link_type::ETHERNET, &ethernet(&[0x81, 0, 0, 141, 8, 0])), hi);
    assert_eq!(payload(link_type::ETHERNET, &ethernet(&[0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 8, 0])), hi);
    assert_eq!(payload(link_type::RAW, &[]), hi);
    assert_eq!(payload(link_type::LINUX_SLL, &[&[0; 14][..], &[8, 0]].concat()), hi);
    assert_eq!(payload(link_type::LINUX_SLL2, &[&[8, 0][..], &[0; 18]].concat()), hi);
    assert_eq!(payload(link_type::BSD_LOOPBACK, &[2, 0, 0, 0]), hi);
    assert_eq!(payload(link_type::BSD_LOOPBACK, &[0, 0, 0, 2]), hi);
}

#[test]
fn what_is_not_for_us_and_what_is_broken_is_named() {
    assert_eq!(payload(147, &[]), Err(Refusal::LinkType { link: 147 }));
    assert_eq!(payload(1, &[&[0; 12][..], &[0x86, 0xdd]].concat()), Err(Refusal::NotIpv4 { ethertype: 0x86dd }));
    assert_eq!(link::network(1, &[0; 13]), Err(Refusal::CutShort { have: 13, need: 14 }));
    let broken = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut data = ip();
        change(&mut data);
        let packet = Packet { time_ns: None, link: link_type::RAW, original: 0, offset: 0, data: &data };
        link::datagram(&packet).map(|_| ()).unwrap_err()
    };
    assert_eq!(broken(&|ip| ip[9] = 6), Refusal::NotUdp { protocol: 6 });
    assert_eq!(broken(&|ip| ip[6] = 0x20), Refusal::Fragment);
    assert_eq!(broken(&|ip| ip[7] = 1), Refusal::Fragment);
    assert_eq!(broken(&|ip| ip[0] = 0x65), Refusal::BadIpv4);
    assert_eq!(broken(&|ip| ip[0] = 0x44), Refusal::BadIpv4);
    assert_eq!(broken(&|ip| ip[3] = 19), Refusal::BadIpv4);
    assert_eq!(broken(&|ip| ip.truncate(29)), Refusal::CutShort { have: 29, need: 30 });
    assert_eq!(broken(&|ip| ip[3] = 27), Refusal::CutShort { have: 7, need: 8 });
    assert_eq!(broken(&|ip| ip[25] = 11), Refusal::BadUdp { length: 11 });
    assert_eq!(broken(&|ip| ip[25] = 7), Refusal::BadUdp { length: 7 });
    assert!(Refusal::BadIpv4.is_damage() && !Refusal::Fragment.is_damage());
}
