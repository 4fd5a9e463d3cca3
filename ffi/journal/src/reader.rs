//! Reads the log back, record by record, across segments.
//!
//! A segment is read piece by piece into a window that stays in the second-level cache. Read whole it went through memory three
//! times, zeroed, filled and read, beside a writer who needs that memory's time; a mapping would answer a file that
//! shrinks under it with a signal instead of an error.

use crate::error::Error;
use crate::header;
use crate::names;
use crate::options::{MAX_SEGMENT, Position};
use crate::record::{self, HEADER, Raw, Record, Step, room};
use crate::report::{Damage, Fault};
use crate::segments::SegmentFile;
use crate::storage::Storage;
use std::ops::Range;
use std::sync::Arc;

/// Why a walk ended before the end of the log.
pub(crate) enum Stop {
    Damage(Damage),
    Failed(Error),
}

/// Bytes read at a time.
const WINDOW: usize = 256 << 10;

/// Where a record lies in the window.
pub(crate) struct Spot {
    sequence: u64,
    kind: u8,
    payload: Range<usize>,
}

/// A walk over the log from some place to its end or to damage.
pub(crate) struct Walk {
    storage: Arc<dyn Storage>,
    seed: u32,
    files: Vec<SegmentFile>,
    /// The file that is read; beyond the last one when none is.
    current: usize,
    /// Bytes of it.
    length: usize,
    /// What has been read of it, from byte `base` on.
    window: Vec<u8>,
    base: usize,
    /// The byte where the next record stands.
    at: usize,
    /// Sequence of the next record.
    pub expected: u64,
    pub marks: u64,
    /// Highest durable sequence that marks and headers told of.
    pub durable: u64,
}

impl Walk {
    /// Begins with the file number `current` of `files`, at its first record or right after `hint` if that is a place
    /// in it and the log goes on there.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        seed: u32,
        files: Vec<SegmentFile>,
        current: usize,
        hint: Option<Position>,
    ) -> Result<Self, Stop> {
        let mut walk = Self { files, ..Self::nowhere(storage, seed) };
        walk.begin(current)?;
        if let Some(hint) = hint.filter(|hint| hint.segment == walk.files[current].index && hint.offset % 8 == 0) {
            let at = usize::try_from(hint.offset).unwrap_or(usize::MAX);
            if at >= header::LENGTH && at <= walk.length {
                walk.seek(at);
                walk.expected = hint.sequence.saturating_add(1);
                if matches!(walk.look()?, Step::Fault(_)) {
                    walk.begin(current)?;
                }
            }
        }
        Ok(walk)
    }

    /// A walk over nothing, before the first file.
    pub(crate) fn nowhere(storage: Arc<dyn Storage>, seed: u32) -> Self {
        let (files, window) = (Vec::new(), Vec::new());
        Self { storage, seed, files, current: 0, length: 0, window, base: 0, at: 0, expected: 1, marks: 0, durable: 0 }
    }

    /// Stands before the first record of a file.
    fn begin(&mut self, number: usize) -> Result<(), Stop> {
        let file = self.files[number];
        let damage = |fault| Stop::Damage(Damage { segment: file.index, offset: 0, sequence: self.expected, fault });
        let header = file.header.map_err(damage)?;
        if file.bytes > header.bytes.min(MAX_SEGMENT as u64) {
            return Err(damage(Fault::Oversized { bytes: file.bytes }));
        }
        self.durable = self.durable.max(header.durable);
        self.current = number;
        self.length = file.bytes as usize;
        self.seek(header::LENGTH);
        self.expected = header.first;
        Ok(())
    }

    /// Goes to another byte of the file.
    fn seek(&mut self, at: usize) {
        self.window.clear();
        (self.base, self.at) = (at, at);
    }

    /// What stands at the place reached, whole.
    fn look(&mut self) -> Result<Step<'_>, Stop> {
        self.hold(HEADER)?;
        if let Some(header) = self.window[self.at - self.base..].first_chunk() {
            self.hold(room(Raw::new(header).length))?;
        }
        Ok(record::read(&self.window, self.at - self.base, self.seed, self.expected))
    }

    /// Has the window hold so many bytes from the place reached on, or all that are left of the file.
    fn hold(&mut self, bytes: usize) -> Result<(), Stop> {
        let end = self.length.min(self.at.saturating_add(bytes));
        if end <= self.base + self.window.len() {
            return Ok(());
        }
        self.window.drain(..self.at - self.base);
        self.base = self.at;
        let have = self.window.len();
        let want = bytes.max(WINDOW).min(self.length - self.base);
        let read = fill(&*self.storage, self.files[self.current].index, self.base, &mut self.window, want);
        if read.map_err(Stop::Failed)? < want - have {
            self.length = self.base + self.window.len();
        }
        Ok(())
    }

    /// Whether the rest of the file is zeros.
    fn is_blank(&mut self) -> Result<bool, Stop> {
        let (mut rest, mut at) = (Vec::new(), self.at);
        while at < self.length {
            rest.clear();
            let want = WINDOW.min(self.length - at);
            let read = fill(&*self.storage, self.files[self.current].index, at, &mut rest, want);
            match read.map_err(Stop::Failed)? {
                0 => break,
                _ if rest.iter().any(|byte| *byte != 0) => return Ok(false),
                read => at += read,
            }
        }
        Ok(true)
    }

    /// Goes on to the next record; `None` at the end of the log.
    pub(crate) fn advance(&mut self) -> Result<Option<Spot>, Stop> {
        loop {
            if self.current >= self.files.len() {
                return Ok(None);
            }
            match self.look()? {
                Step::Record { record: Record { sequence, kind, payload }, next } => {
                    let length = payload.len();
                    let start = self.at - self.base + HEADER;
                    let spot = Spot { sequence, kind, payload: start..start + length };
                    self.expected += 1;
                    self.at = self.base + next;
                    return Ok(Some(spot));
                }
                Step::Mark { durable, next } => {
                    self.marks += 1;
                    self.durable = self.durable.max(durable);
                    self.at = self.base + next;
                }
                Step::End => {
                    if !self.next_file()? {
                        return Ok(None);
                    }
                }
                Step::Fault(fault) => return Err(self.damage(fault)),
            }
        }
    }

    fn damage(&self, fault: Fault) -> Stop {
        let (segment, offset) = self.place();
        Stop::Damage(Damage { segment, offset, sequence: self.expected, fault })
    }

    /// After the last record of a file: says whether another follows.
    fn next_file(&mut self) -> Result<bool, Stop> {
        let is_blank = self.is_blank()?;
        let here = self.files[self.current].index;
        let Some(next) = self.files.get(self.current + 1).copied() else {
            return if is_blank { Ok(false) } else { Err(self.damage(Fault::Gone)) };
        };
        let there = |fault| Damage { segment: here + 1, offset: 0, sequence: self.expected, fault };
        if next.index != here + 1 {
            return Err(Stop::Damage(there(Fault::Missing)));
        }
        let first = match next.header {
            Ok(header) => header.first,
            Err(_) if !is_blank => return Err(self.damage(Fault::Gone)),
            Err(fault) => return Err(Stop::Damage(there(fault))),
        };
        if first == self.expected {
            self.begin(self.current + 1)?;
            return Ok(true);
        }
        if first > self.expected || !is_blank {
            return Err(self.damage(Fault::Gone));
        }
        if first > 0 {
            return Err(Stop::Damage(there(Fault::Sequence { found: first })));
        }
        // Made ahead and never taken into use: the log ends here, if nobody wrote to it after all.
        let used = there(Fault::Header);
        let mut ahead = Vec::new();
        read_whole(&*self.storage, &next, &mut ahead).map_err(Stop::Failed)?;
        let is_last = self.current + 2 == self.files.len();
        let is_unused = ahead.iter().skip(header::LENGTH).all(|byte| *byte == 0);
        if is_last && is_unused { Ok(false) } else { Err(Stop::Damage(used)) }
    }

    pub(crate) fn record(&self, spot: &Spot) -> Record<'_> {
        Record { sequence: spot.sequence, kind: spot.kind, payload: &self.window[spot.payload.clone()] }
    }

    /// Segment and byte where the walk stands; 0 and 0 before the first segment.
    pub(crate) fn place(&self) -> (u64, u64) {
        self.files.get(self.current).map_or((0, 0), |file| (file.index, self.at as u64))
    }
}

