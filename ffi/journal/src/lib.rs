//! The write-ahead log in front of the matching engine: records in order, nothing acknowledged ever lost.
//!
//! A journal is a directory of numbered segments (`log-*`), snapshots (`snapshot-*`), an `identity` and a `lock`; the
//! bytes are laid out in `docs/journal-format.md`. Records are opaque `{kind, payload}` with sequence numbers from 1
//! without gaps; what they mean is the caller's business.
//!
//! ```text
//! matching thread --append--> memory of the segment --sync thread--> disk --> durable sequence --> reports may leave
//!                             (prepared, zeroed and faulted in ahead, piece by piece, by a third thread)
//! ```
//!
//! One writer, because the matching thread is one. Its path has no lock, no system call and no allocation, but for two
//! things: taking the next segment (once in some hundred thousand records), and waking the sync thread when that has
//! gone to sleep because nothing came. The log says in itself how far it was durable (commit marks), so that recovery
//! can tell a tail that a crash tore off from damage to something that had been promised.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod checksum;
mod error;
mod follower;
mod header;
mod history;
mod identity;
mod journal;
mod manual;
mod mend;
mod names;
mod options;
mod pace;
mod preparer;
mod press;
mod reader;
mod record;
mod report;
mod scan;
mod segments;
mod shared;
mod snapshot;
mod storage;
mod syncer;
mod watermark;
mod writer;

pub use error::{AppendError, Error};
pub use follower::Follower;
pub use history::History;
pub use journal::{Closed, Journal};
pub use manual::Manual;
pub use options::{Durability, Intent, Medium, Options, Position};
pub use pace::{AtOnce, Pace};
pub use press::{Outcome, Taken};
pub use reader::Records;
pub use record::{FIRST_RESERVED_KIND, MAX_PAYLOAD, Record};
pub use report::{Cut, Damage, Fault, Report, Verdict};
pub use shared::Counters;
pub use snapshot::Snapshot;

pub use storage::{Access, Folder, Preparation, Segment, Storage};
pub use watermark::Watermark;
