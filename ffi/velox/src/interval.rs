//! Histograms over time without a pause: the recorder swaps a full histogram for an empty one, both travelling by ring.
//!
//! The hot path neither clears nor copies nor allocates; the other end does, at leisure. When it has given no empty histogram
//! back in time, the interval simply grows longer.

use hftz_clock::Deadline;
use hftz_hist::{Layout, OwnedHistogram};
use hftz_ring::RingError;
use hftz_ring::spsc::{Consumer, Producer, channel};

/// What was recorded between two moments, in ticks.
#[derive(Debug)]
pub struct Interval {
    pub start: u64,
    pub end: u64,
    pub histogram: Box<OwnedHistogram>,
}

/// The recording end.
pub struct IntervalRecorder {
    current: Box<OwnedHistogram>,
    started: u64,
    every: u64,
    full: Producer<Interval>,
    empty: Consumer<Box<OwnedHistogram>>,
}

/// The reading end.
pub struct IntervalEnd {
    full: Consumer<Interval>,
    empty: Producer<Box<OwnedHistogram>>,
}

/// Both ends of a row of intervals of about `every` ticks, the first from `start` on.
///
/// # Errors
/// Those of a ring; its sizes are fixed and valid here.
pub fn intervals(layout: Layout, start: u64, every: u64) -> Result<(IntervalRecorder, IntervalEnd), RingError> {
    // Two histograms travel, and the last comes while the one before it may still lie in the ring.
    let (full_in, full_out) = channel(4)?;
    let (mut empty_in, empty_out) = channel(4)?;
    let fresh = || Box::new(OwnedHistogram::new(layout));
    empty_in.push_from([fresh(), fresh()]);
    let recorder = IntervalRecorder { current: fresh(), started: start, every, full: full_in, empty: empty_out };
    Ok((recorder, IntervalEnd { full: full_out, empty: empty_in }))
}

impl IntervalRecorder {
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.current.record(value);
    }

    /// Ends the interval if it is over and an empty histogram is there to go on with.
    #[inline]
    pub fn rotate(&mut self, now: u64) {
        if Deadline::after(self.started, self.every).passed(now)
            && let Some(fresh) = self.empty.pop()
        {
            self.hand_over(fresh, now);
        }
    }

    fn hand_over(&mut self, fresh: Box<OwnedHistogram>, now: u64) {
        let histogram = std::mem::replace(&mut self.current, fresh);
        let interval = Interval { start: self.started, end: now, histogram };
        self.started = now;
        if let Err(full) = self.full.push(interval) {
            // The ring has a place for every histogram there is, so this does not happen; and if it did, nothing is lost.
            self.current = full.0.histogram;
        }
    }

    /// Ends the last interval.
    pub fn finish(self, now: u64) {
        let Self { current, started, mut full, .. } = self;
        // The ring has a place for every histogram there is; if it had not, the run's balance of latencies would not hold.
        let _ = full.push(Interval { start: started, end: now, histogram: current });
    }
}

impl IntervalEnd {
    /// The next interval that has ended; give its histogram back when done with it.
    pub fn take(&mut self) -> Option<Interval> {
        self.full.pop()
    }

    /// Whether the recorder is gone and every interval was read.
    pub fn is_finished(&mut self) -> bool {
        self.full.is_finished()
    }

    /// Clears a histogram and lets the recorder have it again.
    pub fn give_back(&mut self, mut histogram: Box<OwnedHistogram>) {
        histogram.clear();
        // A recorder that is gone needs none.
        let _ = self.empty.push(histogram);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_interval_also_when_the_reader_sleeps() {
        let layout = Layout::new(2, 1_000).unwrap();
        let (mut recorder, mut end) = intervals(layout, 0, 10).unwrap();
        for now in 0..100 {
            recorder.record(now);
            recorder.rotate(now);
        }
        recorder.finish(100);
        let mut seen = Vec::new();
        while let Some(interval) = end.take() {
            seen.push((interval.start, interval.end, interval.histogram.count()));
            end.give_back(interval.histogram);
        }
        // Two spare histograms: two intervals on time, then a long one.
        assert_eq!(seen, [(0, 10, 11), (10, 20, 10), (20, 100, 79)]);
        assert!(end.is_finished());
    }

    #[test]
    fn intervals_go_on_when_histograms_are_given_back() {
        let layout = Layout::new(2, 1_000).unwrap();
        let (mut recorder, mut end) = intervals(layout, 0, 10).unwrap();
        let mut count = 0;
        for now in 1..=1_000 {
            recorder.record(now);
            recorder.rotate(now);
            if let Some(interval) = end.take() {
                assert_eq!(interval.histogram.count(), 10);
                end.give_back(interval.histogram);
                count += 1;
            }
        }
        assert_eq!(count, 100);
    }
}
