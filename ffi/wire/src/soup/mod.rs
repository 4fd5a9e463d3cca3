//! SoupBinTCP 3.00, 4.00 and 4.10: the frame around order entry on a TCP stream.
//!
//! A packet is a big-endian `u16` length, a type byte and a payload; the length counts type and payload. TCP splits and joins
//! packets at will: [`Packet::next`] takes the first whole one of a window. Numbers are ASCII, padded with spaces on the left.
//!
//! Source: SoupBinTCP 3.00 (Feb 2017), with the heartbeat timeout that 4.10 appends to a login.

mod error;
mod login;

pub use error::{Error, ErrorKind};
pub use login::{LoginAccepted, LoginRequest};

/// Packet types. `DATA` is unsequenced, from either side since 4.00.
pub mod kind {
    pub const DEBUG: u8 = b'+';
    pub const LOGIN_ACCEPTED: u8 = b'A';
    pub const LOGIN_REJECTED: u8 = b'J';
    pub const SEQUENCED: u8 = b'S';
    pub const SERVER_HEARTBEAT: u8 = b'H';
    pub const END_OF_SESSION: u8 = b'Z';
    pub const LOGIN_REQUEST: u8 = b'L';
    pub const DATA: u8 = b'U';
    pub const CLIENT_HEARTBEAT: u8 = b'R';
    pub const LOGOUT_REQUEST: u8 = b'O';
}

/// Login rejected: user name or password is wrong.
pub const NOT_AUTHORISED: u8 = b'A';
/// Login rejected: no such session, or not from this sequence number.
pub const SESSION_NOT_AVAILABLE: u8 = b'S';

/// Bytes of the length in front.
pub const LENGTH_BYTES: usize = 2;
/// The largest payload that the length can say.
pub const MAX_PAYLOAD: usize = u16::MAX as usize - 1;

/// Who sends the packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    Client,
    Server,
}

impl Sender {
    /// Whether this side sends packets of this type.
    #[must_use]
    pub const fn sends(self, kind: u8) -> bool {
        use kind::*;
        match self {
            Self::Client => matches!(kind, DEBUG | LOGIN_REQUEST | DATA | CLIENT_HEARTBEAT | LOGOUT_REQUEST),
            Self::Server => {
                matches!(
                    kind,
                    DEBUG | LOGIN_ACCEPTED | LOGIN_REJECTED | SEQUENCED | DATA | SERVER_HEARTBEAT | END_OF_SESSION
                )
            }
        }
    }
}

/// One packet, its payload in place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    pub kind: u8,
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// The packet at the start of `input` and its whole length; `None` when more bytes are needed. `base` is the absolute
    /// position of `input[0]`, `limit` the largest payload that is taken: a longer one is an error before it has arrived.
    ///
    /// # Errors
    /// A length of 0, a payload above `limit`, or a type that `sender` does not send. The connection cannot go on.
    pub fn next(input: &'a [u8], base: u64, sender: Sender, limit: usize) -> Result<Option<(Self, usize)>, Error> {
        let Some((length, rest)) = input.split_first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        let length = u16::from_be_bytes(*length);
        let whole = usize::from(length);
        if length == 0 {
            return Err(ErrorKind::ZeroLength.at(base));
        }
        if whole > limit + 1 {
            return Err(ErrorKind::TooLong { length, most: limit.saturating_add(1) as u32 }.at(base));
        }
        let Some(&kind) = rest.first() else { return Ok(None) };
        if !sender.sends(kind) {
            return Err(ErrorKind::UnknownType(kind).at(base + LENGTH_BYTES as u64));
        }
        Ok(rest.get(1..whole).map(|payload| (Self { kind, payload }, LENGTH_BYTES + whole)))
    }

    /// Appends the packet; false, with nothing written, when the payload is longer than a packet can say.
    #[must_use]
    pub fn write(&self, to: &mut alloc::vec::Vec<u8>) -> bool {
        if self.payload.len() > MAX_PAYLOAD {
            return false;
        }
        to.extend_from_slice(&(self.payload.len() as u16 + 1).to_be_bytes());
        to.push(self.kind);
        to.extend_from_slice(self.payload);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn packets_are_taken_whole_one_after_the_other() {
        let mut bytes = Vec::new();
        assert!(Packet { kind: kind::CLIENT_HEARTBEAT, payload: b"" }.write(&mut bytes));
        assert!(Packet { kind: kind::DATA, payload: b"abc" }.write(&mut bytes));
        assert_eq!(bytes[..3], [0, 1, b'R']);
        let (first, used) = Packet::next(&bytes, 0, Sender::Client, 9).unwrap().unwrap();
        assert_eq!((first.kind, first.payload.len(), used), (b'R', 0, 3));
        for cut in 3..bytes.len() {
            assert_eq!(Packet::next(&bytes[3..cut], 3, Sender::Client, 9), Ok(None));
        }
        let (second, used) = Packet::next(&bytes[3..], 3, Sender::Client, 9).unwrap().unwrap();
        assert_eq!((second.payload, used), (&b"abc"[..], 6));
    }

    #[test]
    fn what_cannot_be_a_packet_is_refused_with_its_place() {
        let next = |bytes: &'static [u8]| Packet::next(bytes, 100, Sender::Client, 9);
        assert_eq!(next(&[0, 0]), Err(ErrorKind::ZeroLength.at(100)));
        assert_eq!(next(&[0, 11]), Err(ErrorKind::TooLong { length: 11, most: 10 }.at(100)));
        assert_eq!(next(&[0, 5, b'S']), Err(ErrorKind::UnknownType(b'S').at(102)));
    }
}
