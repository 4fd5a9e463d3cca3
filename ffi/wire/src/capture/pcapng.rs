//! The block format: sections, each with its own byte order and interfaces.

use alloc::vec::Vec;

use super::error::{Error, ErrorKind};
use super::order::Order;
use super::{MAX_PACKET_BYTES, Packet, Step};

/// Type of a section header; reads the same in both byte orders.
pub(super) const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// Type, length, and the length again at the end.
const FRAME_BYTES: u32 = 12;
/// A section header's first 12 bytes: type, length, byte-order magic.
const SECTION_START_BYTES: usize = 12;
/// Interfaces kept for a section; more is a broken file, not a machine.
pub(super) const MAX_INTERFACES: usize = 4096;
/// Options and other fields a block may carry besides its packet, bytes.
const MAX_EXTRA_BYTES: u32 = 1 << 16;

/// What a section says about one interface.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u32,
    snaplen: u32,
    clock: Clock,
}

/// Ticks to nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// Ticks in a second.
    per_second: u64,
    /// Seconds to add.
    shift: i64,
}

impl Clock {
    /// The timestamp, or the nearest that 64 bits of nanoseconds can hold.
    fn time_ns(self, ticks: u64) -> u64 {
        let since = u128::from(ticks) * 1_000_000_000 / u128::from(self.per_second);
        let shifted = i128::try_from(since).unwrap_or(i128::MAX) + i128::from(self.shift) * 1_000_000_000;
        u64::try_from(shifted.max(0)).unwrap_or(u64::MAX)
    }
}

/// State of a file: the section it is in.
#[derive(Clone, Debug)]
pub(super) struct Pcapng {
    order: Order,
    interfaces: Vec<Interface>,
    /// Length of a block without packets, and how much of it is still to be passed over, bytes.
    block: u32,
    left: u32,
}

impl Pcapng {
    pub const fn new() -> Self {
        Self { order: Order::Little, interfaces: Vec::new(), block: 0, left: 0 }
    }

    /// Bytes passed over of a block that has not ended, and its length; zeros between blocks.
    pub const fn unfinished(&self) -> (u32, u32) {
        if self.left == 0 { (0, 0) } else { (self.block - self.left, self.block) }
    }

