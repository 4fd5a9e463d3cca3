//! Holds outputs back until the log has on disk what they tell of, while matching goes on.
//!
//! Outputs grow at their ends. After each step a mark says how long each of them was and which record of the log came last; when
//! that record is durable, everything before the mark may leave. Lengths count from the start of the run, so that a mark stays
//! true while the front is taken away.

use std::collections::VecDeque;

/// How much there was of each output, and of commands, from the start of the run.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Extent {
    /// Bytes of reports for the file or pipe.
    pub reports: u64,
    /// Reports for clients.
    pub events: u64,
    /// Bytes of reports for the network.
    pub framed: u64,
    /// Bytes of the feed.
    pub feed: u64,
    /// Bytes of messages for OUCH clients.
    pub mail: u64,
    pub commands: u64,
}

/// The marks that wait for the log, the oldest first.
#[derive(Default)]
pub struct Gate {
    marks: VecDeque<(u64, Extent)>,
    free: Extent,
}

impl Gate {
    /// Everything up to `end` leaves once record `sequence` is durable.
    pub fn mark(&mut self, sequence: u64, end: Extent) {
        self.marks.push_back((sequence, end));
    }

    /// Lets out what the records up to `durable` allow.
    pub fn open(&mut self, durable: u64) {
        while let Some((_, end)) = self.marks.front().copied().filter(|(sequence, _)| *sequence <= durable) {
            self.free = end;
            self.marks.pop_front();
        }
    }

    /// How much of each output may leave or has left.
    #[must_use]
    pub const fn free(&self) -> &Extent {
        &self.free
    }

    /// The record that the next ones to leave wait for.
    #[must_use]
    pub fn waits_for(&self) -> Option<u64> {
        self.marks.front().map(|(sequence, _)| *sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(commands: u64) -> Extent {
        Extent { commands, reports: commands * 48, ..Extent::default() }
    }

    #[test]
    fn what_a_record_caused_leaves_when_that_record_is_durable_and_not_before() {
        let mut gate = Gate::default();
        for sequence in [3, 3, 7, 9] {
            gate.mark(sequence, after(sequence));
        }
        gate.open(2);
        assert_eq!((*gate.free(), gate.waits_for()), (Extent::default(), Some(3)));
        gate.open(8);
        assert_eq!((*gate.free(), gate.waits_for()), (after(7), Some(9)));
        gate.open(9);
        assert_eq!((*gate.free(), gate.waits_for()), (after(9), None));
    }
}
