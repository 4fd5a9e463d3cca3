//! `hftz feedgen`: a synthetic venue whose feed is consistent with its books.
//!
//! Seeded flow goes through the matching engine in a closed loop ([`venue`]); what comes out is ITCH 5.0 around a whole small day
//! ([`day`]). Model time decides the bytes, wall time only when they leave ([`pace`]): same seed, same bytes, whatever the rate
//! and the destination ([`output`]).

mod capture;
mod config;
mod day;
mod output;
mod pace;
mod report;
mod tape;
mod venue;

pub use config::{FeedgenConfig, ModelName, SizesName};
pub use venue::Venue;

use crate::run::{Control, Counter, Job, Outcome, Plan, Status};
use hftz_source::SinkError;
use output::{Output, Sent};
use pace::Pace;
use report::Report;
use serde_json::Map;
use std::time::Duration;

/// Bytes handed on at once: large enough that a system call is nothing beside them, small enough to stay in the cache.
const BLOCK: usize = 1 << 18;
/// Commands between two looks at the buffer: what they write fits behind a block without growing it.
const STRIDE: u32 = 64;
/// How long a paced run may catch up after its duration.
const GRACE: Duration = Duration::from_millis(100);

/// Validates a generator's configuration.
///
/// # Errors
/// One line that names the key and the rule.
pub fn plan(config: serde_json::Value) -> Result<Plan, String> {
    let config: FeedgenConfig = serde_json::from_value(config).map_err(|e| e.to_string())?;
    config.check()?;
    let venue = Box::new(Venue::new(&config)?);
    Ok(Plan::Threaded(Box::new(Feedgen { config, venue })))
}

struct Feedgen {
    config: FeedgenConfig,
    venue: Box<Venue>,
}

impl Job for Feedgen {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        let Self { config, mut venue } = *self;
        let mut output = match Output::open(&config) {
            Ok(output) => output,
            Err(error) => return Outcome::failed(Status::Failed, error, Map::new()),
        };
        control.show(Counter::Goal, venue.day().total.unwrap_or(0));
        // A paced run has its messages counted out and ends by itself; only one that cannot keep up meets its limit.
        let grace = if config.rate.is_some() { GRACE } else { Duration::ZERO };
        let limit = config.duration_ns.map(|ns| Duration::from_nanos(ns).saturating_add(grace));
        let mut pace = config.rate.map(Pace::start);
        let halt = || control.stopped();
        let mut run = Run { venue: &mut venue, output: &mut output, control, limit, dropped: 0 };
        let done = match &mut pace {
            None => run.at_full_speed(),
            Some(pace) => run.paced(pace),
        };
        let (dropped, interrupted) = (run.dropped, control.stopped());
        let elapsed_ns = control.tick();
        let written = output.written();
        let ended = output.finish(&halt);
        let (sent, ended) = match ended {
            Ok(sent) => (sent, Ok(())),
            Err(error) => (Sent::Stream, Err(error)),
        };
        let pace = pace.as_ref();
        let report = Report { config: &config, venue: &venue, pace, sent, dropped, written, elapsed_ns };
        report.outcome(done.and(ended), interrupted)
    }
}

/// What moves while a day is written.
struct Run<'a> {
    venue: &'a mut Venue,
    output: &'a mut Output,
    control: Control<'a>,
    limit: Option<Duration>,
    dropped: u64,
}

impl Run<'_> {
    /// Writes block after block.
    fn at_full_speed(&mut self) -> Result<(), SinkError> {
        let halt = || self.control.stopped();
        let mut open = true;
        while open {
            while open && self.venue.pending().len() < BLOCK {
                open = (0..STRIDE).all(|_| self.venue.step());
            }
            self.output.write(self.venue.pending(), &halt)?;
            self.venue.consume(usize::MAX);
            self.show();
            if self.ends() {
                self.venue.close();
                open = false;
                self.output.write(self.venue.pending(), &halt)?;
            }
        }
        self.output.flush()
    }

    /// Writes each message when it is due. Messages are made ahead, so that only their departure is left to do then.
    fn paced(&mut self, pace: &mut Pace) -> Result<(), SinkError> {
        let halt = || self.control.stopped();
        let (mut open, mut departed) = (true, 0);
        loop {
            let mut ends = self.ends();
            if ends && open {
                // What is made leaves; the day then ends without waiting for its closing messages to be due.
                self.dropped = if self.control.stopped() { 0 } else { pace.due().saturating_sub(self.venue.made()) };
                self.venue.close();
                open = false;
            }
            let ahead = pace.due_soon();
            while open && self.venue.made() < ahead && self.venue.pending().len() < BLOCK {
                open = self.venue.step();
            }
            let made = self.venue.made();
            if made == departed && !open {
                return self.output.flush();
            }
            while !ends && !pace.wait_for(departed) {
                self.output.idle()?;
                self.show();
                ends = self.ends();
            }
            let next = if ends { made } else { pace.due().min(made) };
            let bytes = self.venue.bytes_of(next - departed);
            self.output.write(&self.venue.pending()[..bytes], &halt)?;
            self.output.flush()?;
            self.venue.consume(bytes);
            pace.departed(departed, next);
            departed = next;
            self.control.show(Counter::LatenessNs, pace.lateness().max_ns());
            self.show();
        }
    }

    /// Whether somebody, or the clock, wants the run to end.
    fn ends(&self) -> bool {
        self.control.stopped() || self.limit.is_some_and(|limit| Duration::from_nanos(self.control.tick()) >= limit)
    }

    fn show(&self) {
        self.control.tick();
        self.control.show(Counter::Messages, self.venue.publisher.messages());
        self.control.show(Counter::BytesOut, self.output.written());
        self.control.show(Counter::LiveOrders, u64::from(self.venue.engine().live_orders()));
        self.control.show(Counter::ClockNs, self.venue.time_ns());
    }
}
