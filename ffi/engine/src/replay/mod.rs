//! `hftz replay`: real market data in, order books, prints and text out.
//!
//! ```text
//! input --Feed--> batch of Deltas --filter--> books --View--> rows --> fd
//!   BinaryFILE, capture, LOBSTER, UDP      (none for --count-only)
//! ```

mod config;
mod count;
mod directory;
mod feed;
mod output;
mod report;
mod tally;

pub use config::{InputFormat, OnError, Output, OutputFormat, ReplayConfig};

use crate::run::{Control, Job, Outcome, Plan, Status};
use feed::{BinaryFeed, Feed};
use hftz_source::{SourceError, Stream};
use serde_json::Map;

/// Validates a replay's configuration.
///
/// # Errors
/// One line that names the key and the rule.
pub fn plan(config: serde_json::Value) -> Result<Plan, String> {
    let config: ReplayConfig = serde_json::from_value(config).map_err(|e| e.to_string())?;
    config.check()?;
    Ok(Plan::Threaded(Box::new(Replay(config))))
}

struct Replay(ReplayConfig);

impl Job for Replay {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        let halt = || control.stopped();
        let feed = match open(&self.0, &halt) {
            Ok(feed) => feed,
            Err(error) => return Outcome::failed(Status::Failed, error.to_string(), Map::new()),
        };
        count::run(feed, self.0.on_error, control)
    }
}

/// Opens the input and chooses the format by what is in it.
fn open(config: &ReplayConfig, halt: hftz_source::Halt<'_>) -> Result<Box<dyn Feed>, SourceError> {
    let stream = Stream::open(&config.input, halt)?;
    Ok(Box::new(BinaryFeed::new(stream)))
}
