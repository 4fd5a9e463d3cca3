//! Feeds: any input as batches of decoded messages.
//!
//! A batch is a run of [`Delta`]s whose raw messages stay readable until the next fill. That is what lets one loop serve
//! books, text output and re-publication, whatever the bytes came in.

mod binary;
mod capture;
mod live;
mod lobster;
mod sessions;

pub use binary::BinaryFeed;
pub use capture::CaptureFeed;
pub use live::LiveFeed;
pub use lobster::LobsterFeed;

use hftz_book::replica::BATCH;
use hftz_model::Delta;
use hftz_source::{Gzip, Halt, SourceError, Trailing};
use hftz_wire::itch::{self, TypeCounts};
use serde_json::{Map, Value};

/// Decoded messages, reused from fill to fill.
pub struct Batch {
    pub deltas: Box<[Delta]>,
    pub filled: usize,
}

impl Batch {
    #[must_use]
    pub fn new() -> Self {
        Self { deltas: vec![Delta::default(); BATCH].into_boxed_slice(), filled: 0 }
    }

    #[must_use]
    pub fn messages(&self) -> &[Delta] {
        &self.deltas[..self.filled]
    }

    /// Drops the messages that `keep` does not want, in place.
    pub fn retain(&mut self, mut keep: impl FnMut(&Delta) -> bool) {
        let mut kept = 0;
        for index in 0..self.filled {
            let delta = self.deltas[index];
            if keep(&delta) {
                self.deltas[kept] = delta;
                kept += 1;
            }
        }
        self.filled = kept;
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

/// How a fill ended when nothing was wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// There may be more.
    More,
    /// The input, or the session in it, has ended.
    End,
    /// The run was asked to stop.
    Stopped,
}

/// Bytes that break a rule. What came before is in the batch and counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Position in the (decompressed) input.
    pub offset: u64,
    /// The rule's stable name, such as `zero-length`; the key it is counted under.
    pub rule: &'static str,
    /// One line for a user, with the offset in it.
    pub text: String,
    /// Whether [`Feed::skip`] can find the next record.
    pub passable: bool,
}

impl From<itch::Error> for Fault {
    fn from(error: itch::Error) -> Self {
        let passable = error.record_bytes().is_some();
        Self { offset: error.offset, rule: error.name(), text: error.to_string(), passable }
    }
}

impl Fault {
    /// The rule's name when the input itself cannot be read on.
    pub const UNREADABLE: &str = "unreadable";

    /// An input that fails underneath the format.
    #[must_use]
    pub fn source(error: &SourceError, offset: u64) -> Self {
        Self { offset, rule: Self::UNREADABLE, text: error.to_string(), passable: false }
    }

    /// What lies behind the gzip data of an input; `offset` counts packed bytes.
    #[must_use]
    pub fn behind(trailing: Trailing) -> Self {
        Self { offset: trailing.offset, rule: "behind-gzip", text: trailing.to_string(), passable: false }
    }
}

/// Bytes of a record before its message.
const PREFIX: u64 = 2;

/// One input format over one source.
pub trait Feed: Send {
    /// Replaces the batch by the next messages.
    ///
    /// # Errors
    /// The first [`Fault`]; the batch then holds the messages before it.
    fn fill(&mut self, batch: &mut Batch, halt: Halt<'_>) -> Result<Step, Fault>;

    /// Counts messages by type without decoding them, a window at a time.
    ///
    /// # Errors
    /// The first [`Fault`]; `counts` then holds the messages before it.
    fn count(&mut self, counts: &mut TypeCounts, halt: Halt<'_>) -> Result<Step, Fault>;

    /// Passes over the record of the last fault, so that the next fill goes on behind it.
    fn skip(&mut self);

    /// The raw message of a delta of the last batch; `None` when the input carries no ITCH messages.
    fn message(&self, delta: &Delta) -> Option<&[u8]>;

    /// Where the record begins whose message is at `offset`: its length prefix, as for a record that breaks a rule, so that all
    /// places an input is told of are of one kind.
    fn record_at(&self, offset: u64) -> u64 {
        offset.saturating_sub(PREFIX)
    }

    /// Symbols that are known before the first message, when the input names them outside its messages.
    fn symbols(&self) -> Vec<(u16, [u8; 8])> {
        Vec::new()
    }

    /// Position reached, for progress: bytes of the file or pipe.
    fn taken(&self) -> u64;

    /// Size of the file in bytes, when it has one.
    fn size(&self) -> Option<u64>;

    /// What there is to say about the packing, when it is gzip.
    fn gzip(&self) -> Option<Gzip> {
        None
    }

    /// Messages known to be lost on the way here.
    fn lost(&self) -> u64 {
        0
    }

    /// What the format has to tell in the summary: names of figures and figures.
    fn facts(&self, into: &mut Map<String, Value>);
}

/// The message whose type byte is at absolute position `offset`, out of framed `bytes` that start at `base`.
fn framed_message(bytes: &[u8], base: u64, offset: u64) -> Option<&[u8]> {
    let at = usize::try_from(offset.checked_sub(base)?).ok()?;
    let prefix = bytes.get(at.checked_sub(2)?..at)?;
    let length = usize::from(u16::from_be_bytes([prefix[0], prefix[1]]));
    bytes.get(at..at + length)
}
