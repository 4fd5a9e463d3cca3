//! The parts of an open journal, put together but not running.

use crate::error::{AppendError, Error};
use crate::identity::Identity;
use crate::options::{Durability, Options};
use crate::pace::AtOnce;
use crate::preparer::{Preparer, prepare};
use crate::press::{Outcome, Press};
use crate::storage::{Preparation, Storage};
use crate::syncer::Syncer;
use crate::writer::Writer;
use std::io;
use std::sync::Arc;

/// A journal without threads: whoever drives it decides when the disk works. For tests of crashes, which must come out
/// the same every time.
pub struct Manual {
    pub(crate) writer: Writer,
    pub(crate) sync: Syncer,
    pub(crate) prepare: Preparer,
    pub(crate) press: Press,
}

impl Manual {
    /// Appends; commits first where a writer with threads would wait for the disk.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn append(&mut self, kind: u8, payload: &[u8]) -> Result<u64, AppendError> {
        self.prepare.step(&mut AtOnce);
        if self.press.shared.is_behind() {
            self.commit().map_err(|_| AppendError::Failed)?;
        }
        self.writer.append(kind, payload)
    }

    /// Syncs everything appended; gives the durable sequence.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn commit(&mut self) -> io::Result<u64> {
        self.sync.commit().inspect_err(|error| self.press.shared.fail("write the journal", error))?;
        Ok(self.press.shared.durable())
    }

    /// As [`Journal::tick`].
    pub fn tick(&mut self) {
        self.writer.mark();
    }

    /// Writes a snapshot of the state after the last record, which must be durable.
    ///
    /// # Errors
    /// As [`Follower::write`](crate::Follower::write).
    pub fn snapshot(&mut self, state: &[u8]) -> Outcome {
        self.press.write(self.writer.position(), state)
    }

    /// As [`Journal::close`].
    ///
    /// # Errors
    /// Those of the storage.
    pub fn close(mut self) -> io::Result<()> {
        finish(&mut self.writer, &mut self.sync, &mut self.prepare)
    }
}

/// Takes segment `index` into use after record `last`.
pub(crate) fn begin(
    storage: Arc<dyn Storage>,
    identity: Identity,
    options: &Options,
    last: u64,
    index: u64,
) -> Result<Manual, Error> {
    options.check()?;
    // Zeros written and synced beforehand are worth their time only where somebody waits for each sync.
    let hardened = matches!(options.durability, Durability::Group { .. });
    let how = Preparation { bytes: options.segment_bytes, medium: options.medium(), hardened };
    let segment = prepare(&*storage, identity.id, index, how, &mut AtOnce)
        .map_err(|error| Error::storage(format!("make the first segment in {}", storage.place()), &error))?;
    let (writer, shared) = Writer::new(identity.id, last, index, Arc::clone(&segment));
    let sync = Syncer::new(Arc::clone(&shared), options.durability, segment, Arc::clone(&storage));
    let prepare = Preparer::new(Arc::clone(&shared), Arc::clone(&storage), identity.id, index + 1, how);
    let press = Press { storage, shared, identity, options: *options };
    Ok(Manual { writer, sync, prepare, press })
}

/// Brings everything to disk, marks it, and removes the spare segment.
pub(crate) fn finish(writer: &mut Writer, sync: &mut Syncer, prepare: &mut Preparer) -> io::Result<()> {
    sync.finish()?;
    writer.mark();
    sync.finish()?;
    prepare.finish()
}