    /// Reads the next block.
    pub fn next<'a>(&mut self, input: &'a [u8], offset: u64) -> Result<Step<'a>, Error> {
        if self.left > 0 {
            let bytes = input.len().min(self.left as usize);
            self.left -= bytes as u32;
            return Ok(if bytes == 0 { Step::More { need: 1 } } else { Step::Pass { bytes } });
        }
        let Some(start) = input.first_chunk::<8>() else { return Ok(Step::More { need: 8 }) };
        if self.order.word(start, 0) == SECTION {
            let Some(start) = input.first_chunk::<SECTION_START_BYTES>() else {
                return Ok(Step::More { need: SECTION_START_BYTES });
            };
            self.open_section(start, offset)?;
        }
        let (block, length) = (self.order.word(start, 0), self.order.word(start, 1));
        let least = FRAME_BYTES + fixed_bytes(block);
        if length % 4 != 0 || length < least {
            return Err(Error { offset, kind: ErrorKind::BlockLength { block, length } });
        }
        match block {
            SECTION | INTERFACE | OBSOLETE_PACKET | SIMPLE_PACKET | ENHANCED_PACKET => {
                if length > MAX_PACKET_BYTES + MAX_EXTRA_BYTES {
                    return Err(Error { offset, kind: ErrorKind::PacketTooLong { length } });
                }
                let bytes = length as usize;
                let Some(whole) = input.get(..bytes) else { return Ok(Step::More { need: bytes }) };
                let end = self.order.word(whole, bytes / 4 - 1);
                if end != length {
                    return Err(Error { offset, kind: ErrorKind::BlockEnd { start: length, end } });
                }
                self.block(block, &whole[8..bytes - 4], offset, length)
            }
            _ => {
                (self.block, self.left) = (length, length);
                self.next(input, offset)
            }
        }
    }

    /// Learns the byte order of a new section and forgets the interfaces of the last.
    fn open_section(&mut self, start: &[u8; SECTION_START_BYTES], offset: u64) -> Result<(), Error> {
        let [.., a, b, c, d] = *start;
        self.order = match [a, b, c, d] {
            [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
            [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
            _ => return Err(Error { offset, kind: ErrorKind::ByteOrder }),
        };
        self.interfaces.clear();
        Ok(())
    }

    /// Reads the body of a whole block of a known type: what lies between its two lengths.
    fn block<'a>(&mut self, block: u32, body: &'a [u8], offset: u64, length: u32) -> Result<Step<'a>, Error> {
        let word = |index| self.order.word(body, index);
        let half = |at: usize| body.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |half| self.order.u16(*half));
        // Interface, ticks, captured length, original length, start of the packet in the body.
        let (interface, ticks, captured, original, at) = match block {
            SECTION => {
                let (major, minor) = (half(4), half(6));
                return if major == 1 {
                    Ok(Step::Pass { bytes: length as usize })
                } else {
                    Err(Error { offset, kind: ErrorKind::Version { major, minor } })
                };
            }
            INTERFACE => {
                if self.interfaces.len() == MAX_INTERFACES {
                    return Err(Error { offset, kind: ErrorKind::TooManyInterfaces });
                }
                let clock = clock(body.get(8..).unwrap_or(&[]), self.order);
                self.interfaces.push(Interface { link: u32::from(half(0)), snaplen: word(1), clock });
                return Ok(Step::Pass { bytes: length as usize });
            }
            SIMPLE_PACKET => {
                // The captured length is not written: it is what the snapshot length left of the original.
                let snaplen = self.interfaces.first().map_or(0, |interface| interface.snaplen);
                let most = if snaplen == 0 { u32::MAX } else { snaplen };
                (0, None, word(0).min(most), word(0), 4)
            }
            OBSOLETE_PACKET => (u32::from(half(0)), Some((word(1), word(2))), word(3), word(4), 20),
            _ => (word(0), Some((word(1), word(2))), word(3), word(4), 20),
        };
        let Some(known) = self.interfaces.get(interface as usize) else {
            return Err(Error { offset, kind: ErrorKind::UnknownInterface { interface, bytes: length } });
        };
        let Some(data) = body[at..].get(..captured as usize) else {
            let room = (body.len() - at) as u32;
            return Err(Error { offset, kind: ErrorKind::CapturedLength { captured, room, bytes: length } });
        };
        let time_ns = ticks.map(|(high, low)| known.clock.time_ns(u64::from(high) << 32 | u64::from(low)));
        let offset = offset + 8 + at as u64;
        Ok(Step::Packet {
            packet: Packet { time_ns, link: known.link, original, offset, data },
            bytes: length as usize,
        })
    }
}

/// Bytes of a block's fixed fields, between its two lengths.
const fn fixed_bytes(block: u32) -> u32 {
    match block {
        SECTION => 16,
        INTERFACE => 8,
        SIMPLE_PACKET => 4,
        OBSOLETE_PACKET | ENHANCED_PACKET => 20,
        _ => 0,
    }
}

/// Reads the options of an interface that concern its clock: 9 the resolution, 14 the shift in seconds.
fn clock(mut options: &[u8], order: Order) -> Clock {
    let mut clock = Clock { per_second: 1_000_000, shift: 0 };
    while let Some(&[a, b, c, d]) = options.first_chunk::<4>() {
        let (code, length) = (order.u16([a, b]), usize::from(order.u16([c, d])));
        let Some(value) = options[4..].get(..length) else { break };
        match (code, value) {
            (0, _) => break,
            // Negative power of 10, or of 2 when the top bit is set.
            (9, &[power]) => {
                let (base, exponent) = (if power & 0x80 == 0 { 10u64 } else { 2 }, u32::from(power & 0x7f));
                // A clock finer than 64 bits can count in a second keeps the default: its ticks mean nothing here.
                clock.per_second = base.checked_pow(exponent).unwrap_or(clock.per_second);
            }
            (14, value) if value.len() == 8 => {
                let (first, second) = (i64::from(order.word(value, 0)), i64::from(order.word(value, 1)));
                clock.shift = if order == Order::Big { first << 32 | second } else { second << 32 | first };
            }
            _ => {}
        }
        options = options.get(4 + length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    clock
}
