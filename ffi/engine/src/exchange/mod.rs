//! `hftz match`: orders in, execution reports out, by the matching engine.
//!
//! ```text
//! input --decode--> Command --> engine --reports--> bytes out
//!  native, NDJSON                  \--shown book--> ITCH
//! ```
//!
//! The same loop serves a pipe, a file and the caller's memory: [`Desk`] takes bytes and gives bytes and knows neither.

mod config;
mod desk;
#[cfg(test)]
mod fuzz;
mod history;
mod log;
mod memory;
mod ndjson;
mod symbols;
mod terms;

pub use config::MatchConfig;
pub use history::plan as history_plan;

use crate::run::{Control, Counter, Job, Outcome, Plan, Refusal, Status};
use desk::{Desk, Halted};
use hftz_source::{Fill, Sink, SinkError, Stream};
use log::{Log, Recovery};
use memory::MemoryMatch;
use serde_json::Map;
use terms::Terms;

/// Output is handed on in blocks of about this many bytes.
const BLOCK: usize = 128 * 1024;

/// Validates an exchange's configuration and makes its engine.
///
/// # Errors
/// One line that names the key and the rule.
pub fn plan(config: serde_json::Value) -> Result<Plan, String> {
    let config: MatchConfig = serde_json::from_value(config).map_err(|e| e.to_string())?;
    config.check()?;
    let terms = Terms::of(&config)?;
    let desk = Desk::new(&config, &terms)?;
    Ok(if config.input == "memory" {
        Plan::Memory(Box::new(MemoryMatch::new(desk)))
    } else {
        Plan::Threaded(Box::new(Match { config, terms, desk }))
    })
}

struct Match {
    config: MatchConfig,
    terms: Terms,
    desk: Desk,
}

impl Job for Match {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        open(*self, control)
            .and_then(|(config, desk, outputs)| Ok(trade(&config, desk, outputs, control)?))
            .unwrap_or_else(|ended| *ended)
    }
}

/// Opens the journal and the outputs, in this order: what is refused has cut no file.
fn open(run: Match, control: Control<'_>) -> Result<(MatchConfig, Desk, Outputs), Box<Outcome>> {
    let Match { config, terms, mut desk } = run;
    let recovery = match &config.journal {
        Some(journal) if journal.recover => Some((Recovery::open(&config, journal)?, journal)),
        Some(journal) => {
            desk.attach(Log::create(journal, &terms.to_bytes()).map_err(log::refusal)?);
            None
        }
        None => None,
    };
    let mut outputs = Outputs::open(&config)?;
    if let Some((recovery, journal)) = recovery {
        let halt = || control.stopped();
        let mut drain =
            |desk: &mut Desk| outputs.write(desk, BLOCK, &halt).map_err(|error| end_of(End::Sink(error), Map::new()));
        desk = recovery.resume(journal, &mut drain)?;
    }
    Ok((config, desk, outputs))
}

/// Takes the whole input.
///
/// # Errors
/// When an input or output cannot be opened; later failures are in the outcome, beside what was done before.
fn trade(config: &MatchConfig, mut desk: Desk, mut outputs: Outputs, control: Control<'_>) -> Result<Outcome, Refusal> {
    let halt = || control.stopped();
    let mut stream = Stream::open(&config.input, &halt)?;
    let ended = loop {
        let taken = desk.take(stream.window(), stream.offset());
        let (consumed, halted) = match taken {
            Ok(consumed) => (consumed, None),
            Err(halted) => (halted.consumed, Some(halted)),
        };
        stream.consume(consumed);
        // Everything, because the next read may wait for a client who waits for these reports.
        if let Err(error) = desk.settle().and_then(|()| outputs.write(&mut desk, 0, &halt)) {
            break Err(End::Sink(error));
        }
        show(&desk, &stream, control);
        if let Some(halted) = halted {
            break Err(End::Input(halted));
        }
        if control.stopped() {
            break Err(End::Interrupted);
        }
        if stream.ended() {
            break desk.finish(stream.window(), stream.offset()).map_err(End::Input);
        }
        match stream.fill(&halt) {
            Ok(Fill::More | Fill::End) => {}
            Ok(Fill::Stopped) => break Err(End::Interrupted),
            Err(error) => break Err(End::Input(Halted { consumed: 0, text: error.to_string() })),
        }
    };
    desk.close();
    let flushed = desk.settle().and_then(|()| outputs.write(&mut desk, 0, &halt));
    let mut result = desk.figures(control);
    let (journal, closed) = desk.close_log();
    if let Some(journal) = journal {
        result.insert("journal".into(), journal);
    }
    Ok(match ended.and(flushed.map_err(End::Sink)).and(closed.map_err(End::Sink)) {
        Ok(()) => Outcome::done(result),
        Err(end) => *end_of(end, result),
    })
}

/// The outcome of a run that ended before its input did.
fn end_of(end: End, result: Map<String, serde_json::Value>) -> Box<Outcome> {
    Box::new(match end {
        End::Input(halted) => Outcome::failed(Status::Failed, halted.text, result),
        End::Interrupted | End::Sink(SinkError::Stopped) => Outcome::failed(Status::Interrupted, "interrupted", result),
        End::Sink(SinkError::Closed) => Outcome::failed(Status::BrokenPipe, SinkError::Closed.to_string(), result),
        End::Sink(error) => Outcome::failed(Status::Failed, error.to_string(), result),
    })
}

/// Why trading ended before the input did.
enum End {
    Input(Halted),
    Sink(SinkError),
    Interrupted,
}

fn show(desk: &Desk, stream: &Stream, control: Control<'_>) {
    control.show(Counter::Messages, desk.commands());
    control.show(Counter::Trades, desk.engine().trades());
    control.show(Counter::LiveOrders, u64::from(desk.engine().live_orders()));
    control.show(Counter::BytesIn, stream.taken());
    control.show(Counter::BytesTotal, stream.size().unwrap_or(0));
    control.tick();
}

/// Where reports and the feed go; nowhere when nobody wants them.
struct Outputs {
    reports: Option<Sink>,
    feed: Option<Sink>,
}

impl Outputs {
    fn open(config: &MatchConfig) -> Result<Self, Refusal> {
        let reports = (config.reports != "none").then(|| Sink::create(&config.reports)).transpose()?;
        let feed = config.feed_file().map(Sink::create).transpose()?;
        Ok(Self { reports, feed })
    }

    /// Writes what is waiting, if it is at least `least` bytes.
    fn write(&mut self, desk: &mut Desk, least: usize, halt: hftz_source::Halt<'_>) -> Result<(), SinkError> {
        if let Some(sink) = &mut self.reports
            && desk.reports().len() > least
        {
            sink.write(desk.reports(), halt)?;
            desk.clear_reports();
        }
        if let Some(sink) = &mut self.feed
            && desk.feed().len() > least
        {
            sink.write(desk.feed(), halt)?;
            desk.clear_feed();
        }
        Ok(())
    }
}
