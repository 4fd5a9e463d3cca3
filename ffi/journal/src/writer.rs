//! The matching thread's side: records into memory.

use crate::error::AppendError;
use crate::header::Header;
use crate::options::Position;
use crate::record::{self, FIRST_RESERVED_KIND, MARK, MARK_ROOM, MAX_PAYLOAD};
use crate::shared::{Counters, Rolled, Shared, Spare, WANTED, locked};
use crate::storage::Segment;
use crate::{checksum, header};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

pub(crate) struct Writer {
    base: *mut u8,
    offset: usize,
    bytes: usize,
    seed: u32,
    sequence: u64,
    /// The shared state that was last looked at; the log says so much already.
    seen: u64,
    /// Highest durable sequence that the log has a mark of.
    marked: u64,
    index: u64,
    shared: Arc<Shared>,
    segment: Arc<dyn Segment>,
    journal: u64,
    counters: Counters,
}

// SAFETY: `base` points into `segment`, which goes along; only the writer's thread writes there.
unsafe impl Send for Writer {}

impl Writer {
    /// Takes the first segment into use after record `last`, all of it durable.
    pub(crate) fn new(journal: u64, last: u64, index: u64, segment: Arc<dyn Segment>) -> (Self, Arc<Shared>) {
        let shared = Arc::new(Shared::new(last, index, 0));
        let mut writer = Self {
            base: segment.memory(),
            offset: 0,
            bytes: segment.bytes(),
            seed: checksum::seed(journal),
            sequence: last,
            seen: last,
            marked: last,
            index,
            shared: Arc::clone(&shared),
            segment,
            journal,
            counters: Counters::default(),
        };
        writer.begin_segment();
        shared.publish(last, index, writer.offset);
        (writer, shared)
    }

    #[inline]
    pub(crate) fn append(&mut self, kind: u8, payload: &[u8]) -> Result<u64, AppendError> {
        self.make_way(kind, payload.len())?;
        // SAFETY: make_way saw room in the segment at `offset`, a multiple of 8, and nothing was published there; the
        // payload is not too long.
        unsafe { record::put(self.base.add(self.offset), self.seed, self.sequence + 1, kind, payload) };
        Ok(self.took(payload.len()))
    }

    #[inline]
    pub(crate) fn append_pair(&mut self, kind: u8, first: &[u8], second: &[u8]) -> Result<u64, AppendError> {
        let length = first.len().saturating_add(second.len());
        self.make_way(kind, length)?;
        // SAFETY: as in append.
        unsafe { record::put_pair(self.base.add(self.offset), self.seed, self.sequence + 1, kind, first, second) };
        Ok(self.took(length))
    }

    pub(crate) fn reserve(&mut self, bytes: usize) -> Result<(), AppendError> {
        self.make_way(0, bytes)
    }

    #[inline(always)]
    fn make_way(&mut self, kind: u8, length: usize) -> Result<(), AppendError> {
        let fits = length <= MAX_PAYLOAD && record::room(length) <= self.bytes - self.offset;
        if fits && self.shared.state() == self.seen && kind < FIRST_RESERVED_KIND {
            return Ok(());
        }
        self.make_way_slowly(kind, length)
    }

    #[inline(always)]
    fn took(&mut self, length: usize) -> u64 {
        self.sequence += 1;
        self.offset += record::room(length);
        self.shared.publish(self.sequence, self.index, self.offset);
        self.counters.records += 1;
        self.counters.bytes += length as u64;
        if self.shared.is_asleep() {
            self.shared.wake();
        }
        self.sequence
    }

    #[cold]
    #[inline(never)]
    fn make_way_slowly(&mut self, kind: u8, length: usize) -> Result<(), AppendError> {
        if kind >= FIRST_RESERVED_KIND {
            return Err(AppendError::Kind { kind });
        }
        let most = MAX_PAYLOAD.min(self.bytes - header::LENGTH - record::HEADER);
        if length > most {
            return Err(AppendError::TooLong { length, most });
        }
        if self.shared.has_failed() {
            return Err(AppendError::Failed);
        }
        self.mark();
        if record::room(length) > self.bytes - self.offset {
            self.next_segment()?;
        }
        Ok(())
    }

