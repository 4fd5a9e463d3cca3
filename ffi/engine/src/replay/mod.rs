//! `hftz replay`: real market data in, order books, prints and text out.
//!
//! ```text
//! input --Feed--> batch of Deltas --filter--> books --View--> rows --> fd
//!   BinaryFILE, capture, LOBSTER, UDP      (none for --count-only)
//! ```

mod config;
mod count;
mod depth;
mod directory;
mod feed;
mod filter;
mod finish;
mod machine;
mod memory;
mod output;
mod report;
mod republish;
mod tally;

pub use config::{InputFormat, OnError, Output, OutputFormat, ReplayConfig};

use crate::run::{Control, Job, Outcome, Plan, Status};
use feed::{BinaryFeed, Feed, LiveFeed};
use hftz_net::{Endpoint, Settings};
use hftz_source::{Halt, Sink, SinkError, Stream};
use machine::{Drain, Machine, Pause};
use memory::MemoryReplay;
use republish::Republisher;
use serde_json::Map;
use std::time::Duration;

/// Validates a replay's configuration.
///
/// # Errors
/// One line that names the key and the rule.
pub fn plan(config: serde_json::Value) -> Result<Plan, String> {
    let config: ReplayConfig = serde_json::from_value(config).map_err(|e| e.to_string())?;
    config.check()?;
    if config.input == "memory" {
        memory::check(&config)?;
        return Ok(Plan::Memory(Box::new(MemoryReplay::new(config))));
    }
    Ok(Plan::Threaded(Box::new(Replay(config))))
}

struct Replay(ReplayConfig);

impl Job for Replay {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        let config = self.0;
        let halt = || control.stopped();
        let feed = match open(&config, &halt) {
            Ok(feed) => feed,
            Err(error) => return Outcome::failed(Status::Failed, error, Map::new()),
        };
        if config.count_only {
            return count::run(feed, config.on_error, control);
        }
        let mut sink = match RowSink::open(&config) {
            Ok(sink) => sink,
            Err(error) => return Outcome::failed(Status::Failed, error.to_string(), Map::new()),
        };
        let mut machine = Machine::new(&config, feed);
        if let Some(to) = &config.to {
            match Republisher::open(to, &config) {
                Ok(republisher) => machine.republisher = Some(republisher),
                Err(error) => return Outcome::failed(Status::Failed, error, Map::new()),
            }
        }
        match machine.advance(&mut sink, control) {
            Ok(Pause::Stopped) => machine.report.interrupted = true,
            Ok(Pause::Ended) => {}
            Err(error) => machine.report.sink = Some(error),
        }
        finish::outcome(machine, &config, control)
    }
}

/// Rows to a file or to standard output; nowhere when the run writes no rows.
struct RowSink(Option<Sink>);

impl RowSink {
    fn open(config: &ReplayConfig) -> Result<Self, SinkError> {
        let writes = !matches!(config.output, Output::Summary | Output::Depth);
        Ok(Self(writes.then(|| Sink::create(&config.out)).transpose()?))
    }
}

impl Drain for RowSink {
    fn drain(&mut self, rows: &mut Vec<u8>, halt: Halt<'_>) -> Result<(), SinkError> {
        if let Some(sink) = &mut self.0 {
            sink.write(rows, halt)?;
        }
        rows.clear();
        Ok(())
    }
}

/// Opens the input and chooses the format by what is in it.
fn open(config: &ReplayConfig, halt: Halt<'_>) -> Result<Box<dyn Feed>, String> {
    if Endpoint::looks_like(&config.input) {
        let endpoint = Endpoint::parse(&config.input).map_err(|e| e.to_string())?;
        let settings = Settings { join: config.join(&endpoint), ..Settings::default() };
        let duration = config.duration_ns.map(Duration::from_nanos);
        return Ok(Box::new(LiveFeed::open(&endpoint, settings, duration).map_err(|e| e.to_string())?));
    }
    let stream = Stream::open(&config.input, halt).map_err(|e| e.to_string())?;
    Ok(Box::new(BinaryFeed::new(stream)))
}
