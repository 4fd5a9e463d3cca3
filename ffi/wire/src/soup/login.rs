//! The two packets of a login that carry fields.

use super::error::{Error, ErrorKind};
use crate::itch::Alpha;

const USER: usize = 6;
const PASSWORD: usize = 10;
const SESSION: usize = 10;
const SEQUENCE: usize = 20;
const TIMEOUT: usize = 5;

/// The payload of a login request (`L`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoginRequest {
    pub username: Alpha<USER>,
    pub password: Alpha<PASSWORD>,
    /// The session to join, blank for the current one; padded on the left.
    pub session: [u8; SESSION],
    /// The first message wanted: 1 from the start, 0 whatever comes next.
    pub sequence: u64,
    /// How long the client may be silent, milliseconds (4.10).
    pub timeout_ms: Option<u32>,
}

impl LoginRequest {
    /// Bytes of the payload before 4.10.
    pub const LENGTH: usize = USER + PASSWORD + SESSION + SEQUENCE;

    /// Reads the payload, whose first byte is at `offset` of the stream.
    ///
    /// # Errors
    /// Another length than 46 or 51 bytes, or a number field that is none.
    pub fn decode(payload: &[u8], offset: u64) -> Result<Self, Error> {
        let wrong = ErrorKind::LoginLength { have: payload.len() as u32 }.at(offset);
        let (user, rest) = payload.split_first_chunk().ok_or(wrong)?;
        let (password, rest) = rest.split_first_chunk().ok_or(wrong)?;
        let (session, rest) = rest.split_first_chunk().ok_or(wrong)?;
        let (sequence, rest) = rest.split_first_chunk::<SEQUENCE>().ok_or(wrong)?;
        let at = offset + (USER + PASSWORD + SESSION) as u64;
        let sequence = number(sequence).ok_or(ErrorKind::Number { field: "requested sequence number" }.at(at))?;
        let timeout_ms = match rest.len() {
            0 => None,
            TIMEOUT => {
                let field = ErrorKind::Number { field: "heartbeat timeout" }.at(at + SEQUENCE as u64);
                Some(number(rest).ok_or(field)? as u32)
            }
            _ => return Err(wrong),
        };
        Ok(Self { username: Alpha(*user), password: Alpha(*password), session: *session, sequence, timeout_ms })
    }

    /// Appends the payload.
    pub fn encode(&self, to: &mut alloc::vec::Vec<u8>) {
        to.extend_from_slice(&self.username.0);
        to.extend_from_slice(&self.password.0);
        to.extend_from_slice(&self.session);
        to.extend_from_slice(&digits::<SEQUENCE>(self.sequence));
        if let Some(timeout) = self.timeout_ms {
            to.extend_from_slice(&digits::<TIMEOUT>(u64::from(timeout.min(99_999))));
        }
    }
}

/// The payload of a login accepted (`A`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoginAccepted {
    /// Padded on the left.
    pub session: [u8; SESSION],
    /// The number of the next sequenced packet.
    pub sequence: u64,
}

impl LoginAccepted {
    /// Bytes of the payload.
    pub const LENGTH: usize = SESSION + SEQUENCE;

    /// Reads the payload, whose first byte is at `offset` of the stream.
    ///
    /// # Errors
    /// Another length than 30 bytes, or a sequence number that is none.
    pub fn decode(payload: &[u8], offset: u64) -> Result<Self, Error> {
        let wrong = ErrorKind::LoginLength { have: payload.len() as u32 }.at(offset);
        let (session, rest) = payload.split_first_chunk().ok_or(wrong)?;
        if rest.len() != SEQUENCE {
            return Err(wrong);
        }
        let sequence =
            number(rest).ok_or(ErrorKind::Number { field: "sequence number" }.at(offset + SESSION as u64))?;
        Ok(Self { session: *session, sequence })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        let mut to = [0; Self::LENGTH];
        to[..SESSION].copy_from_slice(&self.session);
        to[SESSION..].copy_from_slice(&digits::<SEQUENCE>(self.sequence));
        to
    }
}

/// Digits with spaces on the left, or on the right as some clients send them; all blank is 0.
fn number(field: &[u8]) -> Option<u64> {
    field.trim_ascii().iter().try_fold(0u64, |value, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// A number as digits with spaces on the left; the lowest digits when it is too wide, which no 64-bit number is for 20.
fn digits<const N: usize>(mut value: u64) -> [u8; N] {
    let mut to = [b' '; N];
    for place in to.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_real_login_of_a_japanese_venue_reads_and_writes_back() {
        let payload = [&b"user  password  "[..], &[b' '; 10], &[b' '; 19], b"0"].concat();
        let login = LoginRequest::decode(&payload, 3).unwrap();
        assert_eq!((login.username.trimmed(), login.sequence, login.timeout_ms), (&b"user"[..], 0, None));
        let mut again = Vec::new();
        login.encode(&mut again);
        assert_eq!(again, payload);
        let accepted = [&b"1689192121"[..], &[b' '; 17], b"135"].concat();
        let read = LoginAccepted::decode(&accepted, 3).unwrap();
        assert_eq!((read.sequence, read.encode()[..] == accepted[..]), (135, true));
    }

    #[test]
    fn a_login_names_the_field_that_is_no_number() {
        let mut payload = Vec::new();
        let login = LoginRequest {
            username: Alpha(*b"a     "),
            password: Alpha::BLANK,
            session: [b' '; 10],
            sequence: u64::MAX,
            timeout_ms: Some(15_000),
        };
        login.encode(&mut payload);
        assert_eq!(LoginRequest::decode(&payload, 0), Ok(login));
        payload[26] = b'9';
        assert_eq!(
            LoginRequest::decode(&payload, 3),
            Err(ErrorKind::Number { field: "requested sequence number" }.at(29))
        );
        assert_eq!(LoginRequest::decode(&payload[..45], 0), Err(ErrorKind::LoginLength { have: 45 }.at(0)));
        assert_eq!(LoginRequest::decode(&[b' '; 47], 0), Err(ErrorKind::LoginLength { have: 47 }.at(0)));
    }
}
