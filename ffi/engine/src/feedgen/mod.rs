//! `hftz feedgen`: a synthetic venue whose feed is consistent with its books.
//!
//! Seeded flow goes through the matching engine in a closed loop ([`venue`]); what comes out is ITCH 5.0 around a whole small day
//! ([`day`]). Model time decides the bytes, wall time only when they leave ([`pace`]): same seed, same bytes, whatever the rate
//! and the destination ([`crate::output`]).

mod ahead;
mod background;
mod board;
mod config;
mod day;
mod drive;
mod floor;
mod opening;
mod pace;
mod report;
mod tape;
mod validate;
mod venue;

pub use config::{FeedgenConfig, ModelName, SizesName};
pub use venue::Venue;

use crate::output::{Output, Sent};
use crate::run::{Control, Counter, Job, Outcome, Plan, Refusal};
use drive::Drive;
use pace::Pace;
use report::Report;
use std::time::Duration;

/// How long a paced run may catch up after its duration.
const GRACE: Duration = Duration::from_millis(100);

/// Validates a generator's configuration.
///
/// # Errors
/// One line that names the key and the rule.
pub fn plan(mut config: serde_json::Value) -> Result<Plan, String> {
    if let Some(asked) = config.as_object_mut().and_then(|keys| keys.shift_remove("validate")) {
        return validate::plan(asked, &config);
    }
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
        let opened = config.endpoint().map_err(Refusal::new);
        let opened = opened.and_then(|to| Output::open(&config.to, to.as_ref(), &config.sender_options()));
        let mut output = match opened {
            Ok(output) => output,
            Err(refusal) => return refusal.into(),
        };
        control.show(Counter::Goal, venue.day().total.unwrap_or(0));
        // A paced run has its messages counted out and ends by itself; only one that cannot keep up meets its limit.
        let grace = if config.rate.is_some() { GRACE } else { Duration::ZERO };
        let limit = config.duration_ns.map(|ns| Duration::from_nanos(ns).saturating_add(grace));
        let mut pace = config.rate.map(|rate| Pace::start(rate, config.burst()));
        let halt = || control.stopped();
        let mut drive = Drive { venue: &mut venue, control, limit, dropped: 0 };
        let done = match &mut pace {
            None => drive.at_full_speed(&mut output),
            Some(pace) => drive.paced(&mut output, pace),
        };
        let (dropped, interrupted) = (drive.dropped, control.stopped());
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
