//! `hftz match`: orders in, execution reports out, by the matching engine.
//!
//! ```text
//! bytes --decode--> Inbound --SPSC ring--> engine --reports, feed--> files, MoldUDP64
//! clients                                    \--Outbound--SPSC ring--> clients
//!
//! ingest thread                            matching thread
//! ```
//!
//! Each side is a step function ([`ingest::Ingest`], [`trader::Trader`]) that knows no thread: [`threads`] runs them apart
//! or in turns. A test feeds the same engine from memory ([`memory`]).

mod bell;
mod config;
mod decode;
mod desk;
mod direct;
mod front;
#[cfg(test)]
mod fuzz;
mod gate;
mod history;
mod ingest;
mod lane;
mod listen;
mod log;
mod market;
mod memory;
mod ndjson;
mod numbers;
mod ouch;
mod outgoing;
mod outputs;
mod reader;
mod reports;
mod risk;
mod room;
mod symbols;
mod table;
mod terms;
mod threads;
mod trader;
mod unanswered;
mod vitals;

pub use config::MatchConfig;
pub use history::plan as history_plan;

use crate::run::{Control, Job, Outcome, Plan, Refusal, Status};
use bell::Bell;
use decode::Decoder;
use desk::Desk;
use front::Front;
use hftz_model::Command;
use hftz_source::{SinkError, Stream};
use hftz_velox::host::allowed_cpus;
use ingest::Ingest;
use log::{Log, Recovery};
use market::Origin;
use memory::MemoryMatch;
use ouch::Sessions;
use outputs::{Outputs, Urgency};
use reader::Reader;
use serde_json::{Map, json};
use std::time::Instant;
use terms::Terms;
use threads::{End, run_apart, run_fused};
use trader::{Finished, Trader};

/// Validates an exchange's configuration and makes its engine.
///
/// # Errors
/// One line that names the key and the rule.
pub fn plan(config: serde_json::Value) -> Result<Plan, String> {
    let config: MatchConfig = serde_json::from_value(config).map_err(|e| e.to_string())?;
    config.check()?;
    let terms = Terms::of(&config)?;
    if config.input == "memory" {
        let desk = Desk::new(&config, &terms).map_err(|refusal| refusal.text)?;
        return Ok(Plan::Memory(Box::new(MemoryMatch::new(&config, desk))));
    }
    // A journal brings its own terms and state.
    let recovers = config.journal.as_ref().is_some_and(|journal| journal.recover);
    let desk = match (!recovers).then(|| Desk::first(&config, &terms)).transpose() {
        Ok(desk) => desk,
        Err(refusal) if refusal.status == Status::Unavailable => return Ok(Plan::Threaded(Box::new(refusal))),
        Err(refusal) => return Err(refusal.text),
    };
    Ok(Plan::Threaded(Box::new(Match { config, terms, desk })))
}

struct Match {
    config: MatchConfig,
    terms: Terms,
    /// `None` when it comes from a journal.
    desk: Option<Desk>,
}

impl Job for Match {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        open(*self, control)
            .and_then(|(config, ready, sessions)| Ok(trade(&config, ready, sessions, control)?))
            .unwrap_or_else(|ended| *ended)
    }
}

/// An exchange that is ready: how it was asked for, its desk and outputs, and its OUCH sessions if it has such listeners.
type Opened = (MatchConfig, (Desk, Outputs), Option<Sessions>);

