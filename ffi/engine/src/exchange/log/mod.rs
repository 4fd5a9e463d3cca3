//! The write-ahead log of an exchange: a command is in it before the engine sees it, and under `group` no report leaves
//! before its command is on disk.

#[cfg(test)]
mod bursts;
pub mod entry;
mod keeper;
#[cfg(test)]
mod power_cut;
mod recovery;
#[cfg(test)]
#[path = "../../../../journal/tests/support/mod.rs"]
mod support;

pub use recovery::{Recovered, Recovery, begin, refusal, replay};

use super::config::{DurabilityName, LogConfig};
use super::market::Origin;
use super::terms::Terms;
use entry::Checkpoint;
use hftz_book::matching::Engine;
use hftz_journal::{AppendError, Durability, Error, Journal, Options, Watermark};
use hftz_model::Command;
use hftz_source::SinkError;
use hftz_wire::native;
use keeper::Keeper;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// How long one wait for the disk lasts before its health is looked at again.
const PATIENCE: Duration = Duration::from_millis(100);

/// An open journal and what its owner promised.
pub struct Log {
    /// Who takes snapshots, if anybody does. First, because it must end before the journal does.
    keeper: Option<Keeper>,
    journal: Journal,
    watermark: Watermark,
    durability: DurabilityName,
    /// Orders that were refused because the log had no room.
    refused: u64,
    recovered: Option<Recovered>,
}

impl Log {
    /// Begins a journal in a directory that is missing or empty.
    ///
    /// # Errors
    /// As [`Journal::create`].
    pub fn create(config: &LogConfig, terms: &Terms) -> Result<Self, Error> {
        let journal = Journal::create(Path::new(&config.path), &options(config), &terms.to_bytes())?;
        Self::over(journal, config, terms, None)
    }

    fn over(journal: Journal, config: &LogConfig, terms: &Terms, recovered: Option<Recovered>) -> Result<Self, Error> {
        let watermark = journal.watermark();
        let start = |every| Keeper::start(journal.follower(), journal.watermark(), terms.clone(), every);
        let keeper =
            (config.snapshot_every > 0).then(|| start(config.snapshot_every)).transpose().map_err(|error| {
                Error::Storage { doing: "start a thread for snapshots".into(), why: error.to_string(), full: false }
            })?;
        Ok(Self { keeper, journal, watermark, durability: config.durability, refused: 0, recovered })
    }

    /// Takes a command in the native protocol, and the message that brought it unless that is the same.
    ///
    /// # Errors
    /// When it has no room: then the engine must not see it.
    #[inline]
    pub fn append(&mut self, origin: Origin, command: &[u8], message: &[u8]) -> Result<(), AppendError> {
        let done = self.journal.append_pair(entry::kind_of(origin), command, message);
        self.refused += u64::from(done.is_err());
        done.map(|_| ())
    }

    /// Takes commands of the owner's that came in these messages of the native protocol, one behind the other, until one has no room:
    /// that one and those behind it the engine must not see. How many commands, and how many bytes.
    #[inline]
    pub fn append_all(&mut self, commands: &[Command], messages: &[u8]) -> (usize, usize) {
        let mut at = 0;
        for (count, command) in commands.iter().enumerate() {
            let end = messages.len().min(at + native::bytes_of(command.kind));
            if self.journal.append(entry::kind_of(Origin::House), &messages[at..end]).is_err() {
                self.refused += 1;
                return (count, at);
            }
            at = end;
        }
        (commands.len(), at)
    }

    /// Whether records of together so many bytes will be taken.
    pub fn has_room(&mut self, bytes: usize) -> bool {
        self.journal.reserve(bytes).is_ok()
    }

    /// Whether reports wait for the disk.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.durability == DurabilityName::Group
    }

    /// The last record.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.journal.last()
    }

    /// The last record that is on disk.
    #[inline]
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.watermark.durable()
    }

    /// # Errors
    /// When no more records will be durable.
    pub fn check(&self) -> Result<(), SinkError> {
        if self.watermark.has_failed() { Err(self.trouble()) } else { Ok(()) }
    }

    /// Waits until a record is on disk.
    ///
    /// # Errors
    /// When it never will be.
    pub fn wait(&self, sequence: u64) -> Result<(), SinkError> {
        while !self.watermark.wait(sequence, PATIENCE) {
            self.check()?;
        }
        Ok(())
    }

    /// Notes in the log how far it is durable.
    pub fn tick(&mut self) {
        self.journal.tick();
    }

    /// Writes down that the exchange ends in order, and the state that the log led to; `false`: there is no room for it. The log is
    /// as good without.
    pub fn conclude(&mut self, engine: &Engine) -> bool {
        self.journal.append(entry::CHECKPOINT, &Checkpoint::of(engine).to_bytes()).is_ok()
    }

    /// Closes it.
    ///
    /// # Errors
    /// When something could not be brought to disk.
    pub fn close(mut self) -> (Value, Result<(), SinkError>) {
        // It holds the directory, and may need the journal's threads to come to an end.
        let kept = self.keeper.as_mut().and_then(Keeper::stop);
        let mut facts = self.facts();
        facts["snapshots"] = json!(kept);
        let done = match self.journal.close() {
            Ok(closed) => {
                facts["durable"] = json!(closed.durable);
                Ok(())
            }
            Err(error) => Err(failure(&error.to_string())),
        };
        (facts, done)
    }

    /// What a reader of a report may rely on.
    #[must_use]
    pub fn acknowledgement(&self) -> &'static str {
        if self.is_durable() { "durable" } else { "appended" }
    }

    fn facts(&self) -> Value {
        let counters = self.journal.counters();
        json!({
            "durability": self.durability.name(),
            "records": self.journal.last(),
            "durable": self.journal.durable(),
            "refused": self.refused,
            "bytes": counters.bytes,
            "commits": counters.commits,
            "meanCommitNs": counters.commit_ns.checked_div(counters.commits).unwrap_or(0),
            "longestCommitNs": counters.longest_commit_ns,
            "recovered": self.recovered,
        })
    }

    fn trouble(&self) -> SinkError {
        failure(&self.journal.trouble().unwrap_or_else(|| "the disk failed".into()))
    }
}

fn failure(why: &str) -> SinkError {
    SinkError::Write { name: "the journal".into(), written: 0, why: why.into() }
}

fn options(config: &LogConfig) -> Options {
    let durability = match config.durability {
        DurabilityName::None => Durability::None,
        DurabilityName::Async => Durability::background(),
        DurabilityName::Group => Durability::Group {
            bytes: usize::try_from(config.commit_bytes).unwrap_or(usize::MAX),
            delay: Duration::from_nanos(config.commit_delay_ns),
        },
    };
    let segment_bytes = usize::try_from(config.segment_bytes).unwrap_or(usize::MAX);
    let mut options = Options { durability, segment_bytes, ..Options::default() };
    if config.retain > 0 {
        options.keep_snapshots = usize::try_from(config.retain).unwrap_or(usize::MAX);
        options.drop_segments = true;
    }
    options
}
