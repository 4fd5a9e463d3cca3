//! An open journal: the writer and the two threads behind it.

use crate::error::{AppendError, Error};
use crate::follower::Follower;
use crate::history::History;
use crate::manual::{Manual, finish};
use crate::options::{Intent, Options};
use crate::preparer::Preparer;
use crate::press::Press;
use crate::report::Verdict;
use crate::shared::{Counters, Shared};
use crate::storage::{Access, Folder, Storage};
use crate::syncer::Syncer;
use crate::watermark::Watermark;
use crate::writer::Writer;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// A journal that is being written. Appending belongs to one thread; see [`Journal::watermark`] for the others.
///
/// The threads behind it inherit the CPU affinity of the thread that opens it: open it before pinning.
pub struct Journal {
    parts: Parts,
    threads: Option<Threads>,
}

struct Parts {
    writer: Writer,
    shared: Arc<Shared>,
    press: Arc<Press>,
}

struct Threads {
    sync: JoinHandle<Syncer>,
    prepare: JoinHandle<Preparer>,
}

/// How a journal was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// The last record.
    pub last: u64,
    /// The last durable record: the same, unless the durability is `none`.
    pub durable: u64,
    pub counters: Counters,
}

impl Journal {
    /// Begins a journal in a directory that is missing or empty.
    ///
    /// # Errors
    /// [`Error::Exists`] or [`Error::NotAJournal`] when anything is there, [`Error::Busy`] when another process has it, [`Error::Storage`].
    pub fn create(path: &Path, options: &Options, config: &[u8]) -> Result<Self, Error> {
        let storage = Arc::new(Folder::open(path, Access::Write)?);
        Self::create_in(storage, options, config)
    }

    /// [`Journal::create`] in any storage.
    ///
    /// # Errors
    /// As [`Journal::create`].
    pub fn create_in(storage: Arc<dyn Storage>, options: &Options, config: &[u8]) -> Result<Self, Error> {
        let place = storage.place();
        match History::open_in(storage, Intent::default()) {
            Ok(history) if history.report().verdict == Verdict::Empty => history.resume(options, config),
            // Whatever its condition, it is there.
            Ok(_) | Err(Error::Damaged(_) | Error::Identity { .. }) => Err(Error::Exists { place }),
            Err(other) => Err(other),
        }
    }

    /// Appends a record and gives its sequence. It is durable when [`Journal::durable`] has reached that.
    ///
    /// # Errors
    /// [`AppendError`]; the log is then as it was.
    #[inline]
    pub fn append(&mut self, kind: u8, payload: &[u8]) -> Result<u64, AppendError> {
        self.parts.writer.append(kind, payload)
    }

    /// [`Journal::append`] of a payload in two pieces: a command and the message that brought it.
    ///
    /// # Errors
    /// [`AppendError`]; the log is then as it was.
    #[inline]
    pub fn append_pair(&mut self, kind: u8, first: &[u8], second: &[u8]) -> Result<u64, AppendError> {
        self.parts.writer.append_pair(kind, first, second)
    }

    /// Makes sure that records of together so many bytes, payloads and 32 for each record, will be taken: for what must be in the log as
    /// a whole or not at all.
    ///
    /// # Errors
    /// [`AppendError`]; the log is then as it was.
    #[inline]
    pub fn reserve(&mut self, bytes: usize) -> Result<(), AppendError> {
        self.parts.writer.reserve(bytes)
    }

    /// To be called when there is nothing to append: writes down how far the log is durable, so that damage to the last
    /// records would not be taken for a torn tail.
    #[inline]
    pub fn tick(&mut self) {
        self.parts.writer.mark();
    }

    /// The last record appended; 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.parts.writer.position().sequence
    }

    /// The last record that is on the disk.
    #[inline]
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.parts.shared.durable()
    }

    /// The durable sequence for other threads.
    #[must_use]
    pub fn watermark(&self) -> Watermark {
        Watermark(Arc::clone(&self.parts.shared))
    }

    /// A reader of what is appended, for another thread; it begins with the first record.
    #[must_use]
    pub fn follower(&self) -> Follower {
        Follower::new(Arc::clone(&self.parts.press))
    }

    /// The configuration that the journal was begun with.
    #[must_use]
    pub fn config(&self) -> &[u8] {
        &self.parts.press.identity.config
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        self.parts.writer.counters()
    }

    /// Why the disk failed, or why the next segment cannot be made.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.parts.shared.reason()
    }

    /// Ends in order: brings everything to disk (unless the durability is `none`) and
    /// marks it, removes the spare segment.
    ///
    /// # Errors
    /// [`Error::Storage`] when something could not be brought to disk.
    pub fn close(mut self) -> Result<Closed, Error> {
        self.end()?;
        let counters = self.counters();
        Ok(Closed { last: self.last(), durable: self.durable(), counters })
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(threads) = self.threads.take() else { return Ok(()) };
        self.parts.shared.ask_to_stop();
        let (sync, prepare) = (threads.sync.join(), threads.prepare.join());
        let (Ok(mut sync), Ok(mut prepare)) = (sync, prepare) else {
            let why = "a thread of the journal panicked".to_string();
            return Err(Error::Storage { doing: "close the journal".to_string(), why, full: false });
        };
        finish(&mut self.parts.writer, &mut sync, &mut prepare)
            .map_err(|error| Error::storage("close the journal", &error))?;
        match (self.parts.shared.has_failed(), self.parts.shared.reason()) {
            (true, Some(why)) => Err(Error::Storage { doing: "close the journal".to_string(), why, full: false }),
            _ => Ok(()),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Without close nobody asked how it ended.
        let _ = self.end();
    }
}

/// Gives each part its thread.
pub(crate) fn start(manual: Manual) -> Result<Journal, Error> {
    let Manual { writer, mut sync, mut prepare, press } = manual;
    let shared = Arc::clone(&press.shared);
    let parts = Parts { writer, shared: Arc::clone(&shared), press: Arc::new(press) };
    let failed = |error: io::Error| Error::storage("start a thread for the journal", &error);
    let named = |name: &str| thread::Builder::new().name(name.to_string());
    let sync = named("journal-sync").spawn(move || {
        sync.run();
        sync
    });
    let sync = sync.map_err(failed)?;
    // Set before anybody can want to wake it; a second value cannot come.
    let _ = shared.sync_thread.set(sync.thread().clone());
    let prepare = named("journal-ahead").spawn(move || {
        prepare.run();
        prepare
    });
    match prepare {
        Ok(prepare) => Ok(Journal { parts, threads: Some(Threads { sync, prepare }) }),
        Err(error) => {
            // What did start ends by itself.
            shared.ask_to_stop();
            Err(failed(error))
        }
    }
}
