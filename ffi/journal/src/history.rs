//! A journal that is there already: what it holds, whether it may be used, and how to go on with it.
//!
//! Opening changes nothing. The newest good snapshot is chosen, the log behind it is read and checked to its end, and
//! the report says what recovery would keep and cut; [`History::resume`] then does it. In between the caller loads the
//! snapshot and replays [`History::records`].

use crate::error::Error;
use crate::identity::Identity;
use crate::journal::{self, Journal};
use crate::manual::{self, Manual};
use crate::mend;
use crate::names::{self, Entry};
use crate::options::{Intent, Options};
use crate::reader::{Records, Stop, Walk};
use crate::report::{Cut, Damage, Fault, Report, Verdict};
use crate::scan::{self, Found};
use crate::segments::{self, SegmentFile};
use crate::snapshot::{self, Snapshot};
use crate::storage::{Access, Folder, Storage};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A journal as it was found.
pub struct History {
    storage: Arc<dyn Storage>,
    access: Access,
    intent: Intent,
    /// `None` when there is nothing yet.
    identity: Option<Identity>,
    files: Vec<SegmentFile>,
    snapshot: Option<Snapshot>,
    /// The newest good snapshot, if an older one or the first record was taken instead.
    witness: Option<Snapshot>,
    /// Sequence of the newest good snapshot, used or not: the log was durable so far.
    known: u64,
    /// Number in `files` where reading starts.
    start: Option<usize>,
    /// Where the kept part of the log ends.
    end: (u64, u64),
    report: Report,
}

impl History {
    /// Opens the journal in a directory to go on with it; a missing directory is made, an empty one is an empty journal.
    ///
    /// # Errors
    /// [`Error::Damaged`] when something known durable is damaged and `intent` does not force it; [`Error::Busy`],
    /// [`Error::NotAJournal`], [`Error::Identity`], [`Error::Storage`].
    pub fn open(path: &Path, intent: Intent) -> Result<Self, Error> {
        Self::open_in(Arc::new(Folder::open(path, Access::Write)?), intent)
    }

    /// Opens a journal that nobody is writing, to read it only.
    ///
    /// # Errors
    /// As [`History::open`].
    pub fn read(path: &Path, intent: Intent) -> Result<Self, Error> {
        let storage = Arc::new(Folder::open(path, Access::Read)?);
        Self::examine(storage, Access::Read, intent, u64::MAX, Vec::new())
    }

    /// [`History::open`] in any storage.
    ///
    /// # Errors
    /// As [`History::open`].
    pub fn open_in(storage: Arc<dyn Storage>, intent: Intent) -> Result<Self, Error> {
        Self::examine(storage, Access::Write, intent, u64::MAX, Vec::new())
    }

    /// Passes over the snapshot, because the caller could not load it, and looks for an older one.
    ///
    /// # Errors
    /// As [`History::open`].
    pub fn pass_over_snapshot(self, why: &str) -> Result<Self, Error> {
        let Some(snapshot) = self.snapshot else { return Ok(self) };
        let mut skipped = self.report.skipped;
        skipped.push((names::snapshot(snapshot.at.sequence), why.to_string()));
        Self::examine(self.storage, self.access, self.intent, snapshot.at.sequence, skipped)
    }

    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The configuration that the records were made under; empty when there is nothing yet.
    #[must_use]
    pub fn config(&self) -> &[u8] {
        match (&self.snapshot, &self.identity) {
            (Some(snapshot), _) => &snapshot.config,
            (None, Some(identity)) => &identity.config,
            (None, None) => &[],
        }
    }

    /// The state to start from; without one, the start of everything.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// The newest good snapshot when reading starts before it: the records must lead to its state.
    #[must_use]
    pub fn witness(&self) -> Option<&Snapshot> {
        self.witness.as_ref()
    }

    /// Everything kept after the snapshot.
    ///
    /// # Errors
    /// [`Error::Storage`] when a file cannot be read.
    pub fn records(&self) -> Result<Records, Error> {
        let walk = self.walk(self.start, true).map_err(|stop| spoilt(&*self.storage, stop))?;
        Ok(Records { walk, from: self.floor() + 1, until: self.report.last })
    }

