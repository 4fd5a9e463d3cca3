//! MoldUDP64 1.00: numbered messages in datagrams.
//!
//! A downstream packet is a 20-byte header (session, sequence number of the first message, count) and `count` blocks of
//! a big-endian `u16` length and that many bytes. The block area has the shape of framed bytes, so it goes to
//! [`crate::itch`] as it is. Sequence arithmetic (gaps, arbitration, retransmission) belongs to the receiver in `net`.

mod builder;
mod error;
mod packet;

pub use builder::{Builder, PushError};
pub use error::{Error, ErrorKind};
pub use packet::{Blocks, Header, Kind, Packet, Request, Session};

/// Bytes of a packet header, of a heartbeat, of an end-of-session packet and of a request.
pub const HEADER_BYTES: usize = 20;
/// Default limit of a packet, bytes: the UDP payload of one 1,500-byte Ethernet frame, as Nasdaq sends it.
pub const DEFAULT_PAYLOAD_BYTES: usize = 1472;
/// The largest UDP payload over IPv4, bytes.
pub const MAX_PAYLOAD_BYTES: usize = 65_507;
/// Count of a heartbeat.
pub const HEARTBEAT: u16 = 0;
/// Count of an end-of-session packet.
pub const END_OF_SESSION: u16 = 0xffff;
/// Most messages in one packet.
pub const MAX_COUNT: u16 = 0xfffe;
