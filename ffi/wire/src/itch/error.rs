//! What can be wrong with framed ITCH, and where.

use core::fmt;

/// A record that breaks a framing rule. Everything before `offset` was delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// Absolute position of the record's length prefix in the input, bytes.
    pub offset: u64,
    pub kind: ErrorKind,
}

/// The rule that was broken. A record *longer* than its type is no error: newer revisions append fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// Length prefix 0. As the very last record of a file this is the end-of-session mark, which only the caller, who
    /// knows where the input ends, can tell; anywhere else it is an error.
    ZeroLength,
    /// The type byte is none of ITCH 5.0.
    UnknownType { kind: u8, length: u16 },
    /// The record is shorter than its type.
    TooShort { kind: u8, length: u16, expected: u16 },
    /// The input ended inside a record: `have` bytes of it are there, at least `need` belong to it (prefix included).
    Truncated { have: u32, need: u32 },
}

impl Error {
    /// Bytes from `offset` to the next record, by the bad record's own length prefix; `None` when the input ended.
    #[must_use]
    pub const fn record_bytes(&self) -> Option<usize> {
        match self.kind {
            ErrorKind::ZeroLength => Some(2),
            ErrorKind::UnknownType { length, .. } | ErrorKind::TooShort { length, .. } => Some(2 + length as usize),
            ErrorKind::Truncated { .. } => None,
        }
    }

    /// A stable, machine-readable name of the rule.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.kind {
            ErrorKind::ZeroLength => "zero-length",
            ErrorKind::UnknownType { .. } => "unknown-type",
            ErrorKind::TooShort { .. } => "wrong-length",
            ErrorKind::Truncated { .. } => "truncated",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "offset {}: ", self.offset)?;
        match self.kind {
            ErrorKind::ZeroLength => {
                write!(to, "record length 0 (valid only as the very last record, where it ends the session)")
            }
            ErrorKind::UnknownType { kind, length } => {
                write!(
                    to,
                    "unknown message type '{}' (0x{kind:02x}) in a record of {length} bytes",
                    kind.escape_ascii()
                )
            }
            ErrorKind::TooShort { kind, length, expected } => {
                write!(to, "record length {length} is too short for a '{}' message of {expected} bytes", kind as char)
            }
            ErrorKind::Truncated { have, need } => {
                write!(to, "the input ends inside a record: {have} bytes are there, {need} belong to it")
            }
        }
    }
}

impl core::error::Error for Error {}
