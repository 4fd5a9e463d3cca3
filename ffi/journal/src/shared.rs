//! What the writer, the sync thread and the preparing thread have in common.
//!
//! Each direction has a cache line of its own: the writer stores where the log ends and reads only what changes a few
//! thousand times a second at most.

use crate::storage::Segment;
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

/// Set in `state` when the disk failed to take the log.
const FAILED: u64 = 1 << 63;
/// Segments that may wait for the disk before the writer has to.
pub(crate) const MOST_OPEN: u64 = 4;

#[repr(align(128))]
struct Line<T>(T);

/// Written by the writer: the end of the log.
struct Head {
    /// Segment index in the upper half, byte in it in the lower.
    place: AtomicU64,
    sequence: AtomicU64,
}

/// Written by the sync thread.
struct Tail {
    /// Highest durable sequence, and [`FAILED`].
    state: AtomicU64,
    /// The sync thread has nothing to do and wants to be woken.
    asleep: AtomicBool,
}

/// A segment taken into use.
pub(crate) struct Rolled {
    /// Where the segment before it ends.
    pub end_of_last: usize,
    pub index: u64,
    pub segment: Arc<dyn Segment>,
}

/// The segment ahead of the writer.
pub(crate) enum Spare {
    /// `waits`: the writer cannot go on without it.
    Wanted {
        waits: bool,
    },
    Ready(u64, Arc<dyn Segment>),
    Failed {
        full: bool,
    },
}

/// The next segment has been taken; there is time to make another.
pub(crate) const WANTED: Spare = Spare::Wanted { waits: false };

pub(crate) struct Shared {
    head: Line<Head>,
    tail: Line<Tail>,
    /// Sequence that somebody needs durable, whatever the durability.
    demand: AtomicU64,
    pub rolled: Mutex<VecDeque<Rolled>>,
    pub spare: Mutex<Spare>,
    /// The spare or the number of open segments changed.
    pub spare_changed: Condvar,
    /// Segments of which something is not on the disk yet, as the sync thread counts.
    pub open: AtomicU64,
    waiting: AtomicU64,
    progress: Mutex<()>,
    progressed: Condvar,
    pub stop: AtomicBool,
    pub sync_thread: OnceLock<Thread>,
    why: Mutex<Option<String>>,
    pub counters: Tally,
}

/// Counts since the journal was opened.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    pub records: u64,
    pub bytes: u64,
    pub marks: u64,
    /// Segments taken into use.
    pub segments: u64,
    /// Times that the writer had to wait for a segment, and how long in all.
    pub waits: u64,
    pub waited_ns: u64,
    /// Syncs that moved the durable sequence, and how long they took in all and at most.
    pub commits: u64,
    pub commit_ns: u64,
    pub longest_commit_ns: u64,
}

/// The part of [`Counters`] that the sync thread keeps.
#[derive(Default)]
pub(crate) struct Tally {
    commits: AtomicU64,
    commit_ns: AtomicU64,
    longest_commit_ns: AtomicU64,
}

impl Tally {
    pub(crate) fn commit(&self, took: Duration) {
        let ns = took.as_nanos() as u64;
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_ns.fetch_add(ns, Ordering::Relaxed);
        self.longest_commit_ns.fetch_max(ns, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, into: &mut Counters) {
        into.commits = self.commits.load(Ordering::Relaxed);
        into.commit_ns = self.commit_ns.load(Ordering::Relaxed);
        into.longest_commit_ns = self.longest_commit_ns.load(Ordering::Relaxed);
    }
}

/// The end of the log as the sync thread sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct End {
    pub sequence: u64,
    pub index: u64,
    pub offset: usize,
}

impl Shared {
    pub(crate) fn new(last: u64, index: u64, offset: usize) -> Self {
        Self {
            head: Line(Head { place: AtomicU64::new(pack(index, offset)), sequence: AtomicU64::new(last) }),
            tail: Line(Tail { state: AtomicU64::new(last), asleep: AtomicBool::new(false) }),
            demand: AtomicU64::new(0),
            rolled: Mutex::new(VecDeque::with_capacity(MOST_OPEN as usize + 1)),
            spare: Mutex::new(WANTED),
            spare_changed: Condvar::new(),
            open: AtomicU64::new(1),
            waiting: AtomicU64::new(0),
            progress: Mutex::new(()),
            progressed: Condvar::new(),
            stop: AtomicBool::new(false),
            sync_thread: OnceLock::new(),
            why: Mutex::new(None),
            counters: Tally::default(),
        }
    }

