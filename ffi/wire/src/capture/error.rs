//! What can be wrong with a capture file, and where.

use core::fmt;

/// A place in a capture file that breaks a rule. Everything before it was delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// Absolute position of the record or block in the file, bytes.
    pub offset: u64,
    pub kind: ErrorKind,
}

/// The rule that was broken. All but [`ErrorKind::UnknownInterface`] and [`ErrorKind::CapturedLength`] leave no way to find
/// the next record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// Neither a pcap nor a pcapng file.
    Magic,
    /// A version of the format that is not read.
    Version { major: u16, minor: u16 },
    /// The input ended inside a record or block.
    Truncated { have: u64, need: u64 },
    /// A packet longer than [`super::MAX_PACKET_BYTES`].
    PacketTooLong { length: u32 },
    /// A pcapng block whose length is no multiple of four or less than its fixed fields.
    BlockLength { block: u32, length: u32 },
    /// The length at a block's end differs from the one at its start.
    BlockEnd { start: u32, end: u32 },
    /// A section whose byte-order magic is in no known order.
    ByteOrder,
    /// A packet of an interface that the section has not described.
    UnknownInterface { interface: u32, bytes: u32 },
    /// More interfaces in a section than are kept.
    TooManyInterfaces,
    /// A packet that says it is longer than its block.
    CapturedLength { captured: u32, room: u32, bytes: u32 },
}

impl Error {
    /// Bytes from `offset` to the next block; `None` when there is no way to tell.
    #[must_use]
    pub const fn record_bytes(&self) -> Option<usize> {
        match self.kind {
            ErrorKind::UnknownInterface { bytes, .. } | ErrorKind::CapturedLength { bytes, .. } => Some(bytes as usize),
            _ => None,
        }
    }

    /// A stable, machine-readable name of the rule.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.kind {
            ErrorKind::Magic => "capture-magic",
            ErrorKind::Version { .. } => "capture-version",
            ErrorKind::Truncated { .. } => "capture-truncated",
            ErrorKind::PacketTooLong { .. } => "capture-packet-too-long",
            ErrorKind::BlockLength { .. } => "capture-block-length",
            ErrorKind::BlockEnd { .. } => "capture-block-end",
            ErrorKind::ByteOrder => "capture-byte-order",
            ErrorKind::UnknownInterface { .. } => "capture-unknown-interface",
            ErrorKind::TooManyInterfaces => "capture-too-many-interfaces",
            ErrorKind::CapturedLength { .. } => "capture-captured-length",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "offset {}: ", self.offset)?;
        match self.kind {
            ErrorKind::Magic => write!(to, "neither a pcap nor a pcapng file"),
            ErrorKind::Version { major, minor } => write!(to, "capture format version {major}.{minor} is not known"),
            ErrorKind::Truncated { have, need } => {
                write!(to, "the capture ends inside a record: {have} bytes are there, {need} belong to it")
            }
            ErrorKind::PacketTooLong { length } => {
                write!(to, "a packet of {length} bytes (at most {} are accepted)", super::MAX_PACKET_BYTES)
            }
            ErrorKind::BlockLength { block, length } => {
                write!(to, "block length {length} is impossible for a block of type 0x{block:08x}")
            }
            ErrorKind::BlockEnd { start, end } => {
                write!(to, "the block says {start} bytes at its start and {end} at its end")
            }
            ErrorKind::ByteOrder => write!(to, "the section's byte order cannot be told"),
            ErrorKind::UnknownInterface { interface, .. } => {
                write!(to, "a packet of interface {interface}, which the section has not described")
            }
            ErrorKind::TooManyInterfaces => {
                write!(to, "more than {} interfaces in one section", super::pcapng::MAX_INTERFACES)
            }
            ErrorKind::CapturedLength { captured, room, .. } => {
                write!(to, "a packet of {captured} bytes in a block with room for {room}")
            }
        }
    }
}

impl core::error::Error for Error {}
