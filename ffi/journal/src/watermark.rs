//! How far the log is durable, for threads that hold reports back.

use crate::shared::Shared;
use std::sync::Arc;
use std::time::Duration;

/// A handle on the durable sequence; clones are cheap and may outlive the journal.
#[derive(Clone)]
pub struct Watermark(pub(crate) Arc<Shared>);

impl Watermark {
    /// Every record up to this one is on the disk.
    #[inline]
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.0.durable()
    }

    /// The last record appended, durable or not.
    #[must_use]
    pub fn appended(&self) -> u64 {
        self.0.end().sequence
    }

    /// Whether the disk failed, so that [`Watermark::durable`] will never move again.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.0.has_failed()
    }

    /// Waits until `sequence` is durable, the disk failed or `limit` is over; says whether it is durable.
    #[must_use]
    pub fn wait(&self, sequence: u64, limit: Duration) -> bool {
        self.0.wait(sequence, limit)
    }

    /// Has everything up to `sequence` brought to disk, whatever the durability, and waits for it as
    /// [`Watermark::wait`] does.
    #[must_use]
    pub fn demand(&self, sequence: u64, limit: Duration) -> bool {
        self.0.demand(sequence);
        self.0.wait(sequence, limit)
    }
}
