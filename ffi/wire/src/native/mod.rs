//! The native order-entry protocol: little-endian, every message naturally aligned, its size fixed by its type byte,
//! messages one after the other without framing.
//!
//! | in | bytes | | out | bytes |
//! |---|---|---|---|---|
//! | `N` new order | 32 | | `E` execution report | 48 |
//! | `L` new order, every field | 64 | | | |
//! | `C` cancel | 16 | | | |
//! | `U` replace | 32 | | | |
//! | `K` mass cancel | 16 | | | |
//! | `T` trading state | 16 | | | |
//! | `Z` clock | 16 | | | |
//!
//! Only the type byte can be an error here. A value outside its table is carried as it is and rejected by the engine
//! (reason 18), so that its sender gets a report with the fields as sent. Reserved bytes, and the peg fields of `L` whose
//! rules are not written yet, are written as 0 and not read.

#[cfg(all(target_arch = "x86_64", target_feature = "ssse3", not(miri)))]
mod ssse3;

use core::fmt;

use hftz_isa::V3;
use hftz_model::{Command, CommandKind, Event, Reason, ReportKind};

/// The longest message in.
pub const MAX_MESSAGE_BYTES: usize = 64;
/// The length of an execution report.
pub const REPORT_BYTES: usize = 48;

/// Where the input stopped being messages. Everything before `offset` was delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// Absolute position of the message's type byte in the input, bytes.
    pub offset: u64,
    pub kind: ErrorKind,
}

/// The rule that was broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The byte is no type of this direction. Without it nobody knows where the next message begins.
    UnknownType(u8),
    /// The input ended inside a message: `have` bytes of its `need` are there.
    Truncated { have: u32, need: u32 },
    /// A report's kind byte is outside the table.
    UnknownReport(u8),
    /// A report's reason byte is outside the table.
    UnknownReason(u8),
}

impl ErrorKind {
    const fn at(self, offset: u64) -> Error {
        Error { offset, kind: self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "offset {}: ", self.offset)?;
        match self.kind {
            ErrorKind::UnknownType(byte) => {
                write!(to, "unknown message type '{}' (0x{byte:02x})", byte.escape_ascii())
            }
            ErrorKind::Truncated { have, need } => {
                write!(to, "the input ends inside a message: {have} bytes are there, {need} belong to it")
            }
            ErrorKind::UnknownReport(byte) => {
                write!(to, "unknown report kind '{}' (0x{byte:02x})", byte.escape_ascii())
            }
            ErrorKind::UnknownReason(byte) => write!(to, "unknown reason {byte}"),
        }
    }
}

impl core::error::Error for Error {}

/// The length of a message in by its type byte, `None` when the byte is no type.
#[inline]
#[must_use]
pub const fn length_of(kind: u8) -> Option<usize> {
    match kind {
        b'N' | b'U' => Some(32),
        b'L' => Some(64),
        b'C' | b'K' | b'T' | b'Z' => Some(16),
        _ => None,
    }
}

/// The length of the message that says this command.
#[inline]
#[must_use]
pub const fn bytes_of(kind: CommandKind) -> usize {
    match kind {
        CommandKind::New | CommandKind::Replace => 32,
        CommandKind::NewLong => 64,
        CommandKind::Cancel | CommandKind::MassCancel | CommandKind::State | CommandKind::Clock => 16,
    }
}

/// Why a batch ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Fewer bytes remain than the next message needs (possibly none). When the input has ended too, [`finish`] says
    /// whether that is an error.
    MoreInput,
    /// The batch is full; there may be more messages, or a bad one, or none.
    OutFull,
    /// The next byte is no type. It is not consumed.
    Error(Error),
}

/// What one call did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes of the input whose messages are in the batch: where the next call starts.
    pub consumed: usize,
    /// Commands written, from index 0 of the batch.
    pub filled: usize,
    pub stop: Stop,
}

/// Decodes messages from `input` into `out` until one of them ends or a byte is no type. `base` is the absolute position
/// of `input[0]`. Entries of `out` from `filled` on are left as they were.
pub fn decode_batch(input: &[u8], base: u64, out: &mut [Command]) -> Progress {
    decode_batch_on(None, input, base, out)
}