/// Reads a segment's file whole; its size was checked against its header, or is bounded here.
pub(crate) fn read_whole(storage: &dyn Storage, file: &SegmentFile, into: &mut Vec<u8>) -> Result<(), Error> {
    into.clear();
    fill(storage, file.index, 0, into, file.bytes.min(MAX_SEGMENT as u64) as usize).map(|_| ())
}

/// Reads more of a segment's file, of which `into` has what comes from byte `base` on, until that is `length` bytes long or the
/// file ends; how much.
fn fill(storage: &dyn Storage, index: u64, base: usize, into: &mut Vec<u8>, length: usize) -> Result<usize, Error> {
    let doing = || format!("read {}/{}", storage.place(), names::log(index));
    let have = into.len();
    let no_memory = |_| Error::Storage { doing: doing(), why: format!("no memory for {length} bytes"), full: false };
    into.try_reserve_exact(length - have).map_err(no_memory)?;
    into.resize(length, 0);
    let read = storage.read(&names::log(index), (base + have) as u64, &mut into[have..]);
    let read = read.map_err(|error| Error::storage(doing(), &error))?;
    into.truncate(have + read);
    Ok(read)
}

/// The records that recovery gives back, in order.
pub struct Records {
    pub(crate) walk: Walk,
    /// First and last record to give.
    pub(crate) from: u64,
    pub(crate) until: u64,
}

impl Records {
    /// Right after the record that was given last.
    pub(crate) fn position(&self) -> Position {
        let (segment, offset) = self.walk.place();
        Position { sequence: self.walk.expected.saturating_sub(1), segment, offset }
    }

    /// The next record; not an `Iterator`, because records are read in place.
    ///
    /// # Errors
    /// [`Error::Storage`] when a file cannot be read, [`Error::Spoilt`] when it changed since it was checked.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Result<Record<'_>, Error>> {
        let spot = loop {
            // Nothing wanted, nothing read: what lies before the snapshot may be damaged.
            if self.from > self.until || self.walk.expected > self.until {
                return None;
            }
            match self.walk.advance() {
                Ok(Some(spot)) if spot.sequence < self.from => {}
                Ok(Some(spot)) => break spot,
                Ok(None) => return None,
                Err(Stop::Failed(error)) => return Some(Err(error)),
                Err(Stop::Damage(damage)) => {
                    return Some(Err(Error::Spoilt { place: self.walk.storage.place(), damage }));
                }
            }
        };
        Some(Ok(self.walk.record(&spot)))
    }
}
