//! When the next piece of a segment is made.
//!
//! A segment of 64 MiB costs tens of milliseconds of a processor. Taken at one go they are missing somewhere: where processors are
//! few, orders stand in a queue meanwhile. So a segment is made in pieces, a fraction of a millisecond each, with a rest before each of
//! them, as long as what is ready stays well ahead of what the writer has used of the segment before. How much of that is used
//! says when the next one will be needed better than a clock could: the rests follow the load without being told of it.

use crate::shared::{Shared, Spare, locked};
use std::io;
use std::sync::PoisonError;
use std::time::Duration;

/// Bytes of a piece.
pub(crate) const PIECE: usize = 256 << 10;
/// The rest before each piece: 64 MiB are there after a second in which nobody asked for them.
const REST: Duration = Duration::from_millis(4);
/// How many times as much is to be ready, as a part of the whole, as the writer has used: a segment is there when the one before it
/// is half full.
const LEAD: usize = 2;

/// Says when a segment's pieces are made.
pub trait Pace {
    /// Comes before each piece, when `done` of `of` bytes are there, and returns when it is time.
    ///
    /// # Errors
    /// `Interrupted` when nobody wants the segment any more.
    fn rest(&mut self, done: usize, of: usize) -> io::Result<()>;
}

/// Without rests: somebody waits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AtOnce;

impl Pace for AtOnce {
    fn rest(&mut self, _done: usize, _of: usize) -> io::Result<()> {
        Ok(())
    }
}

/// Behind a writer.
pub(crate) struct Behind<'a> {
    shared: &'a Shared,
    /// Bytes of each segment.
    bytes: usize,
    rest: Duration,
}

impl<'a> Behind<'a> {
    pub(crate) const fn new(shared: &'a Shared, bytes: usize) -> Self {
        Self { shared, bytes, rest: REST }
    }
}

impl Pace for Behind<'_> {
    fn rest(&mut self, done: usize, of: usize) -> io::Result<()> {
        let is_urgent = |spare: &Spare| self.shared.is_stopping() || matches!(spare, Spare::Wanted { waits: true });
        if !is_due(done, of, self.shared.end().offset, self.bytes) {
            let spare = locked(&self.shared.spare);
            let changed = &self.shared.spare_changed;
            let waited = changed.wait_timeout_while(spare, self.rest, |spare| !is_urgent(spare));
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
        if self.shared.is_stopping() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

/// Whether the next piece is wanted at once: when the writer has used `used` of `bytes`, and `done` of `of` are ready.
fn is_due(done: usize, of: usize, used: usize, bytes: usize) -> bool {
    // The first one is: a writer that is always ahead is never made to wait for a rest.
    (done as u128) * (bytes as u128) <= (LEAD * used) as u128 * of as u128
}

/// What has been done of a segment and what is still to do, piece by piece.
pub(crate) struct Work<'a> {
    pace: &'a mut dyn Pace,
    done: usize,
    of: usize,
}

impl<'a> Work<'a> {
    /// `of` bytes in all.
    pub(crate) const fn new(pace: &'a mut dyn Pace, of: usize) -> Self {
        Self { pace, done: 0, of }
    }

    /// Has `make` do bytes 0 to `bytes`, from one offset to another at a time.
    pub(crate) fn each(
        &mut self,
        bytes: usize,
        mut make: impl FnMut(usize, usize) -> io::Result<()>,
    ) -> io::Result<()> {
        for from in (0..bytes).step_by(PIECE) {
            let to = bytes.min(from + PIECE);
            self.pace.rest(self.done, self.of)?;
            make(from, to)?;
            self.done += to - from;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    const SEGMENT: usize = 64 << 20;
    /// What a piece costs: 64 MiB in 20 ms.
    const PIECE_NS: u64 = 20_000_000 / (SEGMENT / PIECE) as u64;

    /// Plays a writer of so many bytes a microsecond against the preparing thread: how much of the segment was used when the next was
    /// ready, and the longest time without a rest.
    fn play(bytes_a_us: u64) -> (usize, u64) {
        let (mut now, mut busy_since, mut longest) = (0, 0, 0);
        for done in (0..SEGMENT).step_by(PIECE) {
            let used = (now * bytes_a_us / 1000) as usize;
            if !is_due(done, SEGMENT, used, SEGMENT) {
                longest = longest.max(now - busy_since);
                now += REST.as_nanos() as u64;
                busy_since = now;
            }
            now += PIECE_NS;
        }
        ((now * bytes_a_us / 1000) as usize, longest.max(now - busy_since))
    }

    #[test]
    fn a_segment_is_ready_in_time_at_every_rate_at_which_it_can_be_made() {
        // A segment is made as fast as 3,355 bytes a microsecond are written.
        for bytes_a_us in 0..=3_300 {
            let (used, _) = play(bytes_a_us);
            assert!(used <= SEGMENT, "{bytes_a_us} bytes a microsecond: {used} used");
            let is_calm = bytes_a_us < 1_500;
            assert!(!is_calm || used < SEGMENT * 6 / 10, "{bytes_a_us} bytes a microsecond: {used} used");
        }
    }

    #[test]
    fn nobody_is_in_the_way_for_long_while_there_is_time() {
        // A million orders a second are 48 to 64 bytes a microsecond.
        for bytes_a_us in 0..=64 {
            let (_, longest) = play(bytes_a_us);
            assert!(longest <= 3 * PIECE_NS, "{bytes_a_us} bytes a microsecond: {longest} ns without a rest");
        }
    }

    fn behind(shared: &Shared) -> Behind<'_> {
        // Nobody can wait for this one to be over.
        Behind { rest: Duration::from_secs(100_000), ..Behind::new(shared, SEGMENT) }
    }

    #[test]
    fn a_writer_that_is_ahead_or_waits_is_not_let_wait() {
        let shared = Shared::new(0, 1, 64);
        behind(&shared).rest(0, SEGMENT).unwrap();
        shared.publish(9, 1, SEGMENT / 4);
        behind(&shared).rest(SEGMENT / 2 - PIECE, SEGMENT).unwrap();
        std::thread::scope(|scope| {
            let resting = scope.spawn(|| behind(&shared).rest(SEGMENT / 2, SEGMENT));
            *locked(&shared.spare) = Spare::Wanted { waits: true };
            shared.spare_changed.notify_all();
            resting.join().unwrap().unwrap();
        });
    }

    #[test]
    fn who_stops_waits_for_no_rest() {
        let shared = Shared::new(0, 1, 64);
        std::thread::scope(|scope| {
            let resting = scope.spawn(|| behind(&shared).rest(PIECE, SEGMENT));
            shared.ask_to_stop();
            assert_eq!(resting.join().unwrap().unwrap_err().kind(), io::ErrorKind::Interrupted);
        });
        assert!(shared.stop.load(Ordering::Relaxed));
    }

    #[test]
    fn pieces_are_all_of_the_work_in_order() {
        struct Note(Vec<usize>);
        impl Pace for Note {
            fn rest(&mut self, done: usize, of: usize) -> io::Result<()> {
                assert!(done < of);
                self.0.push(done);
                Ok(())
            }
        }
        let mut pace = Note(Vec::new());
        let mut work = Work::new(&mut pace, 2 * PIECE + 9);
        let mut made = Vec::new();
        for bytes in [PIECE + 5, 4, PIECE] {
            work.each(bytes, |from, to| {
                made.push((from, to));
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(made, [(0, PIECE), (PIECE, PIECE + 5), (0, 4), (0, PIECE)]);
        assert_eq!(pace.0, [0, PIECE, PIECE + 5, PIECE + 9]);
    }
}
