//! Capture files, pcap and pcapng: packets out of a growing window of bytes.
//!
//! A [`Reader`] is told what is in the window now and answers with one step: a packet, bytes to pass over, or how many
//! bytes it needs to see before it can go on. It keeps only what the file says about itself (byte order, clock
//! resolution, link types), never packet bytes, so any source of any chunk size can drive it, and a packet is a slice of
//! the caller's window. Blocks that carry no packet are passed over by length without ever being in the window whole.
//!
//! Sources: pcap(3) savefile format; draft-ietf-opsawg-pcapng. What a packet contains is for [`crate::link`].

mod error;
mod order;
mod pcap;
mod pcapng;
mod reader;
mod writer;

pub use error::{Error, ErrorKind};
pub use reader::Reader;
pub use writer::{UdpWriter, file_header};

/// The longest packet that is accepted, bytes: four times the largest snapshot length that tools use. It bounds what a
/// caller's window has to hold.
pub const MAX_PACKET_BYTES: u32 = 1 << 20;

/// One captured packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// Nanoseconds since 1970 in the clock of the capture; `None` when its block has no timestamp. Not always in order.
    pub time_ns: Option<u64>,
    /// Link type of its interface (1 Ethernet, 101 raw IP, ...).
    pub link: u32,
    /// Length on the wire, bytes; more than `data` holds when the capture cut it short.
    pub original: u32,
    /// Absolute position of `data` in the file.
    pub offset: u64,
    pub data: &'a [u8],
}

/// What a look at the window gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// A packet; consume `bytes` and come again.
    Packet { packet: Packet<'a>, bytes: usize },
    /// No packet here; consume `bytes` (at least one) and come again.
    Pass { bytes: usize },
    /// Come again when the window holds at least `need` bytes. At the end of the input this means that the file ends
    /// here ([`Reader::finish`] says whether it may).
    More { need: usize },
}
