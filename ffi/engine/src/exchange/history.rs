//! `hftz replay --journal`: every report of a journal again, byte for byte, by the same engine.

use super::config::{MatchConfig, OrderFormat};
use super::desk::Desk;
use super::end_of;
use super::log::{begin, refusal, replay};
use super::outputs::{Outputs, Urgency};
use super::threads::End;
use crate::run::{Control, Counter, Job, Outcome, Plan};
use hftz_journal::{History, Intent};
use serde::Deserialize;
use serde_json::{Map, json};
use std::path::Path;

/// The JSON block of such a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HistoryConfig {
    /// The journal's directory; nobody may be writing it.
    journal: String,
    /// Where the reports go: a path, `-` for standard output, or `none`.
    reports: String,
    #[serde(default)]
    format: OrderFormat,
    /// Read past damage to what was durable: up to it.
    #[serde(default)]
    force: bool,
}

/// Validates the configuration; the journal is opened when the run starts.
///
/// # Errors
/// One line that names the key and the rule.
pub fn plan(config: serde_json::Value) -> Result<Plan, String> {
    let config: HistoryConfig = serde_json::from_value(config).map_err(|e| e.to_string())?;
    Ok(Plan::Threaded(Box::new(config)))
}

impl Job for HistoryConfig {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        again(&self, control).unwrap_or_else(|outcome| *outcome)
    }
}

fn again(config: &HistoryConfig, control: Control<'_>) -> Result<Outcome, Box<Outcome>> {
    let intent = Intent { force: config.force, verify: true, from_start: true };
    let history = History::read(Path::new(&config.journal), intent).map_err(refusal)?;
    let exchange = MatchConfig::reporting(&config.reports, config.format);
    let (history, _, mut desk) = begin(history, &exchange)?;
    let report = history.report().clone();
    let first_report = desk.engine().reports() + 1;
    let mut outputs = Outputs::open(&exchange)?;
    let halt = || control.stopped();
    let mut drain = |desk: &mut Desk| {
        control.show(Counter::Messages, desk.engine().reports());
        control.show(Counter::LiveOrders, u64::from(desk.engine().live_orders()));
        control.tick();
        outputs.write(desk, Urgency::Busy, &halt).map_err(|error| end_of(End::Sink(error), Map::new()))
    };
    let (records, checkpoints) =
        replay(&history, &mut desk, &mut |desk, command, origin, _| desk.repeat(command, origin), &mut drain)?;
    let flushed = outputs.write(&mut desk, Urgency::Idle, &halt);
    let mut result = Map::new();
    let elapsed_ns = control.tick().max(1);
    let engine = desk.engine();
    for (key, value) in [
        ("journal", json!(report.to_string())),
        ("records", json!(records)),
        ("firstReport", json!(first_report)),
        ("checkpoints", json!(checkpoints)),
        ("reports", json!(engine.reports())),
        ("trades", json!(engine.trades())),
        ("live", json!(engine.live_orders())),
        ("hash", json!(format!("{:016x}", engine.state_hash()))),
        ("elapsedNs", json!(elapsed_ns)),
    ] {
        result.insert(key.into(), value);
    }
    match flushed {
        Ok(()) => Ok(Outcome::done(result)),
        Err(error) => Err(end_of(End::Sink(error), result)),
    }
}