    /// Writes down in the log how far it is durable, if that is news and there is room; the header of the next segment
    /// says it otherwise.
    pub(crate) fn mark(&mut self) {
        self.seen = self.shared.state();
        let durable = self.shared.durable();
        if durable > self.marked && self.bytes - self.offset >= MARK_ROOM {
            let payload = durable.to_le_bytes();
            // SAFETY: the line above saw the room; `offset` is a multiple of 8 and nothing was published there.
            unsafe { record::put(self.base.add(self.offset), self.seed, self.sequence, MARK, &payload) };
            self.offset += MARK_ROOM;
            self.marked = durable;
            self.counters.marks += 1;
            self.shared.publish(self.sequence, self.index, self.offset);
        }
    }

    fn next_segment(&mut self) -> Result<(), AppendError> {
        let (index, segment) = self.take_spare()?;
        let end_of_last = self.offset;
        self.index = index;
        self.base = segment.memory();
        self.bytes = segment.bytes();
        self.begin_segment();
        locked(&self.shared.rolled).push_back(Rolled { end_of_last, index, segment: Arc::clone(&segment) });
        // The sync thread still holds the old segment, so its memory is not given back on this thread.
        self.segment = segment;
        Ok(())
    }

    fn begin_segment(&mut self) {
        let header = Header {
            journal: self.journal,
            index: self.index,
            first: self.sequence + 1,
            durable: self.shared.durable(),
            bytes: self.bytes as u64,
        };
        // SAFETY: a segment is longer than its header, and nothing of this one was published.
        unsafe { std::ptr::copy_nonoverlapping(header.encode().as_ptr(), self.base, header::LENGTH) };
        self.offset = header::LENGTH;
        self.marked = header.durable;
        self.counters.segments += 1;
    }

    fn take_spare(&mut self) -> Result<(u64, Arc<dyn Segment>), AppendError> {
        let shared = Arc::clone(&self.shared);
        let mut since = None;
        let mut spare = locked(&shared.spare);
        let taken = loop {
            if shared.has_failed() || shared.is_stopping() {
                break Err(AppendError::Failed);
            }
            let behind = shared.is_behind();
            match (&*spare, behind) {
                (Spare::Ready(..), false) => {
                    if let Spare::Ready(index, segment) = std::mem::replace(&mut *spare, WANTED) {
                        // Counted here and not when the sync thread hears of it: it cannot then be outrun.
                        shared.open.fetch_add(1, Ordering::AcqRel);
                        break Ok((index, segment));
                    }
                }
                (Spare::Failed { full: true }, _) => break Err(AppendError::Full),
                (Spare::Failed { full: false }, _) => break Err(AppendError::Unready),
                _ => {}
            }
            since.get_or_insert_with(Instant::now);
            if let Spare::Wanted { waits } = &mut *spare
                && !std::mem::replace(waits, true)
            {
                shared.spare_changed.notify_all();
            }
            if behind {
                shared.wake();
            }
            let patience = Duration::from_millis(1);
            let waited = shared.spare_changed.wait_timeout(spare, patience);
            spare = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        drop(spare);
        shared.spare_changed.notify_all();
        if let Some(since) = since {
            self.counters.waits += 1;
            self.counters.waited_ns += since.elapsed().as_nanos() as u64;
        }
        taken
    }

    pub(crate) fn position(&self) -> Position {
        Position { sequence: self.sequence, segment: self.index, offset: self.offset as u64 }
    }

    pub(crate) fn counters(&self) -> Counters {
        let mut counters = self.counters;
        self.shared.counters.read(&mut counters);
        counters
    }
}
