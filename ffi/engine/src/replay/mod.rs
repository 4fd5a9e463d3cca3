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
mod verify;

pub use config::{InputFormat, OnError, Output, OutputFormat, ReplayConfig};
pub use depth::book_json;
pub use directory::Directory;

use crate::run::{Control, Job, Outcome, Plan, Refusal};
use feed::{BinaryFeed, CaptureFeed, Feed, LiveFeed, LobsterFeed};
use hftz_net::{Endpoint, Settings};
use hftz_source::{Halt, Sink, SinkError, Stream};
use hftz_wire::{Format, detect};
use machine::{Drain, Machine, Pause};
use memory::MemoryReplay;
use republish::Republisher;
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
        self.replay(control).unwrap_or_else(Outcome::from)
    }
}

impl Replay {
    /// # Errors
    /// When an input or output cannot be opened; later failures are in the outcome, beside what was done before.
    fn replay(self, control: Control<'_>) -> Result<Outcome, Refusal> {
        let config = self.0;
        // A live feed watches its own time: at its end it asks for nothing more, and gives what waited behind a gap.
        let length = config.duration_ns.filter(|_| !Endpoint::looks_like(&config.input)).map(Duration::from_nanos);
        let control = control.lasting(length);
        if let Some(books) = &config.verify {
            return verify::run(&config, books, control);
        }
        let feed = open(&config, &|| control.over())?;
        if config.count_only {
            return Ok(count::run(feed, config.on_error, control));
        }
        let mut sink = RowSink::open(&config)?;
        let mut machine = Machine::new(&config, feed);
        machine.republisher = config.to.as_deref().map(|to| Republisher::open(to, &config)).transpose()?;
        match machine.advance(&mut sink, control) {
            Ok(Pause::Stopped) => machine.report.stop(control),
            Ok(Pause::Ended) => {}
            Err(error) => machine.report.sink = Some(error),
        }
        Ok(finish::outcome(machine, &config, control))
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
fn open(config: &ReplayConfig, halt: Halt<'_>) -> Result<Box<dyn Feed>, Refusal> {
    if Endpoint::looks_like(&config.input) {
        let endpoint = Endpoint::parse(&config.input)?;
        let settings = Settings { join: config.join(&endpoint), ..Settings::default() };
        let duration = config.duration_ns.map(Duration::from_nanos);
        return Ok(Box::new(LiveFeed::open(&endpoint, settings, duration)?));
    }
    let mut stream = Stream::open(&config.input, halt)?;
    let found = detect(stream.head(halt)?);
    let format = config.format.map(Format::from).or(found);
    match format {
        Some(Format::LobsterMessages) => Ok(Box::new(LobsterFeed::new(stream))),
        Some(Format::LobsterOrderbook) => Err(Refusal::new(format!("{} is a LOBSTER orderbook file", stream.name()))
            .with_hint("replay its message file and give this one to --verify")),
        Some(Format::BinaryFile) => Ok(Box::new(BinaryFeed::new(stream))),
        Some(Format::Pcap | Format::Pcapng) => Ok(Box::new(CaptureFeed::new(stream))),
        // Left before enough came to tell: what there is ends as any other input that was left.
        None if halt() && !stream.ended() => Ok(Box::new(BinaryFeed::new(stream))),
        None if stream.window().is_empty() => Err(Refusal::new(format!("{} is empty", stream.name()))),
        None => Err(Refusal::new(format!("{} is in no format that hftz reads", stream.name()))
            .with_hint("ITCH 5.0 day files (gzip or not), pcap, pcapng and LOBSTER message files are; --format says which one it is")),
    }
}
