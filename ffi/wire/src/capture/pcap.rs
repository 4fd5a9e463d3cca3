//! The classic format: a file header, then packet after packet.

use super::error::{Error, ErrorKind};
use super::order::Order;
use super::{MAX_PACKET_BYTES, Packet, Step};

pub(super) const FILE_HEADER_BYTES: usize = 24;
const RECORD_HEADER_BYTES: usize = 16;

/// What the file header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    order: Order,
    /// Nanoseconds in a unit of the timestamp's fraction: 1000 or 1.
    fraction_ns: u64,
    link: u32,
}

impl Pcap {
    /// Byte order and fraction by the first four bytes; `None` when they are no pcap's.
    pub const fn magic(bytes: [u8; 4]) -> Option<(Order, u64)> {
        match bytes {
            [0xa1, 0xb2, 0xc3, 0xd4] => Some((Order::Big, 1000)),
            [0xd4, 0xc3, 0xb2, 0xa1] => Some((Order::Little, 1000)),
            [0xa1, 0xb2, 0x3c, 0x4d] => Some((Order::Big, 1)),
            [0x4d, 0x3c, 0xb2, 0xa1] => Some((Order::Little, 1)),
            _ => None,
        }
    }

    /// Reads the file header.
    pub fn open(header: &[u8; FILE_HEADER_BYTES], offset: u64) -> Result<Self, Error> {
        let [a, b, c, d, m0, m1, n0, n1, ..] = *header;
        let Some((order, fraction_ns)) = Self::magic([a, b, c, d]) else {
            return Err(Error { offset, kind: ErrorKind::Magic });
        };
        let (major, minor) = (order.u16([m0, m1]), order.u16([n0, n1]));
        if major != 2 {
            return Err(Error { offset, kind: ErrorKind::Version { major, minor } });
        }
        // The upper bits of the word may hold the length of a frame check sequence.
        let link = order.word(header, 5) & 0xffff;
        Ok(Self { order, fraction_ns, link })
    }

    /// Reads the next packet.
    pub fn next<'a>(&self, input: &'a [u8], offset: u64) -> Result<Step<'a>, Error> {
        let Some((header, rest)) = input.split_first_chunk::<RECORD_HEADER_BYTES>() else {
            return Ok(Step::More { need: RECORD_HEADER_BYTES });
        };
        let word = |index| self.order.word(header, index);
        let (seconds, fraction, length, original) = (word(0), word(1), word(2), word(3));
        if length > MAX_PACKET_BYTES {
            return Err(Error { offset, kind: ErrorKind::PacketTooLong { length } });
        }
        let bytes = RECORD_HEADER_BYTES + length as usize;
        let Some(data) = rest.get(..length as usize) else { return Ok(Step::More { need: bytes }) };
        let time_ns = Some(u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * self.fraction_ns);
        let offset = offset + RECORD_HEADER_BYTES as u64;
        Ok(Step::Packet { packet: Packet { time_ns, link: self.link, original, offset, data }, bytes })
    }
}
