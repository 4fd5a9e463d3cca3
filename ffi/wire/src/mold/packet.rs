//! Packets and requests, decoded and encoded.

use super::error::{Error, ErrorKind};
use super::{END_OF_SESSION, HEADER_BYTES, HEARTBEAT};
use crate::bytes::{array, be16, be64};

/// Ten ASCII bytes, padded with spaces on the right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Session(pub [u8; 10]);

impl Session {
    /// Pads `name` with spaces; `None` when it is longer than ten bytes or not printable ASCII.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let bytes = name.as_bytes();
        if bytes.len() > 10 || bytes.iter().any(|byte| !(b' '..=b'~').contains(byte)) {
            return None;
        }
        let mut padded = [b' '; 10];
        padded[..bytes.len()].copy_from_slice(bytes);
        Some(Self(padded))
    }
}

/// The first 20 bytes of every packet, and the whole of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    pub session: Session,
    /// Sequence number of the first message; of the next message to come when there is none. Counts from 1.
    pub sequence: u64,
    /// Messages in the packet, [`HEARTBEAT`] or [`END_OF_SESSION`].
    pub count: u16,
}

impl Header {
    #[must_use]
    pub const fn decode(bytes: &[u8; HEADER_BYTES]) -> Self {
        Self { session: Session(array(bytes, 0)), sequence: be64(bytes, 10), count: be16(bytes, 18) }
    }

    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[..10].copy_from_slice(&self.session.0);
        out[10..18].copy_from_slice(&self.sequence.to_be_bytes());
        out[18..].copy_from_slice(&self.count.to_be_bytes());
        out
    }

    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.count {
            HEARTBEAT => Kind::Heartbeat,
            END_OF_SESSION => Kind::EndOfSession,
            _ => Kind::Data,
        }
    }

    /// Messages in the packet: 0 for a heartbeat and for the end of the session.
    #[must_use]
    pub const fn messages(&self) -> u16 {
        if self.count == END_OF_SESSION { 0 } else { self.count }
    }
}

/// What a packet is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Data,
    /// Nothing to send; the sequence number shows what should have arrived.
    Heartbeat,
    EndOfSession,
}

/// A checked downstream packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    pub header: Header,
    /// Exactly `header.messages()` whole blocks, as framed bytes.
    pub blocks: &'a [u8],
    /// Bytes after the last block (tolerated, worth a counter).
    pub trailing: usize,
}

impl<'a> Packet<'a> {
    /// Reads the header and checks that every block it promises is there.
    pub fn decode(datagram: &'a [u8]) -> Result<Self, Error> {
        let Some((head, area)) = datagram.split_first_chunk::<HEADER_BYTES>() else {
            return Err(Error { offset: 0, kind: ErrorKind::ShortHeader { have: datagram.len() as u32 } });
        };
        let header = Header::decode(head);
        if header.count == END_OF_SESSION && !area.is_empty() {
            let kind = ErrorKind::EndWithData { bytes: area.len() as u32 };
            return Err(Error { offset: HEADER_BYTES as u64, kind });
        }
        let mut at = 0;
        for block in 0..header.messages() {
            let offset = (HEADER_BYTES + at) as u64;
            let have = (area.len() - at) as u32;
            let need = match area[at..] {
                [] => {
                    let kind = ErrorKind::MissingBlocks { count: header.count, present: block };
                    return Err(Error { offset, kind });
                }
                [_] => 2,
                [high, low, ..] => 2 + u32::from(u16::from_be_bytes([high, low])),
            };
            if need > have || have == 1 {
                return Err(Error { offset, kind: ErrorKind::BlockPastEnd { block, need, have } });
            }
            at += need as usize;
        }
        Ok(Self { header, blocks: &area[..at], trailing: area.len() - at })
    }

    /// The messages, one by one. A block of length 0 is legal and comes out as an empty slice.
    #[must_use]
    pub const fn messages(&self) -> Blocks<'a> {
        Blocks { area: self.blocks }
    }
}

/// Iterator over the blocks of a [`Packet`], without their prefixes.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    area: &'a [u8],
}

impl<'a> Iterator for Blocks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (prefix, rest) = self.area.split_first_chunk::<2>()?;
        let (message, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*prefix)))?;
        self.area = rest;
        Some(message)
    }
}

