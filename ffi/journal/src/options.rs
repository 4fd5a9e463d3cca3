//! How a journal is written and recovered.

use crate::error::Error;
use std::time::Duration;

/// When the log is brought to disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Never asked for; the kernel writes when it likes. A killed process loses nothing on [`Medium::Mapped`].
    None,
    /// Synced in the background, nobody waits; a power cut loses at most about this long and the disk's own time.
    Async { every: Duration },
    /// Group commit: the durable sequence follows the log as fast as the disk syncs. A commit starts when `bytes` wait,
    /// or when the oldest has waited for `delay`; zero commits whatever gathered while the last commit ran.
    Group { bytes: usize, delay: Duration },
}

impl Durability {
    /// `async` with 50 ms.
    #[must_use]
    pub fn background() -> Self {
        Self::Async { every: Duration::from_millis(50) }
    }

    /// `group` without a delay: the disk's own latency makes the batches.
    #[must_use]
    pub fn group() -> Self {
        Self::Group { bytes: 256 << 10, delay: Duration::ZERO }
    }

    /// The medium that measured best for this durability (see [`Medium`]).
    #[must_use]
    pub fn medium(self) -> Medium {
        match self {
            Self::None | Self::Async { .. } => Medium::Mapped,
            Self::Group { .. } => Medium::Written,
        }
    }
}

/// How bytes get from the writer to the file.
///
/// Appending to a mapping is free of system calls and outlives the process, but each sync write-protects the pages it
/// wrote, and the writer then stumbles over page faults (measured: 4 us and more each, and whole 2 MiB folios at once).
/// So the mapping serves `none`, and `async` by syncing only blocks that the writer has left; for `group` the writer
/// fills anonymous memory and the sync thread writes it to the file, which costs half of an `msync` besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Medium {
    /// Shared mapping of the file, `msync`.
    Mapped,
    /// Anonymous memory, `pwrite` and `fdatasync`.
    Written,
}

/// How a journal is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    pub durability: Durability,
    /// `None`: the best for the durability.
    pub medium: Option<Medium>,
    /// Bytes of a segment: a multiple of 4096 from 64 KiB to 1 GiB.
    pub segment_bytes: usize,
    /// Snapshots kept; older ones are removed when a new one is complete. At least 1.
    pub keep_snapshots: usize,
    /// Whether to remove segments that lie before the oldest kept snapshot. The log is then no longer complete.
    pub drop_segments: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::group(),
            medium: None,
            segment_bytes: 64 << 20,
            keep_snapshots: 3,
            drop_segments: false,
        }
    }
}

/// Largest segment in bytes.
pub(crate) const MAX_SEGMENT: usize = 1 << 30;

impl Options {
    pub(crate) fn medium(&self) -> Medium {
        self.medium.unwrap_or(self.durability.medium())
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.segment_bytes & 4095 != 0 || !(64 << 10..=MAX_SEGMENT).contains(&self.segment_bytes) {
            return Err(Error::Option { name: "the segment size", rule: "a multiple of 4 KiB from 64 KiB to 1 GiB" });
        }
        if self.keep_snapshots == 0 {
            return Err(Error::Option { name: "the number of kept snapshots", rule: "at least 1" });
        }
        Ok(())
    }
}

/// How far recovery may go.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Intent {
    /// Keep what comes before damage even if something known durable is lost; what is cut is set aside.
    pub force: bool,
    /// Read and check the whole retained log, not only what follows the snapshot.
    pub verify: bool,
    /// Take no snapshot: recover from the first record, as a proof that the log alone gives the same state. Where the log
    /// does not reach back so far any more, take the oldest snapshot that it goes on from.
    pub from_start: bool,
}

/// A place in the log: right after record `sequence`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Position {
    pub sequence: u64,
    /// Number of the segment.
    pub segment: u64,
    /// Byte in its file.
    pub offset: u64,
}