    /// Says that the log now ends here. The place goes first: who sees the sequence sees a place not before it.
    #[inline(always)]
    pub(crate) fn publish(&self, sequence: u64, index: u64, offset: usize) {
        self.head.0.place.store(pack(index, offset), Ordering::Release);
        self.head.0.sequence.store(sequence, Ordering::Release);
    }

    pub(crate) fn end(&self) -> End {
        let sequence = self.head.0.sequence.load(Ordering::Acquire);
        let place = self.head.0.place.load(Ordering::Acquire);
        End { sequence, index: place >> 32, offset: place as u32 as usize }
    }

    /// The durable sequence with the failure bit: changes exactly when the writer has something to see to.
    #[inline(always)]
    pub(crate) fn state(&self) -> u64 {
        self.tail.0.state.load(Ordering::Relaxed)
    }

    pub(crate) fn durable(&self) -> u64 {
        self.tail.0.state.load(Ordering::Acquire) & !FAILED
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.tail.0.state.load(Ordering::Acquire) & FAILED != 0
    }

    /// Moves the durable sequence and wakes whoever waits for it.
    pub(crate) fn advance(&self, durable: u64) {
        self.tail.0.state.store(durable, Ordering::SeqCst);
        self.notify();
    }

    pub(crate) fn fail(&self, doing: &str, error: &io::Error) {
        let mut why = locked(&self.why);
        why.get_or_insert_with(|| format!("cannot {doing}: {}", crate::error::words(error)));
        drop(why);
        self.tail.0.state.fetch_or(FAILED, Ordering::SeqCst);
        self.spare_changed.notify_all();
        self.notify();
    }

    pub(crate) fn set_reason(&self, text: String) {
        *locked(&self.why) = Some(text);
    }

    /// Why the disk failed or the next segment cannot be made.
    pub(crate) fn reason(&self) -> Option<String> {
        locked(&self.why).clone()
    }

    fn notify(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            drop(locked(&self.progress));
            self.progressed.notify_all();
        }
    }

    /// Waits until `sequence` is durable, the disk failed or the time is over; says whether it is durable.
    pub(crate) fn wait(&self, sequence: u64, limit: Duration) -> bool {
        let over = |shared: &Self| shared.durable() >= sequence || shared.has_failed();
        if !over(self) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let guard = locked(&self.progress);
            let waited = self.progressed.wait_timeout_while(guard, limit, |()| !over(self));
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        self.durable() >= sequence
    }

    /// Asks for `sequence` to become durable even where the durability does not promise it.
    pub(crate) fn demand(&self, sequence: u64) {
        self.demand.fetch_max(sequence, Ordering::Relaxed);
        self.wake();
    }

    pub(crate) fn demanded(&self) -> u64 {
        self.demand.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(crate) fn is_asleep(&self) -> bool {
        self.tail.0.asleep.load(Ordering::Relaxed)
    }

    pub(crate) fn set_asleep(&self, asleep: bool) {
        self.tail.0.asleep.store(asleep, Ordering::SeqCst);
    }

    #[cold]
    pub(crate) fn wake(&self) {
        self.set_asleep(false);
        if let Some(thread) = self.sync_thread.get() {
            thread.unpark();
        }
    }

    /// Whether the disk is so far behind that the writer must not take another segment.
    pub(crate) fn is_behind(&self) -> bool {
        self.open.load(Ordering::Acquire) >= MOST_OPEN
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(crate) fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Release);
        drop(locked(&self.spare));
        self.spare_changed.notify_all();
        self.wake();
    }
}

fn pack(index: u64, offset: usize) -> u64 {
    index << 32 | offset as u64
}

/// A lock that a panic elsewhere does not take away: every value under these locks is whole between statements.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
