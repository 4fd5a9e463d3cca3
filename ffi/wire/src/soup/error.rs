//! What can be wrong with a SoupBinTCP stream, and where.

use core::fmt;

/// A packet that breaks a rule. Nobody knows where the next one begins, so the connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// Absolute position in the stream, bytes.
    pub offset: u64,
    pub kind: ErrorKind,
}

/// The rule that was broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// A length of 0 has no room for a type.
    ZeroLength,
    /// The length says more than the receiver takes.
    TooLong { length: u16, most: u32 },
    /// The other side does not send packets of this type.
    UnknownType(u8),
    /// A login packet of another length than its version has.
    LoginLength { have: u32 },
    /// A number field holds something other than digits with spaces on the left, or more than 64 bits.
    Number { field: &'static str },
}

impl ErrorKind {
    pub(super) const fn at(self, offset: u64) -> Error {
        Error { offset, kind: self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "offset {}: ", self.offset)?;
        match self.kind {
            ErrorKind::ZeroLength => write!(to, "packet length 0"),
            ErrorKind::TooLong { length, most } => write!(to, "packet length {length} is above {most}"),
            ErrorKind::UnknownType(kind) => {
                write!(to, "unexpected packet type '{}' (0x{kind:02x})", kind.escape_ascii())
            }
            ErrorKind::LoginLength { have } => write!(to, "a login of {have} bytes"),
            ErrorKind::Number { field } => write!(to, "the {field} is no number"),
        }
    }
}

impl core::error::Error for Error {}
