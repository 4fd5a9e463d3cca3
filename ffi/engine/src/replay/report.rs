//! The end of a replay: what went wrong on the way, and the block of figures.

use super::config::OnError;
use super::feed::{Fault, Feed};
use super::tally::Tally;
use crate::run::{Control, Outcome, Status};
use hftz_book::replica::Books;
use hftz_model::Delta;
use hftz_source::{Gzip, SinkError};
use hftz_wire::itch::{TYPES, TypeCounts};
use serde_json::{Map, Value, json};

/// How a replay went, gathered on the way.
#[derive(Default)]
pub struct Report {
    /// Framing rules that were broken.
    pub faults: Tally,
    /// The fault that ended the run.
    pub fatal: Option<Fault>,
    /// The output failed.
    pub sink: Option<SinkError>,
    pub interrupted: bool,
    /// The run had a length, and its end came before that of the input.
    pub timed_out: bool,
}

impl Report {
    /// The run was left before its input ended: because somebody asked for that, or its time was up.
    pub fn stop(&mut self, control: Control<'_>) {
        self.interrupted |= control.stopped();
        self.timed_out |= !control.stopped();
    }

    /// Counts a fault. `false`: the reading ends here, as a failure unless the user asked to pass over faults.
    pub fn pass_over(&mut self, fault: Fault, on_error: Option<OnError>) -> bool {
        self.faults.add(fault.rule, fault.offset, || fault.text.clone());
        let tolerated = matches!(on_error, Some(OnError::Skip | OnError::Count)) && fault.rule != Fault::UNREADABLE;
        let goes_on = tolerated && fault.passable;
        if !tolerated {
            self.fatal = Some(fault);
        }
        goes_on
    }

    /// At the end of an input: bytes behind its gzip data are passed over and counted, as by gzip(1), unless the user wants the
    /// first broken rule to count.
    pub fn close(&mut self, gzip: Option<Gzip>, on_error: Option<OnError>) {
        let Some(fault) = gzip.and_then(|gzip| gzip.trailing).map(Fault::behind) else { return };
        self.faults.add(fault.rule, fault.offset, || fault.text.clone());
        if on_error == Some(OnError::Stop) && self.fatal.is_none() {
            self.fatal = Some(fault);
        }
    }

    /// Status, error and hint of the run with these figures.
    #[must_use]
    pub fn outcome(self, result: Map<String, Value>) -> Outcome {
        if let Some(error) = self.sink {
            let status = match error {
                SinkError::Closed => Status::BrokenPipe,
                SinkError::Stopped => Status::Interrupted,
                SinkError::Open { .. } | SinkError::Write { .. } => Status::Failed,
            };
            return Outcome::failed(status, error.to_string(), result);
        }
        if let Some(fault) = self.fatal {
            let outcome = Outcome::failed(Status::Failed, fault.text, result);
            return match (fault.rule, fault.passable) {
                ("zero-length", _) if fault.offset == 0 => outcome.with_hint(
                    "every record must carry its length; this file was probably written by a tool that leaves the prefix zero",
                ),
                (_, true) => outcome.with_hint("what came before is kept; --on-error skip goes on behind the bad record"),
                _ => outcome,
            };
        }
        if self.interrupted {
            return Outcome::failed(Status::Interrupted, "interrupted", result);
        }
        Outcome::done(result)
    }
}

/// The fault that a message which does not fit its book makes under `--on-error stop`.
pub fn anomaly(feed: &dyn Feed, books: &Books, delta: &Delta) -> Fault {
    let kind = books.anomalies().iter().find(|(_, tally)| tally.count > 0 && tally.first_offset == delta.offset);
    let rule = kind.map_or("anomaly", |(kind, _)| kind.name());
    let offset = feed.record_at(delta.offset);
    let text = format!(
        "offset {offset}: {}: message '{}' with reference {} at locate {}",
        rule.replace('-', " "),
        delta.kind.escape_ascii(),
        delta.reference,
        delta.locate
    );
    Fault { offset, rule, text, passable: true }
}

/// Figures every replay has: input, counts by type, faults, rate.
pub fn figures(feed: &dyn Feed, counts: &TypeCounts, report: &Report, control: Control<'_>) -> Map<String, Value> {
    let elapsed_ns = control.tick().max(1);
    let messages = counts.total();
    let by_type: Map<String, Value> = TYPES
        .iter()
        .map(|&(kind, ..)| (char::from(kind).to_string(), json!(counts.of(kind))))
        .filter(|(_, count)| count != &json!(0))
        .collect();
    let mut result = Map::new();
    feed.facts(&mut result);
    if let Some(Gzip { waited_ns, .. }) = feed.gzip() {
        // Inflating has a thread of its own; when this one waits for it most of the time, nothing here could be faster.
        let limit = waited_ns > elapsed_ns / 2;
        result.insert("inflate".into(), json!({"waitedNs": waited_ns, "limit": limit}));
    }
    if report.timed_out {
        result.insert("timedOut".into(), json!(true));
    }
    result.insert("messages".into(), json!(messages));
    result.insert("byType".into(), Value::Object(by_type));
    result.insert("bytesIn".into(), json!(feed.taken()));
    result.insert("faults".into(), report.faults.to_json());
    result.insert("elapsedNs".into(), json!(elapsed_ns));
    result.insert("messagesPerSec".into(), json!(per_second(messages, elapsed_ns)));
    result.insert("bytesPerSec".into(), json!(per_second(feed.taken(), elapsed_ns)));
    result
}

/// The outcome of a replay that has nothing to add.
pub fn outcome(feed: &dyn Feed, counts: &TypeCounts, report: Report, control: Control<'_>) -> Outcome {
    let result = figures(feed, counts, &report, control);
    report.outcome(result)
}

fn per_second(count: u64, elapsed_ns: u64) -> u64 {
    u64::try_from(u128::from(count) * 1_000_000_000 / u128::from(elapsed_ns)).unwrap_or(u64::MAX)
}