/// Opens the journal and the outputs, in this order: what is refused has cut no file.
fn open(run: Match, control: Control<'_>) -> Result<Opened, Box<Outcome>> {
    let Match { config, terms, mut desk } = run;
    let mut recovery = None;
    if let Some(journal) = &config.journal {
        match &mut desk {
            Some(desk) => desk.attach(Log::create(journal, &terms).map_err(log::refusal)?),
            None => recovery = Some((Recovery::open(&config, journal, &terms)?, journal)),
        }
    }
    let terms = recovery.as_ref().map_or(&terms, |(recovery, _)| recovery.terms());
    let mut sessions = Sessions::of(&config, terms).map_err(Refusal::new)?;
    let mut outputs = Outputs::open(&config)?;
    if let Some((recovery, journal)) = recovery {
        let mut hear = |desk: &mut Desk, command: &Command, origin: Origin, message: &[u8]| match &mut sessions {
            Some(sessions) => sessions.recall(desk, (command, origin), message),
            None => desk.repeat(command, origin),
        };
        let halt = || control.stopped();
        let mut drain = |desk: &mut Desk| {
            outputs.write(desk, Urgency::Busy, &halt).map_err(|error| end_of(End::Sink(error), Map::new()))
        };
        desk = Some(recovery.resume(journal, &mut hear, &mut drain)?);
    }
    let desk = desk.ok_or_else(|| Refusal::new("there is no journal to recover from".to_owned()))?;
    Ok((config, (desk, outputs), sessions))
}

/// Takes the whole input.
///
/// # Errors
/// When an input or output cannot be opened; later failures are in the outcome, beside what was done before.
fn trade(
    config: &MatchConfig,
    (desk, outputs): (Desk, Outputs),
    sessions: Option<Sessions>,
    control: Control<'_>,
) -> Result<Outcome, Refusal> {
    let started = Instant::now();
    let halt = || control.stopped();
    let cpus = allowed_cpus();
    let threads = config.threads.unwrap_or(if config.is_serving() { 2 } else { 1 });
    let apart = threads == 2 && cpus.len() != 1;
    let mut door = None;
    let (Finished { figures: mut result, failed, mail, outputs }, ended) = if !config.is_serving() {
        let reader = Reader::new(Stream::open(&config.input, &halt)?, Decoder::new(config.format), started);
        direct::run(reader, desk, outputs, apart, started, control)
    } else {
        let (producer, consumer) = lane::inbound(config.journal.is_some(), sessions.is_some()).map_err(Refusal::new)?;
        let (front, clients) = Front::open(&config.addresses().map_err(Refusal::new)?, sessions, started)?;
        let ingest: &mut dyn Ingest = door.insert(front);
        let mut trader = Trader::new(desk, outputs, consumer, Some(clients), started);
        // A service owns its processors; in a pipeline the other programs want some too.
        let ended = if apart {
            run_apart(ingest, producer, &mut trader, control, &Bell::default(), cpus.last_chunk().copied())
        } else {
            run_fused(ingest, producer, &mut trader, control, cpus.last().copied())
        };
        (trader.finish(control, &halt), ended)
    };
    result.insert("threads".into(), json!(if apart { 2 } else { 1 }));
    if let Some(front) = &mut door {
        result.insert("clients".into(), front.finish(&mail));
    }
    // A service always ends by being stopped: who lost the last packets may ask for them all the same.
    let hurry = || control.stopped() && !config.is_serving();
    let failed = failed.or_else(|| outputs.finish(&hurry).map(|network| result.extend(network)).err());
    let ended = ended.and(failed.map_or(Ok(()), |error| Err(End::Sink(error))));
    Ok(match ended {
        Ok(()) => Outcome::done(result),
        Err(end) => *end_of(end, result),
    })
}

/// The outcome of a run that ended before its input did.
fn end_of(end: End, result: Map<String, serde_json::Value>) -> Box<Outcome> {
    Box::new(match end {
        End::Input(halted) => {
            let outcome = Outcome::failed(Status::Failed, halted.text, result);
            match halted.hint {
                Some(hint) => outcome.with_hint(hint),
                None => outcome,
            }
        }
        End::Interrupted | End::Sink(SinkError::Stopped) => Outcome::failed(Status::Interrupted, "interrupted", result),
        End::Sink(SinkError::Closed) => Outcome::failed(Status::BrokenPipe, SinkError::Closed.to_string(), result),
        End::Sink(error) => Outcome::failed(Status::Failed, error.to_string(), result),
    })
}
