//! Framing and counts by type, nothing else: what `--count-only` runs.
//!
//! The walk is the same chain of length prefixes as in `decode`. A message costs one lookup and one counter. What is long enough is
//! counted by four walks at a time ([`walks`]), each with a set of counters; a single walk uses the four in turn, because a run of
//! messages of one type would otherwise wait for its own counter to come back from the store buffer.

use hftz_model::Delta;

use super::decode::Stop;
use super::error::Error;
use super::frame::{Frame, frame};
use super::types::EXPECTED;
use super::walks;

/// Messages by type byte. 8 KiB: make one per run and keep it.
#[derive(Clone, Debug)]
pub struct TypeCounts {
    lanes: [[u64; 256]; 4],
}

impl Default for TypeCounts {
    fn default() -> Self {
        Self::new()
    }
}

impl TypeCounts {
    #[must_use]
    pub const fn new() -> Self {
        Self { lanes: [[0; 256]; 4] }
    }

    /// Counts one message of this type.
    #[inline]
    pub fn add(&mut self, kind: u8) {
        self.lanes[0][usize::from(kind)] += 1;
    }

    /// Counts the messages of a decoded batch.
    pub fn add_batch(&mut self, batch: &[Delta]) {
        let [a, b, c, d] = &mut self.lanes;
        let mut quads = batch.chunks_exact(4);
        for quad in &mut quads {
            a[usize::from(quad[0].kind)] += 1;
            b[usize::from(quad[1].kind)] += 1;
            c[usize::from(quad[2].kind)] += 1;
            d[usize::from(quad[3].kind)] += 1;
        }
        for delta in quads.remainder() {
            a[usize::from(delta.kind)] += 1;
        }
    }

    /// Messages of one type.
    #[must_use]
    pub fn of(&self, kind: u8) -> u64 {
        self.lanes.iter().map(|lane| lane[usize::from(kind)]).sum()
    }

    /// Messages of all types.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.lanes.iter().flatten().sum()
    }
}

/// What one call of [`count_batch`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// Bytes of `input` that are counted: where the next call starts.
    pub consumed: usize,
    /// Messages counted.
    pub messages: u64,
    /// Bytes of counted records beyond their type's length.
    pub trailing: u64,
    /// [`Stop::MoreInput`] or [`Stop::Error`]; there is no batch to fill.
    pub stop: Stop,
}

/// Walks all whole records of `input` and adds them to `counts`, under the framing rules of
/// [`super::Decoder::decode_batch`]. `base` is the absolute position of `input[0]`.
pub fn count_batch(input: &[u8], base: u64, counts: &mut TypeCounts) -> Counted {
    let mut done = Counted { consumed: 0, messages: 0, trailing: 0, stop: Stop::MoreInput };
    walks::count(input, &mut counts.lanes, &mut done);
    loop {
        quick(input, counts, &mut done);
        let offset = base + done.consumed as u64;
        match frame(&input[done.consumed..]) {
            Frame::Partial => return done,
            Frame::Bad(kind) => return Counted { stop: Stop::Error(Error { offset, kind }), ..done },
            Frame::Message { length, expected } => {
                counts.add(input[done.consumed + 2]);
                done.messages += 1;
                done.consumed += 2 + usize::from(length);
                done.trailing += u64::from(length - expected);
            }
        }
    }
}

/// Bytes that four records of exactly their type's length can take.
const STRIDE: usize = 4 * (2 + super::types::MAX_MESSAGE_BYTES);

/// Takes records of exactly their type's length, four a round, and leaves at the first other one.
fn quick(input: &[u8], counts: &mut TypeCounts, done: &mut Counted) {
    while let Some(window) = input.get(done.consumed..).and_then(<[u8]>::first_chunk::<STRIDE>) {
        let mut at = 0;
        for lane in &mut counts.lanes {
            let kind = usize::from(window[at + 2]);
            if u32::from(u16::from_be_bytes([window[at], window[at + 1]])) != EXPECTED[kind] {
                done.consumed += at;
                return;
            }
            lane[kind] += 1;
            done.messages += 1;
            at += 2 + usize::from(window[at + 1]);
        }
        done.consumed += at;
    }
}
