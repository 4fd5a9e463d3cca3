//! What can be wrong with a MoldUDP64 datagram, and where in it.

use core::fmt;

/// A malformed datagram. `offset` counts from the first byte of the UDP payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    pub offset: u64,
    pub kind: ErrorKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// Shorter than a header.
    ShortHeader { have: u32 },
    /// The header promises `count` blocks, the datagram ends after `present`.
    MissingBlocks { count: u16, present: u16 },
    /// Block `block` (from 0) needs `need` bytes with its prefix; `have` remain.
    BlockPastEnd { block: u16, need: u32, have: u32 },
    /// An end-of-session packet carries data.
    EndWithData { bytes: u32 },
    /// A request must be 20 bytes.
    RequestSize { have: u32 },
    /// A request asks for nothing (0) or for more than a session can number in a packet (65,535).
    RequestCount { count: u16 },
}

impl Error {
    /// A stable, machine-readable name of the rule.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.kind {
            ErrorKind::ShortHeader { .. } => "mold-short-header",
            ErrorKind::MissingBlocks { .. } => "mold-missing-blocks",
            ErrorKind::BlockPastEnd { .. } => "mold-block-past-end",
            ErrorKind::EndWithData { .. } => "mold-end-with-data",
            ErrorKind::RequestSize { .. } => "mold-request-size",
            ErrorKind::RequestCount { .. } => "mold-request-count",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "datagram offset {}: ", self.offset)?;
        match self.kind {
            ErrorKind::ShortHeader { have } => write!(to, "{have} bytes are too few for a 20-byte MoldUDP64 header"),
            ErrorKind::MissingBlocks { count, present } => {
                write!(to, "the header promises {count} messages, the datagram ends after {present}")
            }
            ErrorKind::BlockPastEnd { block, need, have } => {
                write!(to, "message block {block} needs {need} bytes, {have} remain")
            }
            ErrorKind::EndWithData { bytes } => write!(to, "an end-of-session packet is followed by {bytes} bytes"),
            ErrorKind::RequestSize { have } => write!(to, "a request has 20 bytes, not {have}"),
            ErrorKind::RequestCount { count } => write!(to, "a request for {count} messages"),
        }
    }
}

impl core::error::Error for Error {}