/// [`decode_batch`] by what was built for x86-64-v3, or for x86-64-v2 (`None`). It changes how long it takes and nothing else.
pub fn decode_batch_on(isa: Option<V3>, input: &[u8], base: u64, out: &mut [Command]) -> Progress {
    #[cfg(all(target_arch = "x86_64", target_feature = "ssse3", not(miri)))]
    let (mut consumed, mut filled) = ssse3::run(isa, input, out);
    #[cfg(not(all(target_arch = "x86_64", target_feature = "ssse3", not(miri))))]
    let (mut consumed, mut filled) = {
        let _ = isa;
        (0, 0)
    };
    let stop = loop {
        let Some(slot) = out.get_mut(filled) else { break Stop::OutFull };
        let Some((&first, _)) = input[consumed..].split_first() else { break Stop::MoreInput };
        let Some(length) = length_of(first) else {
            break Stop::Error(ErrorKind::UnknownType(first).at(base + consumed as u64));
        };
        let Some(message) = input[consumed..].get(..length) else { break Stop::MoreInput };
        let Some(command) = read(message) else { break Stop::MoreInput };
        *slot = command;
        consumed += length;
        filled += 1;
    };
    Progress { consumed, filled, stop }
}

/// The error of an input that ended with `rest` left over, `None` when nothing is.
#[must_use]
pub fn finish(rest: &[u8], base: u64) -> Option<Error> {
    let need = length_of(*rest.first()?);
    Some(match need {
        None => ErrorKind::UnknownType(rest[0]).at(base),
        Some(need) => ErrorKind::Truncated { have: rest.len() as u32, need: need as u32 }.at(base),
    })
}

/// Bytes of the whole messages that `input` begins with. They end before a byte that is no type and before a message that is cut off:
/// [`finish`] of the rest says which.
#[must_use]
pub fn whole(input: &[u8]) -> usize {
    let mut end = 0;
    while let Some(length) = input.get(end).and_then(|&kind| length_of(kind))
        && input.len() - end >= length
    {
        end += length;
    }
    end
}

/// Decodes the message at the start of `input`; its length is [`bytes_of`] its kind. `None` when the first byte is no type
/// or the message is cut off.
#[inline]
#[must_use]
pub fn read(input: &[u8]) -> Option<Command> {
    let kind = CommandKind::from_byte(*input.first()?)?;
    let empty = Command::empty(kind);
    Some(match kind {
        CommandKind::New => new_order(input.first_chunk::<32>()?, empty),
        CommandKind::NewLong => new_order_long(input.first_chunk()?, empty),
        CommandKind::Cancel => {
            let b: &[u8; 16] = input.first_chunk()?;
            Command { symbol: le16(b, 2), quantity: le32(b, 4), order_id: le64(b, 8), ..empty }
        }
        CommandKind::Replace => {
            let b: &[u8; 32] = input.first_chunk()?;
            Command {
                flags: b[1],
                symbol: le16(b, 2),
                display: le32(b, 4),
                order_id: le64(b, 8),
                price: le64(b, 16) as i64,
                quantity: le32(b, 24),
                ..empty
            }
        }
        CommandKind::MassCancel => {
            let b: &[u8; 16] = input.first_chunk()?;
            let (symbol, account, session) = (le16(b, 2), le16(b, 4), le16(b, 8));
            Command { scope: b[1], symbol, account, then: b[6], session, ..empty }
        }
        CommandKind::State => {
            let b: &[u8; 16] = input.first_chunk()?;
            Command { state: b[1], symbol: le16(b, 2), auction: b[4], price: le64(b, 8) as i64, ..empty }
        }
        CommandKind::Clock => Command { time_ns: le64(input.first_chunk::<16>()?, 8), ..empty },
    })
}

#[inline(always)]
fn new_order<const N: usize>(b: &[u8; N], empty: Command) -> Command {
    Command {
        side: b[1],
        symbol: le16(b, 2),
        order_kind: b[4],
        time_in_force: b[5],
        account: le16(b, 6),
        order_id: le64(b, 8),
        price: le64(b, 16) as i64,
        quantity: le32(b, 24),
        display: le32(b, 28),
        ..empty
    }
}

#[inline(always)]
fn new_order_long(b: &[u8; 64], empty: Command) -> Command {
    Command {
        trigger: le64(b, 32) as i64,
        time_ns: le64(b, 40),
        minimum: le32(b, 48),
        self_trade: b[52],
        ..new_order(b, empty)
    }
}