    fn floor(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.at.sequence)
    }

    fn seed(&self) -> u32 {
        self.identity.as_ref().map_or(0, Identity::seed)
    }

    fn walk(&self, start: Option<usize>, from_snapshot: bool) -> Result<Walk, Stop> {
        let storage = Arc::clone(&self.storage);
        let hint = self.snapshot.as_ref().filter(|_| from_snapshot).map(|snapshot| snapshot.at);
        match start {
            Some(start) => Walk::new(storage, self.seed(), self.files.clone(), start, hint),
            None => Ok(Walk::nowhere(storage, self.seed())),
        }
    }

    fn examine(
        storage: Arc<dyn Storage>,
        access: Access,
        intent: Intent,
        below: u64,
        skipped: Vec<(String, String)>,
    ) -> Result<Self, Error> {
        let listing = |error: io::Error| Error::storage(format!("list {}", storage.place()), &error);
        let names = storage.list().map_err(listing)?;
        let report = Report {
            place: storage.place(),
            segments: 0,
            first: 0,
            last: 0,
            checked: 0,
            marks: 0,
            durable: 0,
            snapshot: None,
            skipped,
            past: None,
            forced: intent.force,
            strangers: strangers(&names),
            short: None,
            verdict: Verdict::Empty,
        };
        let mut history = Self {
            storage,
            access,
            intent,
            identity: None,
            files: Vec::new(),
            snapshot: None,
            witness: None,
            // A snapshot that was passed over was good for the journal, if not for the caller.
            known: if below == u64::MAX { 0 } else { below },
            start: None,
            end: (0, 0),
            report,
        };
        if !history.has_identity(&names)? {
            return Ok(history);
        }
        let identity = Identity::load(&*history.storage)?;
        history.files = segments::survey(&*history.storage, &names, identity.id)
            .map_err(|error| Error::storage(format!("read the segments of {}", history.storage.place()), &error))?;
        history.choose_snapshot(&names, identity.id, below);
        history.identity = Some(identity);
        history.read_log()?;
        if history.report.is_refused() { Err(Error::Damaged(Box::new(history.report))) } else { Ok(history) }
    }

    /// Whether there is a journal here; files without one are refused rather than mixed with ours.
    fn has_identity(&self, names: &[String]) -> Result<bool, Error> {
        let place = self.storage.place();
        if names.iter().any(|name| name == names::IDENTITY) {
            return Ok(true);
        }
        let data = |name: &&String| matches!(names::classify(name), Entry::Log(_) | Entry::Snapshot(_) | Entry::Aside);
        if let Some(name) = names.iter().find(data) {
            return Err(Error::Identity { place, why: format!("the file is missing, and {name} is there") });
        }
        match self.report.strangers.first() {
            Some(name) => Err(Error::NotAJournal { place, found: name.clone() }),
            None => Ok(false),
        }
    }

    fn choose_snapshot(&mut self, names: &[String], journal: u64, below: u64) {
        let first = self.files.iter().find_map(SegmentFile::first).unwrap_or(1);
        for sequence in snapshot::sequences(names).into_iter().filter(|sequence| *sequence < below) {
            match snapshot::load(&*self.storage, journal, sequence) {
                Ok(snapshot) => {
                    self.known = self.known.max(sequence);
                    if !self.intent.from_start {
                        self.snapshot = Some(snapshot);
                        break;
                    }
                    if first > 1 && sequence + 1 >= first {
                        let newer = self.snapshot.replace(snapshot);
                        self.witness = self.witness.take().or(newer);
                        continue;
                    }
                    if first == 1 {
                        self.witness = Some(snapshot);
                    }
                    break;
                }
                Err(why) => self.report.skipped.push((names::snapshot(sequence), why)),
            }
        }
        self.report.snapshot = self.snapshot.as_ref().map(|snapshot| snapshot.at.sequence);
    }

    fn read_log(&mut self) -> Result<(), Error> {
        let floor = self.floor();
        if self.intent.verify {
            self.report.past = self.read_past()?;
        }
        let mut found = self.read_tail()?;
        found.durable = found.durable.max(self.known);
        if found.damage.is_none() && found.last < self.known {
            let (segment, offset) = found.end;
            let fault = Fault::Short { known: self.known };
            found.damage = Some(Damage { segment, offset, sequence: found.last + 1, fault });
        }
        self.report.verdict = match found.damage {
            None => Verdict::Sound,
            Some(damage) => {
                scan::look_behind(&mut found, &*self.storage, &self.files, self.seed())?;
                let is_torn = damage.fault.can_be_torn() && found.durable < damage.sequence;
                if is_torn {
                    Verdict::Torn { damage, cut: found.cut }
                } else {
                    Verdict::Damaged { damage, cut: found.cut }
                }
            }
        };
        self.end = found.end;
        self.report.short = self.short();
        self.report.segments = self.files.len();
        self.report.first = self.files.iter().find_map(SegmentFile::first).unwrap_or(0);
        self.report.last = found.last.max(floor);
        self.report.checked += found.checked;
        self.report.marks += found.marks;
        self.report.durable = found.durable;
        Ok(())
    }

    /// The segment written last, if its file is shorter than it was made: no crash shortens a file.
    fn short(&self) -> Option<(u64, u64, u64)> {
        let last = self.files.iter().rfind(|file| file.first().is_some())?;
        let made = last.header.ok()?.bytes;
        (last.bytes < made).then_some((last.index, last.bytes, made))
    }

    /// Checks what lies before the snapshot.
    fn read_past(&mut self) -> Result<Option<Damage>, Error> {
        let floor = self.floor();
        if floor == 0 || self.files.is_empty() {
            return Ok(None);
        }
        let mut walk = match self.walk(Some(0), false) {
            Ok(walk) => walk,
            Err(Stop::Damage(damage)) => return Ok(Some(damage)),
            Err(Stop::Failed(error)) => return Err(error),
        };
        let found = scan::scan(&mut walk, floor)?;
        self.report.checked += found.checked;
        Ok(found.damage)
    }

    /// Checks what lies behind the snapshot and decides where the log ends.
    fn read_tail(&mut self) -> Result<Found, Error> {
        let next = self.floor() + 1;
        let hinted = self.snapshot.as_ref().and_then(|snapshot| {
            let is_there = |file: &SegmentFile| {
                file.index == snapshot.at.segment && file.first().is_some() && file.bytes >= snapshot.at.offset
            };
            self.files.iter().position(is_there)
        });
        let holds_next = |file: &SegmentFile| file.first().is_some_and(|first| first <= next);
        let start = hinted.or_else(|| self.files.iter().rposition(holds_next));
        let none = Found { last: 0, checked: 0, marks: 0, durable: 0, end: (0, 0), damage: None, cut: Cut::default() };
        let Some(start) = start else { return Ok(Found { damage: self.no_start(next), ..none }) };
        self.start = Some(start);
        match self.walk(Some(start), true) {
            Ok(mut walk) => scan::scan(&mut walk, u64::MAX),
            Err(Stop::Damage(damage)) => {
                self.start = None;
                Ok(Found { damage: Some(damage), ..none })
            }
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// No segment has the record after the snapshot: fine where nothing was ever written.
    fn no_start(&self, next: u64) -> Option<Damage> {
        let damage = |segment, fault| Some(Damage { segment, offset: 0, sequence: next, fault });
        let Some(oldest) = self.files.first() else {
            let segment = self.snapshot.as_ref().map(|snapshot| snapshot.at.segment)?;
            return damage(segment, Fault::Missing);
        };
        match oldest.header {
            Err(fault) => damage(oldest.index, fault),
            Ok(header) if header.first > 0 => damage(oldest.index.saturating_sub(1).max(1), Fault::Missing),
            Ok(_) if self.snapshot.is_some() || oldest.index > 1 => damage(oldest.index, Fault::Missing),
            Ok(_) => None,
        }
    }

    /// Makes the directory what the report says, and goes on after the last record. `config` is used only when there is
    /// nothing yet.
    ///
    /// # Errors
    /// [`Error::Storage`]; [`Error::Option`] when an option is out of range or the journal was opened for reading.
    pub fn resume(self, options: &Options, config: &[u8]) -> Result<Journal, Error> {
        journal::start(self.resume_by_hand(options, config)?)
    }

    /// [`History::resume`] without threads.
    ///
    /// # Errors
    /// As [`History::resume`].
    pub fn resume_by_hand(self, options: &Options, config: &[u8]) -> Result<Manual, Error> {
        if self.access == Access::Read {
            return Err(Error::Option { name: "a journal that is to go on", rule: "opened for writing" });
        }
        options.check()?;
        let Some(identity) = self.identity else {
            mend::remove_unfinished(&*self.storage)?;
            let identity = Identity::new(config);
            identity.store(&*self.storage)?;
            return manual::begin(self.storage, identity, options, 0, 1);
        };
        mend::mend(&*self.storage, &self.files, self.end, &self.report)?;
        manual::begin(self.storage, identity, options, self.report.last, self.end.0 + 1)
    }
}

fn strangers(names: &[String]) -> Vec<String> {
    names.iter().filter(|name| names::classify(name) == Entry::Stranger).cloned().collect()
}

fn spoilt(storage: &dyn Storage, stop: Stop) -> Error {
    match stop {
        Stop::Damage(damage) => Error::Spoilt { place: storage.place(), damage },
        Stop::Failed(error) => error,
    }
}
