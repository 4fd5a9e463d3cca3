//! From a log back to the state it led to.

use super::super::config::{LogConfig, MatchConfig};
use super::super::desk::Desk;
use super::super::market::Origin;
use super::super::terms::Terms;
use super::entry::{self, Checkpoint, Entry};
use super::{Log, options};
use crate::run::{Outcome, Status};
use hftz_journal::{Error, History, Intent, Verdict};
use hftz_model::Command;
use hftz_wire::native;
use serde::Serialize;
use serde_json::Map;
use std::path::Path;

/// Records between two looks at the outputs.
const STRIDE: u64 = 4096;

/// What a recovery found, in the words of the journal and in numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovered {
    /// Records that were replayed.
    pub records: u64,
    /// State hash after them, 16 hex digits.
    pub hash: String,
    /// Checkpoints in the log, and snapshots on the way, that the replayed state was compared with, all equal.
    pub checkpoints: u64,
    /// The record whose snapshot the replay began with.
    pub snapshot: Option<u64>,
    /// Which of the tables that were named do not count, because the journal has its own and they differ.
    pub overruled: Vec<&'static str>,
    /// What was kept and what was cut.
    pub report: String,
}

/// A journal that was opened again and looked through, and the engine it began with.
pub struct Recovery {
    history: History,
    terms: Terms,
    overruled: Vec<&'static str>,
    desk: Desk,
}

impl Recovery {
    /// Changes nothing yet. `given` is what the command line asks for: it counts only where nothing was begun.
    ///
    /// # Errors
    /// The outcome of a run that could not begin.
    pub fn open(config: &MatchConfig, log: &LogConfig, given: &Terms) -> Result<Self, Box<Outcome>> {
        let history = History::open(Path::new(&log.path), intent(config, log)).map_err(refusal)?;
        Self::over(history, config, log, given)
    }

    /// [`Self::open`] of a history that was opened with [`intent`].
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn over(history: History, config: &MatchConfig, log: &LogConfig, given: &Terms) -> Result<Self, Box<Outcome>> {
        if history.report().verdict == Verdict::Empty {
            let desk = Desk::first(config, given)?;
            return Ok(Self { history, terms: given.clone(), overruled: Vec::new(), desk });
        }
        let (history, terms, desk) = begin(history, config)?;
        if needs_all(config) && history.snapshot().is_some() {
            return Err(failed(format!(
                "journal {}: a feed and sessions of OUCH are brought back from the whole log, and it is retained from record {}",
                log.path,
                history.report().first
            )));
        }
        let overruled = terms.overrule(given);
        Ok(Self { history, terms, overruled, desk })
    }

    /// What the exchange was set up with.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Replays the log and goes on with it. `drain` is called now and then, and takes what the desk has to write.
    ///
    /// # Errors
    /// As [`replay`], and when the directory cannot be put in order.
    pub fn resume(
        self,
        log: &LogConfig,
        hear: Hear<'_>,
        drain: &mut dyn FnMut(&mut Desk) -> Result<(), Box<Outcome>>,
    ) -> Result<Desk, Box<Outcome>> {
        let Self { history, terms, overruled, mut desk } = self;
        desk.mute(true);
        let (records, checkpoints) = replay(&history, &mut desk, hear, drain)?;
        desk.mute(false);
        let hash = format!("{:016x}", desk.engine().state_hash());
        let snapshot = history.report().snapshot;
        let report = history.report().to_string();
        let recovered = Recovered { records, hash, checkpoints, snapshot, overruled, report };
        let journal = history.resume(&options(log), &terms.to_bytes()).map_err(refusal)?;
        desk.attach(Log::over(journal, log, &terms, Some(recovered)).map_err(refusal)?);
        Ok(desk)
    }
}

/// Only the whole log tells a feed and the sessions of OUCH what they said before.
fn needs_all(config: &MatchConfig) -> bool {
    config.has_feed() || config.serves_ouch()
}

/// How a journal is opened for such an exchange.
pub fn intent(config: &MatchConfig, log: &LogConfig) -> Intent {
    Intent { force: log.force, verify: log.verify, from_start: log.verify || needs_all(config) }
}