/// Writes the message that says a command to the start of `out` and returns its length; `None`, with nothing written, when
/// it does not fit.
#[inline]
pub fn write(command: &Command, out: &mut [u8]) -> Option<usize> {
    let c = command;
    let length = bytes_of(c.kind);
    let out = out.get_mut(..length)?;
    let mut b = [0; MAX_MESSAGE_BYTES];
    b[0] = c.kind.byte();
    b[2..4].copy_from_slice(&c.symbol.to_le_bytes());
    match c.kind {
        CommandKind::New | CommandKind::NewLong => {
            b[1] = c.side;
            b[4] = c.order_kind;
            b[5] = c.time_in_force;
            b[6..8].copy_from_slice(&c.account.to_le_bytes());
            b[8..16].copy_from_slice(&c.order_id.to_le_bytes());
            b[16..24].copy_from_slice(&c.price.to_le_bytes());
            b[24..28].copy_from_slice(&c.quantity.to_le_bytes());
            b[28..32].copy_from_slice(&c.display.to_le_bytes());
            b[32..40].copy_from_slice(&c.trigger.to_le_bytes());
            b[40..48].copy_from_slice(&c.time_ns.to_le_bytes());
            b[48..52].copy_from_slice(&c.minimum.to_le_bytes());
            b[52] = c.self_trade;
        }
        CommandKind::Cancel => {
            b[4..8].copy_from_slice(&c.quantity.to_le_bytes());
            b[8..16].copy_from_slice(&c.order_id.to_le_bytes());
        }
        CommandKind::Replace => {
            b[1] = c.flags;
            b[4..8].copy_from_slice(&c.display.to_le_bytes());
            b[8..16].copy_from_slice(&c.order_id.to_le_bytes());
            b[16..24].copy_from_slice(&c.price.to_le_bytes());
            b[24..28].copy_from_slice(&c.quantity.to_le_bytes());
        }
        CommandKind::MassCancel => {
            b[1] = c.scope;
            b[4..6].copy_from_slice(&c.account.to_le_bytes());
            b[6] = c.then;
            b[8..10].copy_from_slice(&c.session.to_le_bytes());
        }
        CommandKind::State => {
            b[1] = c.state;
            b[4] = c.auction;
            b[8..16].copy_from_slice(&c.price.to_le_bytes());
        }
        CommandKind::Clock => {
            b[2..4].fill(0);
            b[8..16].copy_from_slice(&c.time_ns.to_le_bytes());
        }
    }
    out.copy_from_slice(&b[..length]);
    Some(length)
}

/// The bytes of an execution report.
#[inline]
#[must_use]
pub fn write_report(event: &Event) -> [u8; REPORT_BYTES] {
    let mut b = [0; REPORT_BYTES];
    b[0] = Event::TYPE;
    b[1] = event.kind.byte();
    b[2..4].copy_from_slice(&event.symbol.to_le_bytes());
    b[4] = event.side;
    b[5] = event.reason.byte();
    b[6..8].copy_from_slice(&event.account.to_le_bytes());
    b[8..16].copy_from_slice(&event.sequence.to_le_bytes());
    b[16..24].copy_from_slice(&event.order_id.to_le_bytes());
    b[24..32].copy_from_slice(&event.price.to_le_bytes());
    b[32..36].copy_from_slice(&event.quantity.to_le_bytes());
    b[36..40].copy_from_slice(&event.open.to_le_bytes());
    b[40..48].copy_from_slice(&event.match_number.to_le_bytes());
    b
}

/// Decodes an execution report; `offset` is where it lies in the input.
#[inline]
pub fn read_report(b: &[u8; REPORT_BYTES], offset: u64) -> Result<Event, Error> {
    if b[0] != Event::TYPE {
        return Err(ErrorKind::UnknownType(b[0]).at(offset));
    }
    Ok(Event {
        tag: Event::TYPE,
        kind: ReportKind::from_byte(b[1]).ok_or(ErrorKind::UnknownReport(b[1]).at(offset))?,
        symbol: le16(b, 2),
        side: b[4],
        reason: Reason::from_byte(b[5]).ok_or(ErrorKind::UnknownReason(b[5]).at(offset))?,
        account: le16(b, 6),
        sequence: le64(b, 8),
        order_id: le64(b, 16),
        price: le64(b, 24) as i64,
        quantity: le32(b, 32),
        open: le32(b, 36),
        match_number: le64(b, 40),
    })
}

#[inline(always)]
const fn le16<const N: usize>(bytes: &[u8; N], at: usize) -> u16 {
    u16::from_le_bytes(crate::bytes::array(bytes, at))
}

#[inline(always)]
const fn le32<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_le_bytes(crate::bytes::array(bytes, at))
}

#[inline(always)]
const fn le64<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    u64::from_le_bytes(crate::bytes::array(bytes, at))
}
