//! The sequenced stream of one session, as packets that are ready to be sent.
//!
//! Kept in memory up to a limit, the newest part of it, since a client that reconnects wants what it missed: a send is then a copy of
//! contiguous bytes and any number of readers share it. What fell out can be made again from the journal, not by a client.

use hftz_wire::soup::{LENGTH_BYTES, Packet, kind};
use std::collections::VecDeque;

pub struct Tape {
    bytes: Vec<u8>,
    /// Position in the whole stream of `bytes[0]`.
    start: u64,
    /// Sequence number of the packet at `start`, from 1.
    first: u64,
    /// Where each kept packet begins, in the whole stream.
    begins: VecDeque<u64>,
    limit: usize,
}

impl Tape {
    /// Keeps at least the newest `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), start: 0, first: 1, begins: VecDeque::new(), limit }
    }

    /// Appends a message.
    pub fn push(&mut self, message: &[u8]) {
        let begin = self.end();
        if (Packet { kind: kind::SEQUENCED, payload: message }).write(&mut self.bytes) {
            self.begins.push_back(begin);
        }
        if self.bytes.len() > self.limit.saturating_mul(2) {
            self.forget();
        }
    }

    /// Drops the oldest packets beyond the limit. Done when twice the limit is there, so that each byte moves once on average.
    #[cold]
    fn forget(&mut self) {
        let keep_from = self.end() - self.limit as u64;
        while self.begins.get(1).is_some_and(|&next| next <= keep_from) {
            self.begins.pop_front();
            self.first += 1;
        }
        let start = self.begins.front().copied().unwrap_or(self.start);
        self.bytes.drain(..(start - self.start) as usize);
        self.start = start;
    }

    /// Sequence number of the next message.
    pub fn next(&self) -> u64 {
        self.first + self.begins.len() as u64
    }

    /// Position behind the last packet.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Position of the packet with this number, or behind the last one; `None` when it is no longer kept or not due yet.
    pub fn position(&self, sequence: u64) -> Option<u64> {
        if sequence == self.next() {
            return Some(self.end());
        }
        let index = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        self.begins.get(index).copied()
    }

    /// Whole packets from a packet's position on, at most `room` bytes of them; `None` when they are no longer kept.
    pub fn read(&self, position: u64, room: usize) -> Option<&[u8]> {
        let from = usize::try_from(position.checked_sub(self.start)?).ok()?;
        let rest = self.bytes.get(from..)?;
        if rest.len() <= room {
            return Some(rest);
        }
        let mut end = 0;
        while let Some(length) = rest[end..].first_chunk::<LENGTH_BYTES>() {
            let next = end + LENGTH_BYTES + usize::from(u16::from_be_bytes(*length));
            if next > room {
                break;
            }
            end = next;
        }
        rest.get(..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_is_read_from_any_kept_message_in_whole_packets() {
        let mut tape = Tape::new(1 << 20);
        assert_eq!((tape.next(), tape.position(1)), (1, Some(0)));
        for message in [&b"one"[..], b"two", b"three"] {
            tape.push(message);
        }
        let second = tape.position(2).unwrap();
        assert_eq!(tape.read(second, 1000).unwrap(), b"\0\x04Stwo\0\x06Sthree");
        assert_eq!(tape.read(second, 12).unwrap(), b"\0\x04Stwo");
        assert_eq!(tape.position(4), Some(tape.end()));
        assert_eq!((tape.position(5), tape.position(0)), (None, None));
    }

    #[test]
    fn a_tape_forgets_the_oldest_messages_beyond_its_limit_and_nothing_else() {
        let mut tape = Tape::new(100);
        for number in 0..1000u32 {
            tape.push(&number.to_be_bytes());
            let position = tape.position(u64::from(number) + 1).unwrap();
            assert_eq!(tape.read(position, 100).unwrap()[3..], number.to_be_bytes());
        }
        assert_eq!(tape.next(), 1001);
        assert!(tape.bytes.len() <= 200 && tape.bytes.len() >= 98);
        assert_eq!((tape.position(1), tape.read(0, 100)), (None, None));
    }
}
