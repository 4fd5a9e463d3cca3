//! Reads the log behind its writer, for a thread of its own, and writes snapshots of what it led to.
//!
//! A second copy of the state is kept up from the log and saved there, so that the writer's thread never stops for a snapshot:
//! it would have to copy the whole state between two records. What is read is what a recovery would read, so a snapshot that can
//! be written at all is one that the log leads to. The cost is the memory of the second copy and the time to make each record's
//! change twice; when to spend it is the caller's business.

use crate::error::Error;
use crate::options::Position;
use crate::press::{Outcome, Press};
use crate::reader::{Records, Stop, Walk};
use crate::record::Record;
use crate::segments::{self, SegmentFile};
use crate::shared::Shared;
use crate::snapshot::{self, Snapshot};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// How long the disk may take to catch up with what is to be read.
const PATIENCE: Duration = Duration::from_secs(60);

/// A reader of an open journal. It keeps the directory locked: drop it before another process is to have that.
pub struct Follower {
    press: Arc<Press>,
    at: Position,
}

impl Follower {
    pub(crate) fn new(press: Arc<Press>) -> Self {
        Self { press, at: Position::default() }
    }

    /// The newest good snapshot of a record before `below`, to begin with instead of the first record.
    ///
    /// # Errors
    /// [`Error::Storage`] when the directory cannot be read.
    pub fn newest(&self, below: u64) -> Result<Option<Snapshot>, Error> {
        let storage = &*self.press.storage;
        let names = storage.list().map_err(|error| Error::storage(format!("list {}", storage.place()), &error))?;
        let older = snapshot::sequences(&names).into_iter().filter(|sequence| *sequence < below);
        Ok(older.filter_map(|sequence| snapshot::load(storage, self.press.identity.id, sequence).ok()).next())
    }

    /// Goes on from here, which [`Follower::newest`] told.
    pub fn begin_at(&mut self, at: Position) {
        self.at = at;
    }

    /// The last record that was read.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.at.sequence
    }

    /// Has everything appended so far brought to disk and gives it, record by record, until `each` has had enough.
    ///
    /// # Errors
    /// [`Error::Storage`] when the disk does not take the log or cannot be read, [`Error::Spoilt`] when it gives back
    /// something else.
    pub fn follow(&mut self, mut each: impl FnMut(Record<'_>) -> ControlFlow<()>) -> Result<(), Error> {
        let until = self.press.shared.end().sequence;
        if until == self.at.sequence {
            return Ok(());
        }
        bring_to_disk(&self.press.shared, until).map_err(|why| {
            let doing = format!("follow the log in {}", self.press.storage.place());
            Error::Storage { doing, why, full: false }
        })?;
        let mut records = self.records(until)?;
        while let Some(record) = records.next() {
            let over = each(record?).is_break();
            self.at = records.position();
            if over {
                break;
            }
        }
        Ok(())
    }

    fn records(&self, until: u64) -> Result<Records, Error> {
        let Press { storage, identity, .. } = &*self.press;
        let failed = |error| Error::storage(format!("read the segments of {}", storage.place()), &error);
        let names = storage.list().map_err(failed)?;
        let files = segments::survey(&**storage, &names, identity.id).map_err(failed)?;
        let next = self.at.sequence + 1;
        let holds_next = |file: &SegmentFile| file.first().is_some_and(|first| first <= next);
        let start = files.iter().rposition(holds_next).ok_or_else(|| Error::Storage {
            doing: format!("follow the log in {}", storage.place()),
            why: format!("record {next} is not there any more"),
            full: false,
        })?;
        let walk = Walk::new(Arc::clone(storage), identity.seed(), files, start, Some(self.at));
        let walk = walk.map_err(|stop| match stop {
            Stop::Failed(error) => error,
            Stop::Damage(damage) => Error::Spoilt { place: storage.place(), damage },
        })?;
        Ok(Records { walk, from: next, until })
    }

    /// Writes `state`, which is the state right after the last record read, as a snapshot.
    ///
    /// # Errors
    /// [`Error::Storage`]; the journal is as good as before then.
    pub fn write(&self, state: &[u8]) -> Outcome {
        self.press.write(self.at, state)
    }
}

/// # Errors
/// Why it did not come to pass.
fn bring_to_disk(shared: &Shared, until: u64) -> Result<(), String> {
    shared.demand(until);
    if shared.wait(until, PATIENCE) {
        return Ok(());
    }
    Err(shared.reason().unwrap_or_else(|| "the disk is too slow".to_string()))
}
