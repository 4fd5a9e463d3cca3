//! What drives a day out of the venue: block after block, or message by message on a schedule.

use super::background::Background;
use super::pace::Pace;
use super::venue::Venue;
use crate::output::Output;
use crate::run::{Control, Counter};
use hftz_source::{Sink, SinkError};
use std::time::Duration;

/// Bytes handed on at once: large enough that a system call is nothing beside them, small enough that they stay in the cache of a
/// core.
const BLOCK: usize = 1 << 17;
/// Bytes handed to the writing thread at once. Each hand-over wakes it, and where cores are few it takes the maker's: a tenth of
/// all time with blocks an eighth of this size, and no more is won with larger ones.
const STREAM_BLOCK: usize = 1 << 20;

/// A venue, and who and what may end its day early.
pub struct Drive<'a> {
    pub venue: &'a mut Venue,
    pub control: Control<'a>,
    pub limit: Option<Duration>,
    /// Messages that were due and never made, because the machine could not keep up until the end.
    pub dropped: u64,
}

impl Drive<'_> {
    /// Writes as fast as the destination takes it.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn at_full_speed(&mut self, output: &mut Output) -> Result<(), SinkError> {
        if let Output::Stream(sink) = output {
            return self.streaming(sink);
        }
        let control = self.control;
        let halt = move || control.stopped();
        let mut open = true;
        while open {
            open = self.fill(BLOCK);
            output.write(self.venue.pending(), &halt)?;
            self.venue.consume(usize::MAX);
            self.show(0, output.written());
        }
        output.flush()
    }

    /// Byte streams are written on another thread.
    fn streaming(&mut self, sink: &mut Sink) -> Result<(), SinkError> {
        let control = self.control;
        let halt = move || control.stopped();
        std::thread::scope(|scope| {
            let mut writer = Background::start(scope, sink, &halt)?;
            let (mut open, mut handed, mut empty) = (true, 0, Vec::new());
            while open {
                open = self.fill(STREAM_BLOCK);
                let block = self.venue.exchange(empty);
                handed += block.1 as u64;
                empty = writer.write(block)?;
                self.show(0, handed);
            }
            writer.finish()
        })
    }

    /// Makes about as many bytes; false when the day is over.
    fn fill(&mut self, bytes: usize) -> bool {
        let mut open = true;
        while open && self.venue.pending().len() < bytes {
            open = self.venue.stride();
        }
        if open && self.ends() {
            self.venue.close();
            open = false;
        }
        open
    }

    /// Writes each message when it is due. Messages are made ahead, so that only their departure is left to do then.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn paced(&mut self, output: &mut Output, pace: &mut Pace) -> Result<(), SinkError> {
        let control = self.control;
        let halt = move || control.stopped();
        let (mut open, mut departed) = (true, 0);
        loop {
            let mut ends = self.ends();
            if ends && open {
                // What is made leaves; the day then ends without waiting for its closing messages to be due.
                self.dropped = if control.stopped() { 0 } else { pace.due().saturating_sub(self.venue.made()) };
                self.venue.close();
                open = false;
            }
            let ahead = pace.due_soon();
            while open && self.venue.made() < ahead && self.venue.pending().len() < BLOCK {
                open = self.venue.step();
            }
            let made = self.venue.made();
            if made == departed && !open {
                return output.flush();
            }
            while !ends && !pace.wait_for(departed) {
                output.idle()?;
                self.show(made - departed, output.written());
                ends = self.ends();
            }
            let next = if ends { made } else { pace.due().min(made) };
            let bytes = self.venue.bytes_of(next - departed);
            output.write(&self.venue.pending()[..bytes], &halt)?;
            output.flush()?;
            self.venue.consume(bytes);
            pace.departed(departed, next);
            departed = next;
            control.show(Counter::LatenessNs, pace.lateness().max_ns());
            self.show(made - departed, output.written());
        }
    }

    /// Whether somebody, or the clock, wants the run to end.
    fn ends(&self) -> bool {
        self.control.stopped() || self.limit.is_some_and(|limit| Duration::from_nanos(self.control.tick()) >= limit)
    }

    /// Shows how far the day is; `waiting` messages are made and not due.
    fn show(&self, waiting: u64, bytes: u64) {
        self.control.tick();
        self.control.show(Counter::Messages, self.venue.publisher().messages().saturating_sub(waiting));
        self.control.show(Counter::BytesOut, bytes);
        self.control.show(Counter::LiveOrders, u64::from(self.venue.engine().live_orders()));
        self.control.show(Counter::ClockNs, self.venue.time_ns());
    }
}
