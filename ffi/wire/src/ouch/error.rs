//! What can be wrong with an OUCH message, and where.

use core::fmt;

/// A message that breaks a rule of its layout. It concerns this one message: the frame around it says where the next begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// Bytes from the message's type byte to the place of the broken rule.
    pub offset: u16,
    pub kind: ErrorKind,
}

/// The rule that was broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// A message of no bytes.
    Empty,
    /// The byte is no type of this direction.
    UnknownType(u8),
    /// The message is shorter or longer than its type.
    WrongLength { kind: u8, have: u16, need: u16 },
    /// The appendage's length field says `said`, `have` bytes follow it.
    AppendageLength { said: u16, have: u16 },
    /// An option says it is `length` bytes long, which is 0 or more than what is left.
    OptionLength { tag: u8, length: u8, left: u16 },
    /// A known option has another size than its tag allows.
    OptionSize { tag: u8, have: u8, need: u8 },
}

impl ErrorKind {
    pub(crate) const fn at(self, offset: u16) -> Error {
        Error { offset, kind: self }
    }

    pub(crate) const fn wrong_length(kind: u8, have: usize, need: u16) -> Error {
        let have = if have > u16::MAX as usize { u16::MAX } else { have as u16 };
        Self::WrongLength { kind, have, need }.at(if have < need { have } else { need })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "offset {}: ", self.offset)?;
        match self.kind {
            ErrorKind::Empty => write!(to, "a message of no bytes"),
            ErrorKind::UnknownType(kind) => write!(to, "unknown message type '{}' (0x{kind:02x})", kind.escape_ascii()),
            ErrorKind::WrongLength { kind, have, need } => {
                write!(to, "a '{}' message of {have} bytes instead of {need}", kind.escape_ascii())
            }
            ErrorKind::AppendageLength { said, have } => {
                write!(to, "the appendage is said to be {said} bytes long, {have} bytes follow")
            }
            ErrorKind::OptionLength { tag, length, left } => {
                write!(to, "option {tag} of length {length} where {left} bytes are left")
            }
            ErrorKind::OptionSize { tag, have, need } => write!(to, "option {tag} of {have} bytes instead of {need}"),
        }
    }
}

impl core::error::Error for Error {}
