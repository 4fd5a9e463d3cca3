//! Brings the log to disk behind the writer and says how far it got.
//!
//! One sync at a time, always of everything that was published when it began: while the disk works the next batch
//! gathers, so the batch size follows the load by itself and no timer has to guess it.

use crate::names;
use crate::options::Durability;
use crate::shared::{End, Shared, locked};
use crate::storage::{Segment, Storage};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// How often bytes are handed to the operating system when nobody waits for them.
const TICK: Duration = Duration::from_millis(1);
/// A wake-up that crossed the writer's look at the flag is made good after this long.
const NAP: Duration = Duration::from_millis(1);
/// A commit mark alone is not worth a sync of its own until the log has been quiet for so long.
const QUIET: Duration = Duration::from_millis(5);
/// How often, and how far ahead of the writer, pages are made writable that the kernel's own write-back protected.
const WARM_EVERY: Duration = Duration::from_millis(250);
const WARM_BYTES: usize = 4 << 20;

struct Open {
    index: u64,
    segment: Arc<dyn Segment>,
    /// Known once the writer has gone on to the next.
    end: Option<usize>,
}

pub(crate) struct Syncer {
    shared: Arc<Shared>,
    durability: Durability,
    /// Oldest first; the last is the writer's, or was until a moment ago.
    open: VecDeque<Open>,
    synced: End,
    /// Segments that were let go of without a sync, from this index up to the oldest open one.
    forgotten: u64,
    storage: Arc<dyn Storage>,
    warmed: Instant,
}

