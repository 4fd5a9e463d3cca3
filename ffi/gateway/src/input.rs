//! What reaches the traders, in the order that counts, with a byte form for the journal.

use crate::dialect::Version;
use hftz_wire::itch::Alpha;
use std::fmt;

/// One thing that happened to a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input<'a> {
    /// A client logged in. The first login of a session opens it. The name is the user's, in upper case: nothing here needs it, but who
    /// brings a server back from a journal does.
    Login { session: u16, account: u16, version: Version, name: Alpha<6> },
    /// A client's OUCH message, as received.
    Message { session: u16, raw: &'a [u8] },
    /// The client is gone: its orders are cancelled.
    Gone { session: u16 },
    /// The day ends: every session hears it.
    End,
}

/// Why bytes are no input; the offset is that of the field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputError {
    /// Fewer or more bytes than the kind has.
    Length { have: usize, need: usize },
    /// Byte 0 is no kind.
    Kind(u8),
    /// Byte 5 is no OUCH version.
    Version(u8),
}

impl fmt::Display for InputError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { have, need } => write!(to, "a gateway input of {have} bytes instead of {need}"),
            Self::Kind(kind) => write!(to, "offset 0: unknown gateway input 0x{kind:02x}"),
            Self::Version(version) => write!(to, "offset 5: unknown OUCH version {version}"),
        }
    }
}

impl std::error::Error for InputError {}

impl<'a> Input<'a> {
    /// The session it is about; 0 all of them.
    #[must_use]
    pub const fn session(&self) -> u16 {
        match *self {
            Self::Login { session, .. } | Self::Message { session, .. } | Self::Gone { session } => session,
            Self::End => 0,
        }
    }

    /// Appends `kind u8 | session u16` and, little-endian, the rest: `account u16 | version u8 | name` of a login, the
    /// message.
    pub fn encode(&self, to: &mut Vec<u8>) {
        let kind = match self {
            Self::Login { .. } => b'L',
            Self::Message { .. } => b'M',
            Self::Gone { .. } => b'G',
            Self::End => b'E',
        };
        to.push(kind);
        to.extend_from_slice(&self.session().to_le_bytes());
        match self {
            Self::Login { account, version, name, .. } => {
                to.extend_from_slice(&account.to_le_bytes());
                to.push(version.number());
                to.extend_from_slice(&name.0);
            }
            Self::Message { raw, .. } => to.extend_from_slice(raw),
            Self::Gone { .. } | Self::End => {}
        }
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// Bytes of another length, kind or version.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, InputError> {
        let Some((&[kind, low, high], rest)) = bytes.split_first_chunk() else {
            return Err(InputError::Length { have: bytes.len(), need: 3 });
        };
        let session = u16::from_le_bytes([low, high]);
        match (kind, rest) {
            (b'M', raw) => Ok(Self::Message { session, raw }),
            (b'G', []) => Ok(Self::Gone { session }),
            (b'E', []) if session == 0 => Ok(Self::End),
            (b'L', &[low, high, version, ref name @ ..]) if name.len() == 6 => {
                let account = u16::from_le_bytes([low, high]);
                let version = Version::from_number(version).ok_or(InputError::Version(version))?;
                let name = Alpha(name.first_chunk().copied().unwrap_or_default());
                Ok(Self::Login { session, account, version, name })
            }
            (b'G' | b'E', _) => Err(InputError::Length { have: bytes.len(), need: 3 }),
            (b'L', _) => Err(InputError::Length { have: bytes.len(), need: 12 }),
            _ => Err(InputError::Kind(kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_reads_back_and_nothing_else_reads() {
        let login = Input::Login { session: 7, account: 9, version: Version::V50, name: Alpha(*b"ALICE ") };
        for input in [login, Input::Message { session: 7, raw: b"X" }, Input::Gone { session: 65_535 }, Input::End] {
            let mut bytes = Vec::new();
            input.encode(&mut bytes);
            assert_eq!(Input::decode(&bytes), Ok(input));
        }
        assert_eq!(Input::decode(b"G"), Err(InputError::Length { have: 1, need: 3 }));
        assert_eq!(Input::decode(b"G\0\0\0"), Err(InputError::Length { have: 4, need: 3 }));
        assert_eq!(Input::decode(b"L\0\0\0\0\x07ALICE "), Err(InputError::Version(7)));
        assert_eq!(Input::decode(b"?\0\0"), Err(InputError::Kind(b'?')));
    }
}
