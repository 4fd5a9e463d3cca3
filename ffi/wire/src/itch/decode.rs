//! Framed bytes to batches of `Delta`.
//!
//! The walk is serial: where the next record starts is known only from this one's length prefix. So the loop is built
//! around that chain (one byte load and one add), and everything else of a message hangs off it without a branch: a
//! row per type says which bytes go where, absent fields come out as 0, and one comparison (length prefix against the
//! type's length) covers zero, short, long and unknown records, which all leave for [`Decoder::careful`]. A `match`
//! on the type would mispredict about once every second message, which costs more than the whole decode.
//!
//! Fixed-size loads read up to 64 bytes from a type byte. The fast loop therefore stops when fewer remain; the last
//! one to three messages of a slice go through a zero-padded copy.

use hftz_model::Delta;

use super::error::Error;
use super::frame::{Frame, frame};
use super::layout::{FIELDS, NONE, WINDOW};
use crate::bytes::{be16, be48, padded};

/// Why a batch ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Fewer bytes remain than the next record needs (possibly none). When the input has ended too,
    /// [`super::finish`] says whether that is an error.
    MoreInput,
    /// The batch is full; there may be more records, or a bad one, or none.
    OutFull,
    /// The next record is bad. It is not consumed; [`Error::record_bytes`] says how to pass over it.
    Error(Error),
}

/// What one call did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes of `input` whose messages are in the batch: where the next call starts.
    pub consumed: usize,
    /// Deltas written, from index 0 of the batch.
    pub filled: usize,
    /// Bytes of delivered records beyond their type's length (tolerated, worth a counter).
    pub trailing: u64,
    pub stop: Stop,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Path {
    Portable,
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Ssse3,
}

/// Decodes batches, by the fastest way this processor has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decoder {
    path: Path,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// Finds the best path. Where the build does not know, it asks the processor, which takes microseconds in a virtual
    /// machine: make one and keep it.
    #[must_use]
    pub fn new() -> Self {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        if super::decode_ssse3::supported() {
            return Self { path: Path::Ssse3 };
        }
        Self::portable()
    }

    /// The decoder without vector instructions: what other processors run, and the twin of the fast one in tests.
    #[must_use]
    pub const fn portable() -> Self {
        Self { path: Path::Portable }
    }

    /// The name of the chosen path, for a report.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.path {
            Path::Portable => "portable",
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Path::Ssse3 => "ssse3",
        }
    }

    /// Decodes records from `input` into `out` until one of them ends or a record is bad. `base` is the absolute
    /// position of `input[0]`, from which every `Delta::offset` and error offset counts.
    ///
    /// Never allocates, never panics; entries of `out` from `filled` on are unspecified.
    #[inline]
    pub fn decode_batch(&self, input: &[u8], base: u64, out: &mut [Delta]) -> Progress {
        let mut walk = Walk { at: 0, filled: 0, trailing: 0 };
        let stop = loop {
            match self.path {
                Path::Portable => portable(input, base, out, &mut walk),
                #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
                // SAFETY: this variant is built only by `new`, after the processor said that it has SSSE3.
                Path::Ssse3 => unsafe { super::decode_ssse3::run(input, base, out, &mut walk) },
            }
            let Some(slot) = out.get_mut(walk.filled) else { break Stop::OutFull };
            if let Some(stop) = careful(input, base, slot, &mut walk) {
                break stop;
            }
        };
        Progress { consumed: walk.at, filled: walk.filled, trailing: walk.trailing, stop }
    }
}

/// Where a walk stands.
pub(super) struct Walk {
    pub at: usize,
    pub filled: usize,
    pub trailing: u64,
}

/// One record by the book: all rules checked, no slack needed. `None` when it was delivered.
#[cold]
fn careful(input: &[u8], base: u64, slot: &mut Delta, walk: &mut Walk) -> Option<Stop> {
    let rest = &input[walk.at..];
    let offset = base + walk.at as u64;
    match frame(rest) {
        Frame::Partial => Some(Stop::MoreInput),
        Frame::Bad(kind) => Some(Stop::Error(Error { offset, kind })),
        Frame::Message { length, expected } => {
            // Cut at the type's own length: what trails must not leak into a field.
            *slot = delta(&padded(&rest[2..2 + usize::from(expected)]), offset + 2);
            walk.filled += 1;
            walk.at += 2 + usize::from(length);
            walk.trailing += u64::from(length - expected);
            None
        }
    }
}

/// The fast loop without vector instructions: takes records of exactly their type's length while 64 bytes of slack
/// remain, leaves at the first other one.
fn portable(input: &[u8], base: u64, out: &mut [Delta], walk: &mut Walk) {
    while let Some((prefix, rest)) = input[walk.at..].split_first_chunk::<2>() {
        let (Some(message), Some(slot)) = (rest.first_chunk::<WINDOW>(), out.get_mut(walk.filled)) else { return };
        let length = u32::from(u16::from_be_bytes(*prefix));
        if length != FIELDS[usize::from(message[0])].length {
            return;
        }
        *slot = delta(message, base + walk.at as u64 + 2);
        walk.filled += 1;
        walk.at += 2 + length as usize;
    }
}

/// The fields of one message of a known type, read through the table. The definition of a decoded message.
#[inline(always)]
pub(super) fn delta(message: &[u8; WINDOW], offset: u64) -> Delta {
    let fields = &FIELDS[usize::from(message[0])];
    Delta {
        time_ns: be48(message, 5),
        reference: u64::from_be_bytes(field(message, fields.reference)),
        other: u64::from_be_bytes(field(message, fields.other)),
        offset,
        price: u32::from_be_bytes(field(message, fields.price)),
        shares: u32::from_be_bytes(field(message, fields.shares)),
        locate: be16(message, 1),
        kind: message[0],
        code: field::<1>(message, fields.code)[0],
        reserved: 0,
    }
}

#[inline(always)]
fn field<const W: usize>(message: &[u8; WINDOW], at: u8) -> [u8; W] {
    if at == NONE { [0; W] } else { crate::bytes::array(message, usize::from(at)) }
}
