//! Fills packets up to a payload limit.

use alloc::boxed::Box;
use alloc::vec;

use super::packet::{Header, Session};
use super::{END_OF_SESSION, HEADER_BYTES, HEARTBEAT, MAX_COUNT, MAX_PAYLOAD_BYTES};

/// Why a message was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PushError {
    /// It fits into a packet, but not into this one: send this one first.
    Full,
    /// No packet under this limit can hold it.
    TooLong,
}

/// One packet under construction and the sequence number that comes next. Allocates its buffer once.
///
/// ```
/// # use hftz_wire::mold::{Builder, Session};
/// # let session = Session::new("DAY1").unwrap();
/// let mut builder = Builder::new(session, 1, 1472);
/// builder.push(b"hello").unwrap();
/// assert_eq!(builder.packet().len(), 20 + 2 + 5);
/// builder.advance(); // sent: the next packet starts at sequence 2
/// assert_eq!(builder.sequence(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    session: Session,
    sequence: u64,
    count: u16,
    used: usize,
    bytes: Box<[u8]>,
}

impl Builder {
    /// `payload_limit` is the largest UDP payload to build, bytes, brought into 64..=65,507.
    #[must_use]
    pub fn new(session: Session, sequence: u64, payload_limit: usize) -> Self {
        let limit = payload_limit.clamp(64, MAX_PAYLOAD_BYTES);
        Self { session, sequence, count: 0, used: HEADER_BYTES, bytes: vec![0; limit].into_boxed_slice() }
    }

    /// Sequence number of the first message of the packet under construction.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Messages in the packet under construction.
    #[must_use]
    pub const fn count(&self) -> u16 {
        self.count
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds one message.
    pub fn push(&mut self, message: &[u8]) -> Result<(), PushError> {
        let Ok(length) = u16::try_from(message.len()) else { return Err(PushError::TooLong) };
        let need = 2 + message.len();
        if HEADER_BYTES + need > self.bytes.len() {
            return Err(PushError::TooLong);
        }
        if self.used + need > self.bytes.len() || self.count == MAX_COUNT {
            return Err(PushError::Full);
        }
        self.bytes[self.used..self.used + 2].copy_from_slice(&length.to_be_bytes());
        self.bytes[self.used + 2..self.used + need].copy_from_slice(message);
        self.used += need;
        self.count += 1;
        Ok(())
    }

    /// Adds whole records from the start of `framed` until one does not fit or is not all there; returns the bytes
    /// taken. 0 from an empty builder means that the first record is incomplete or longer than any packet.
    pub fn push_framed(&mut self, framed: &[u8]) -> usize {
        let room = self.bytes.len() - self.used;
        let mut taken = 0;
        while let Some(prefix) = framed.get(taken..taken + 2) {
            let next = taken + 2 + usize::from(u16::from_be_bytes([prefix[0], prefix[1]]));
            if next > room || next > framed.len() || self.count == MAX_COUNT {
                break;
            }
            taken = next;
            self.count += 1;
        }
        self.bytes[self.used..self.used + taken].copy_from_slice(&framed[..taken]);
        self.used += taken;
        taken
    }

    /// The packet as it stands, ready to send. Without messages this is a heartbeat.
    pub fn packet(&mut self) -> &[u8] {
        let header = Header { session: self.session, sequence: self.sequence, count: self.count };
        self.bytes[..HEADER_BYTES].copy_from_slice(&header.encode());
        &self.bytes[..self.used]
    }

    /// The packet is sent: numbers move on and the next one is empty.
    pub const fn advance(&mut self) {
        self.sequence = self.sequence.wrapping_add(self.count as u64);
        self.count = 0;
        self.used = HEADER_BYTES;
    }

    /// A heartbeat that announces the next sequence number. Meant for an empty builder.
    #[must_use]
    pub fn heartbeat(&self) -> [u8; HEADER_BYTES] {
        self.tail(HEARTBEAT)
    }

    /// The end of the session, after everything that was advanced over.
    #[must_use]
    pub fn end_of_session(&self) -> [u8; HEADER_BYTES] {
        self.tail(END_OF_SESSION)
    }

    fn tail(&self, count: u16) -> [u8; HEADER_BYTES] {
        let sequence = self.sequence.wrapping_add(u64::from(self.count));
        Header { session: self.session, sequence, count }.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Packet;
    use super::*;

    fn builder(limit: usize) -> Builder {
        Builder::new(Session(*b"S         "), 1, limit)
    }

    #[test]
    fn packets_fill_to_the_limit_and_number_on() {
        let framed: Vec<u8> = (0..100u8).flat_map(|n| [0, 3, n, n, n]).collect();
        let mut builder = builder(64);
        let (mut at, mut seen, mut expected) = (0, Vec::new(), 1);
        while at < framed.len() {
            at += builder.push_framed(&framed[at..]);
            let packet = Packet::decode(builder.packet()).unwrap();
            assert!(packet.blocks.len() + HEADER_BYTES <= 64);
            assert_eq!(packet.header.sequence, expected);
            expected += u64::from(packet.header.count);
            seen.extend_from_slice(packet.blocks);
            builder.advance();
        }
        assert_eq!(seen, framed);
        assert_eq!(Packet::decode(&builder.end_of_session()).unwrap().header.sequence, 101);
        assert_eq!(Packet::decode(&builder.heartbeat()).unwrap().header.sequence, 101);
    }

    #[test]
    fn a_message_that_fits_no_packet_says_so_and_one_that_fits_the_next_waits() {
        let mut builder = builder(64);
        assert_eq!(builder.push(&[0; 43]), Err(PushError::TooLong));
        assert_eq!(builder.push(&[0; 42]), Ok(()));
        assert_eq!(builder.push(&[]), Err(PushError::Full));
        assert_eq!(builder.packet().len(), 64);
        builder.advance();
        assert_eq!(builder.push_framed(&[0, 43]), 0);
    }
}