impl Syncer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        durability: Durability,
        segment: Arc<dyn Segment>,
        storage: Arc<dyn Storage>,
    ) -> Self {
        let End { sequence, index, .. } = shared.end();
        // The header is not on the disk yet, so the log is synced up to byte 0.
        let synced = End { sequence, index, offset: 0 };
        let open = VecDeque::from([Open { index, segment, end: None }]);
        Self { shared, durability, open, synced, forgotten: index, storage, warmed: Instant::now() }
    }

    /// The thread: until it is asked to stop or the disk fails. The rest is for [`Syncer::finish`].
    pub(crate) fn run(&mut self) {
        let result = match self.durability {
            Durability::None => self.run_without(),
            Durability::Async { every } => self.run_behind(every),
            Durability::Group { bytes, delay } => self.run_group(bytes, delay),
        };
        if let Err(error) = result {
            self.shared.fail("write the journal", &error);
        }
    }

    fn run_without(&mut self) -> io::Result<()> {
        while !self.shared.is_stopping() {
            if self.shared.demanded() > self.synced.sequence {
                self.commit()?;
            }
            self.hand_over()?;
            self.warm();
            // A mapping needs nothing from here but its old segments taken away.
            let is_mapped = self.open.back().is_some_and(|open| open.segment.block() > 1);
            thread::park_timeout(if is_mapped { 10 * TICK } else { TICK });
        }
        Ok(())
    }

    /// Chooses a place, waits until the writer is out of its block or the time is over, and syncs up to it.
    fn run_behind(&mut self, every: Duration) -> io::Result<()> {
        let mut target = (self.shared.end(), Instant::now());
        while !self.shared.is_stopping() {
            let now = self.shared.end();
            let (to, since) = target;
            if self.shared.demanded() > self.synced.sequence {
                self.commit()?;
                target = (now, Instant::now());
            } else if to == self.synced {
                target = (now, Instant::now());
            } else if since.elapsed() >= every || self.is_past(now, to) {
                self.commit_to(to)?;
                target = (now, Instant::now());
            }
            self.hand_over()?;
            self.warm();
            thread::park_timeout(TICK);
        }
        Ok(())
    }

    fn is_past(&self, now: End, place: End) -> bool {
        let block = self.open.back().map_or(1, |open| open.segment.block());
        // With blocks of one byte nothing is gained by going early: the interval alone decides.
        block > 1 && (now.index > place.index || now.offset / block > place.offset / block)
    }

    fn run_group(&mut self, bytes: usize, delay: Duration) -> io::Result<()> {
        let mut quiet_since = Instant::now();
        while !self.shared.is_stopping() {
            let end = self.shared.end();
            let news = end.sequence != self.synced.sequence;
            if news {
                self.gather(bytes, delay);
                self.commit()?;
                quiet_since = Instant::now();
            } else if end != self.synced && quiet_since.elapsed() >= QUIET {
                self.commit()?;
            } else {
                self.shared.set_asleep(true);
                if self.shared.end().sequence == self.synced.sequence && !self.shared.is_stopping() {
                    thread::park_timeout(NAP);
                }
                self.shared.set_asleep(false);
                self.warm();
            }
        }
        Ok(())
    }

    fn gather(&self, bytes: usize, delay: Duration) {
        let since = Instant::now();
        while since.elapsed() < delay && !self.shared.is_stopping() {
            let end = self.shared.end();
            if end.index != self.synced.index || end.offset - self.synced.offset >= bytes {
                break;
            }
            thread::park_timeout((delay.saturating_sub(since.elapsed())).min(Duration::from_micros(20)));
        }
    }

    /// Syncs everything published so far; says whether there was anything.
    pub(crate) fn commit(&mut self) -> io::Result<bool> {
        let end = self.shared.end();
        if end == self.synced {
            return Ok(false);
        }
        self.commit_to(end)?;
        Ok(true)
    }

    fn commit_to(&mut self, to: End) -> io::Result<()> {
        let began = Instant::now();
        self.take_rolled();
        let oldest = self.open.front().map_or(to.index, |open| open.index);
        for index in self.forgotten..oldest {
            self.storage.harden(&names::log(index))?;
        }
        while let Some(open) = self.open.front() {
            match open.end {
                Some(end) if open.index < to.index => open.segment.sync(end)?,
                _ => {
                    open.segment.sync(to.offset)?;
                    break;
                }
            }
            self.open.pop_front();
            self.shared.open.fetch_sub(1, Ordering::AcqRel);
            self.shared.spare_changed.notify_all();
        }
        if to.sequence != self.synced.sequence {
            self.shared.counters.commit(began.elapsed());
            self.shared.advance(to.sequence);
        }
        self.synced = to;
        self.forgotten = to.index;
        Ok(())
    }

    /// Gives everything published so far to the operating system; without a promise to sync, that is all it gets.
    pub(crate) fn hand_over(&mut self) -> io::Result<()> {
        let end = self.shared.end();
        self.take_rolled();
        for open in &self.open {
            match open.end {
                Some(to) if open.index < end.index => open.segment.write(to)?,
                _ => {
                    open.segment.write(end.offset)?;
                    break;
                }
            }
        }
        if self.durability == Durability::None {
            self.forget_full(end.index);
        }
        Ok(())
    }

    /// Lets go of full segments, so that their memory can be used again. Should somebody demand them on the disk after
    /// all, their files are synced by name.
    fn forget_full(&mut self, index: u64) {
        while self.open.front().is_some_and(|open| open.index < index && open.end.is_some()) {
            self.open.pop_front();
            self.shared.open.fetch_sub(1, Ordering::AcqRel);
            self.shared.spare_changed.notify_all();
        }
    }

    fn take_rolled(&mut self) {
        let mut rolled = locked(&self.shared.rolled);
        while let Some(next) = rolled.pop_front() {
            if let Some(last) = self.open.back_mut() {
                last.end = Some(next.end_of_last);
            }
            self.open.push_back(Open { index: next.index, segment: next.segment, end: None });
        }
    }

    fn warm(&mut self) {
        if self.warmed.elapsed() < WARM_EVERY {
            return;
        }
        self.warmed = Instant::now();
        let end = self.shared.end();
        if let Some(open) = self.open.iter().find(|open| open.index == end.index) {
            open.segment.warm(end.offset, end.offset + WARM_BYTES);
        }
    }

    /// After the thread has ended: what is still missing. `none` keeps to its word and only hands over.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self.durability {
            Durability::None => self.hand_over(),
            Durability::Async { .. } | Durability::Group { .. } => self.commit().map(drop),
        }
    }
}