/// Asks the retransmission server for `count` messages from `sequence` on. Always 20 bytes; the answer is ordinary
/// downstream packets, perhaps with fewer messages, or silence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    pub session: Session,
    pub sequence: u64,
    pub count: u16,
}

impl Request {
    pub fn decode(datagram: &[u8]) -> Result<Self, Error> {
        let Ok(bytes) = <&[u8; HEADER_BYTES]>::try_from(datagram) else {
            return Err(Error { offset: 0, kind: ErrorKind::RequestSize { have: datagram.len() as u32 } });
        };
        let Header { session, sequence, count } = Header::decode(bytes);
        if count == 0 || count == END_OF_SESSION {
            return Err(Error { offset: 18, kind: ErrorKind::RequestCount { count } });
        }
        Ok(Self { session, sequence, count })
    }

    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        Header { session: self.session, sequence: self.sequence, count: self.count }.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Header = Header { session: Session(*b"000010059B"), sequence: 0x0102_0304_0506_0708, count: 2 };

    fn datagram(header: Header, area: &[u8]) -> Vec<u8> {
        [&header.encode()[..], area].concat()
    }

    #[test]
    fn a_packet_gives_back_its_messages_and_counts_what_follows_them() {
        let bytes = datagram(HEAD, &[0, 1, 7, 0, 0, 9, 9]);
        let packet = Packet::decode(&bytes).unwrap();
        assert_eq!(packet.header, HEAD);
        assert_eq!(packet.trailing, 2);
        assert_eq!(packet.messages().collect::<Vec<_>>(), [&[7][..], &[]]);
    }

    #[test]
    fn every_malformation_names_its_offset() {
        let kind_of = |bytes: &[u8]| Packet::decode(bytes).map(|_| ()).unwrap_err();
        assert_eq!(kind_of(&[0; 19]), Error { offset: 0, kind: ErrorKind::ShortHeader { have: 19 } });
        let missing = kind_of(&datagram(HEAD, &[0, 1, 7]));
        assert_eq!(missing, Error { offset: 23, kind: ErrorKind::MissingBlocks { count: 2, present: 1 } });
        let half_prefix = kind_of(&datagram(HEAD, &[0, 1, 7, 0]));
        assert_eq!(half_prefix.kind, ErrorKind::BlockPastEnd { block: 1, need: 2, have: 1 });
        let past = kind_of(&datagram(HEAD, &[0, 1, 7, 0, 3, 1, 1]));
        assert_eq!(past, Error { offset: 23, kind: ErrorKind::BlockPastEnd { block: 1, need: 5, have: 4 } });
        let end = kind_of(&datagram(Header { count: END_OF_SESSION, ..HEAD }, &[0]));
        assert_eq!(end, Error { offset: 20, kind: ErrorKind::EndWithData { bytes: 1 } });
    }

    #[test]
    fn heartbeats_and_ends_carry_no_messages() {
        let beat = datagram(Header { count: HEARTBEAT, ..HEAD }, &[]);
        assert_eq!(Packet::decode(&beat).unwrap().header.kind(), Kind::Heartbeat);
        let end = datagram(Header { count: END_OF_SESSION, ..HEAD }, &[]);
        let end = Packet::decode(&end).unwrap();
        assert_eq!((end.header.kind(), end.messages().count()), (Kind::EndOfSession, 0));
    }

    #[test]
    fn a_request_survives_the_wire_and_must_ask_for_something() {
        let request = Request { session: HEAD.session, sequence: 9, count: 500 };
        assert_eq!(Request::decode(&request.encode()), Ok(request));
        assert_eq!(Request::decode(&[0; 21]).unwrap_err().kind, ErrorKind::RequestSize { have: 21 });
        let nothing = Request { count: 0, ..request };
        assert_eq!(Request::decode(&nothing.encode()).unwrap_err().kind, ErrorKind::RequestCount { count: 0 });
    }

    #[test]
    fn a_session_is_ten_printable_bytes() {
        assert_eq!(Session::new("HFTZ"), Some(Session(*b"HFTZ      ")));
        assert_eq!(Session::new("ELEVENBYTES"), None);
        assert_eq!(Session::new("a\n"), None);
    }
}
