//! Makes the next segment before the writer needs it.
//!
//! Taking blocks, writing zeros, syncing them and faulting pages in costs tens of milliseconds for 64 MiB; here nobody
//! waits for it, and [`Behind`] spreads it so that nobody misses the processor. A full disk is met here, a whole segment early, and
//! is tried again until there is room.

use crate::error::{is_full, words};
use crate::header::Header;
use crate::names;
use crate::pace::{Behind, Pace};
use crate::shared::{Shared, Spare, WANTED, locked};
use crate::storage::{Preparation, Segment, Storage};
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Pause before a segment that could not be made is tried again.
const RETRY: Duration = Duration::from_millis(100);

pub(crate) struct Preparer {
    shared: Arc<Shared>,
    storage: Arc<dyn Storage>,
    journal: u64,
    next: u64,
    how: Preparation,
}

impl Preparer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        storage: Arc<dyn Storage>,
        journal: u64,
        next: u64,
        how: Preparation,
    ) -> Self {
        Self { shared, storage, journal, next, how }
    }

    pub(crate) fn run(&mut self) {
        let shared = Arc::clone(&self.shared);
        while !self.shared.is_stopping() {
            self.step(&mut Behind::new(&shared, self.how.bytes));
            let spare = locked(&self.shared.spare);
            if self.shared.is_stopping() {
                break;
            }
            let changed = &self.shared.spare_changed;
            match *spare {
                Spare::Wanted { .. } => {}
                Spare::Ready(..) => drop(changed.wait(spare).unwrap_or_else(PoisonError::into_inner)),
                Spare::Failed { .. } => {
                    drop(changed.wait_timeout(spare, RETRY).unwrap_or_else(PoisonError::into_inner))
                }
            }
        }
    }

    /// Makes a spare if there is none.
    pub(crate) fn step(&mut self, pace: &mut dyn Pace) {
        if matches!(*locked(&self.shared.spare), Spare::Ready(..)) {
            return;
        }
        let made = prepare(&*self.storage, self.journal, self.next, self.how, pace);
        let spare = match made {
            Ok(segment) => Spare::Ready(self.next, segment),
            // The journal ends, and needs no more segments.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return,
            Err(error) => {
                self.shared.set_reason(format!("cannot make {}: {}", names::log(self.next), words(&error)));
                Spare::Failed { full: is_full(&error) }
            }
        };
        self.next += u64::from(matches!(spare, Spare::Ready(..)));
        *locked(&self.shared.spare) = spare;
        self.shared.spare_changed.notify_all();
    }

    /// Removes the segment that was never needed.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut *locked(&self.shared.spare), WANTED) {
            Spare::Ready(index, _) => self.storage.remove(&names::log(index)),
            _ => Ok(()),
        }
    }
}

/// Makes segment `index`, not yet taken into use.
pub(crate) fn prepare(
    storage: &dyn Storage,
    journal: u64,
    index: u64,
    how: Preparation,
    pace: &mut dyn Pace,
) -> io::Result<Arc<dyn Segment>> {
    let header = Header { journal, index, first: 0, durable: 0, bytes: how.bytes as u64 };
    storage.prepare(&names::log(index), &header.encode(), how, pace)
}