/// The desk before the first record of a history: in the state of its snapshot, if there is one that can be used.
///
/// # Errors
/// Terms that cannot be read, memory, and as [`History::pass_over_snapshot`].
pub fn begin(mut history: History, config: &MatchConfig) -> Result<(History, Terms, Desk), Box<Outcome>> {
    loop {
        let terms = Terms::from_bytes(history.config()).map_err(failed)?;
        let desk = Desk::new(config, &terms)?;
        let Some(snapshot) = history.snapshot() else { return Ok((history, terms, desk)) };
        match desk.restored(&snapshot.state) {
            Ok(desk) => return Ok((history, terms, desk)),
            Err(why) => history = history.pass_over_snapshot(&why).map_err(refusal)?,
        }
    }
}

/// Applies a command of the log to the desk: [`Desk::repeat`], or more when somebody else follows it. The bytes are the client's
/// message, empty when it says no more than the command.
pub type Hear<'a> = &'a mut dyn FnMut(&mut Desk, &Command, Origin, &[u8]);

/// Applies every record of a history; how many there were, and how many checkpoints and snapshots they passed.
///
/// # Errors
/// A record that is not an exchange's, a state that differs from its checkpoint, a file that changed.
pub fn replay(
    history: &History,
    desk: &mut Desk,
    hear: Hear<'_>,
    drain: &mut dyn FnMut(&mut Desk) -> Result<(), Box<Outcome>>,
) -> Result<(u64, u64), Box<Outcome>> {
    let mut all = history.records().map_err(refusal)?;
    let (mut records, mut checkpoints) = (0, 0);
    while let Some(record) = all.next() {
        let record = record.map_err(refusal)?;
        match entry::read(record.kind, record.payload) {
            Some(Entry::Command(command, origin)) => {
                let message = record.payload.get(native::bytes_of(command.kind)..).unwrap_or_default();
                hear(desk, &command, origin, message);
            }
            Some(Entry::Checkpoint(expected)) => {
                compare(record.sequence, expected, Checkpoint::of(desk.engine()))?;
                desk.end_feed();
                checkpoints += 1;
            }
            None => {
                let text = format!("record {} of kind {} is not an exchange's", record.sequence, record.kind);
                return Err(failed(text));
            }
        }
        if let Some(witness) = history.witness().filter(|witness| witness.at.sequence == record.sequence) {
            if desk.saved() != witness.state {
                let text = format!("the log does not lead to the state of the snapshot of record {}", record.sequence);
                return Err(Box::new(Outcome::failed(Status::CheckFailed, text, Map::new())));
            }
            checkpoints += 1;
        }
        records += 1;
        if records % STRIDE == 0 {
            drain(desk)?;
        }
    }
    drain(desk)?;
    Ok((records, checkpoints))
}

fn compare(sequence: u64, expected: Checkpoint, found: Checkpoint) -> Result<(), Box<Outcome>> {
    if expected == found {
        return Ok(());
    }
    let text = format!(
        "record {sequence}: the state was {:016x} after {} reports and is {:016x} after {}: this program does not trade as the one \
         that wrote the journal",
        expected.hash, expected.reports, found.hash, found.reports
    );
    Err(Box::new(Outcome::failed(Status::CheckFailed, text, Map::new())))
}

fn failed(text: String) -> Box<Outcome> {
    Box::new(Outcome::failed(Status::Failed, text, Map::new()))
}

/// A journal that cannot be used, as the end of a run.
pub fn refusal(error: Error) -> Box<Outcome> {
    let status = if error.is_usage() { Status::Usage } else { Status::Failed };
    let hint = match &error {
        Error::Exists { .. } => Some("go on with it by --recover DIR, or name another directory"),
        Error::NotAJournal { .. } => Some("name a directory that is missing or empty, or that has a journal"),
        Error::Damaged(_) => Some("--force keeps what comes before the damage and sets the rest aside"),
        Error::Identity { .. } => Some("no record can be checked without that file: bring it back from a copy"),
        _ => None,
    };
    let outcome = Outcome::failed(status, error.to_string(), Map::new());
    Box::new(match hint {
        Some(hint) => outcome.with_hint(hint),
        None => outcome,
    })
}
