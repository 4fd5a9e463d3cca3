//! Writes snapshots, and removes what they replace.

use crate::error::Error;
use crate::identity::Identity;
use crate::names;
use crate::options::{Options, Position};
use crate::shared::Shared;
use crate::storage::Storage;
use crate::{segments, snapshot};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the disk may take to catch up with a snapshot.
const PATIENCE: Duration = Duration::from_secs(60);

/// A snapshot that was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    pub sequence: u64,
    pub bytes: u64,
    pub took: Duration,
    /// Older snapshots and segments that were removed after it.
    pub removed: usize,
}

/// How the last snapshot went.
pub type Outcome = Result<Taken, Error>;

/// What is needed to write one.
pub(crate) struct Press {
    pub storage: Arc<dyn Storage>,
    pub shared: Arc<Shared>,
    pub identity: Identity,
    pub options: Options,
}

impl Press {
    pub(crate) fn write(&self, at: Position, state: &[u8]) -> Outcome {
        let began = Instant::now();
        let storage = &*self.storage;
        let name = names::snapshot(at.sequence);
        let doing = || format!("write {}/{name}", storage.place());
        self.shared.demand(at.sequence);
        if !self.shared.wait(at.sequence, PATIENCE) {
            let why = "the log did not become durable up to it".to_string();
            return Err(Error::Storage { doing: doing(), why, full: false });
        }
        let config = &self.identity.config;
        let header = snapshot::header(self.identity.id, at, config, state);
        let parts = [&header[..], config, state];
        storage.store(&name, &parts).map_err(|error| Error::storage(doing(), &error))?;
        let removed = self.tidy().map_err(|error| Error::storage("remove what the snapshot replaces", &error))?;
        let bytes = parts.iter().map(|part| part.len() as u64).sum();
        Ok(Taken { sequence: at.sequence, bytes, took: began.elapsed(), removed })
    }

    fn tidy(&self) -> std::io::Result<usize> {
        let sequences = snapshot::sequences(&self.storage.list()?);
        let (kept, old) = sequences.split_at(self.options.keep_snapshots.min(sequences.len()));
        for sequence in old {
            self.storage.remove(&names::snapshot(*sequence))?;
        }
        let mut removed = old.len();
        if let (true, Some(oldest)) = (self.options.drop_segments, kept.last()) {
            removed += segments::drop_before(&*self.storage, self.identity.id, oldest + 1)?;
        }
        Ok(removed)
    }
}
