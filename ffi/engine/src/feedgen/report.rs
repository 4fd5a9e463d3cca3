//! The result block of a generator.

use super::config::FeedgenConfig;
use super::pace::Pace;
use super::venue::Venue;
use crate::output::{Sent, network_json};
use crate::run::{Outcome, Status};
use hftz_source::SinkError;
use hftz_wire::itch::TYPES;
use serde_json::{Map, Value, json};

/// What there is to say when a run has ended, however it did.
pub struct Report<'a> {
    pub config: &'a FeedgenConfig,
    pub venue: &'a Venue,
    pub pace: Option<&'a Pace>,
    pub sent: Sent,
    /// Messages that were due and never made, because the machine could not keep up until the end.
    pub dropped: u64,
    pub written: u64,
    pub elapsed_ns: u64,
}

impl Report<'_> {
    /// The end of the run.
    pub fn outcome(&self, done: Result<(), SinkError>, interrupted: bool) -> Outcome {
        let result = self.figures();
        match done {
            Err(SinkError::Closed) => Outcome::failed(Status::BrokenPipe, SinkError::Closed.to_string(), result),
            Err(SinkError::Stopped) => Outcome::failed(Status::Interrupted, SinkError::Stopped.to_string(), result),
            Err(error) => Outcome::failed(Status::Failed, error.to_string(), result),
            Ok(()) if interrupted => Outcome::failed(Status::Interrupted, "interrupted", result),
            Ok(()) => Outcome::done(result),
        }
    }

    fn figures(&self) -> Map<String, Value> {
        let publisher = self.venue.publisher();
        let by_type: Map<String, Value> = TYPES
            .iter()
            .map(|&(kind, ..)| (char::from(kind).to_string(), publisher.messages_of(kind)))
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| (kind, json!(count)))
            .collect();
        let seconds = self.elapsed_ns.max(1) as f64 / 1e9;
        let mut result = Map::new();
        result.insert("to".into(), json!(self.config.to));
        result.insert("messages".into(), json!(publisher.messages()));
        result.insert("byType".into(), Value::Object(by_type));
        result.insert("bytesOut".into(), json!(self.written));
        result.insert("commands".into(), json!(self.venue.commands()));
        result.insert("symbols".into(), json!(self.config.symbols));
        result.insert("seed".into(), exact(self.config.seed));
        result.insert("activity".into(), json!(self.venue.day().activity));
        result.insert("lastClockNs".into(), json!(self.venue.time_ns()));
        result.insert("liveOrders".into(), json!(self.venue.engine().live_orders()));
        result.insert("hash".into(), json!(format!("{:016x}", self.venue.engine().books_hash())));
        result.insert("isa".into(), json!(hftz_isa::name(self.venue.engine().runs_on())));
        result.insert("elapsedNs".into(), json!(self.elapsed_ns));
        result.insert("messagesPerSec".into(), json!((publisher.messages() as f64 / seconds) as u64));
        if let (Some(rate), Some(pace)) = (self.config.rate, self.pace) {
            let faster = self.config.burst().map_or(1.0, |burst| burst.mean());
            result.insert("offeredPerSec".into(), json!(rate * faster));
            result.insert("dropped".into(), json!(self.dropped));
            result.insert("lateness".into(), lateness(pace));
        }
        match &self.sent {
            Sent::Stream => {}
            Sent::Capture(packets) => drop(result.insert("packets".into(), json!(packets))),
            Sent::Network(network) => drop(result.insert("network".into(), network_json(network))),
        }
        result
    }
}

fn lateness(pace: &Pace) -> Value {
    let late = pace.lateness();
    json!({
        "meanNs": late.mean_ns() as u64,
        "p50Ns": late.quantile_ns(0.5),
        "p90Ns": late.quantile_ns(0.9),
        "p99Ns": late.quantile_ns(0.99),
        "p999Ns": late.quantile_ns(0.999),
        "maxNs": late.max_ns(),
    })
}

/// A number as JSON carries it exactly: as text above 2^53.
pub fn exact(value: u64) -> Value {
    if value > 1 << 53 { json!(value.to_string()) } else { json!(value) }
}
