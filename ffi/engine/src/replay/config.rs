//! What a replay is asked to do, as it comes through the door.

use hftz_net::{Endpoint, Join};
use hftz_source::clash;
use hftz_wire::Format;
use serde::Deserialize;

/// The JSON block of a replay run. Keys that are not listed here are refused by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayConfig {
    /// A path, `-` for standard input, a `udp://` URL, or `memory` to be fed call by call.
    pub input: String,
    /// Overrides what the content says.
    pub format: Option<InputFormat>,
    #[serde(default)]
    pub output: Output,
    #[serde(default)]
    pub output_format: OutputFormat,
    /// Where the output goes: `-` is standard output.
    #[serde(default = "standard_output")]
    pub out: String,
    /// Only these symbols; all when empty.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Levels of each side in the depth output.
    #[serde(default = "ten")]
    pub depth: u32,
    /// Stop before the first message later than this, nanoseconds since midnight.
    pub at: Option<u64>,
    pub on_error: Option<OnError>,
    /// Whether the result carries the state hash of all books.
    #[serde(default)]
    pub hash: bool,
    /// Walk and count messages, build no books.
    #[serde(default)]
    pub count_only: bool,
    /// A LOBSTER orderbook file to compare with, row by row.
    pub verify: Option<String>,
    /// Speed of a re-publication as a multiple of the original; as fast as possible when absent.
    pub pace: Option<f64>,
    /// Where to publish the messages again: a `udp://` URL or a file.
    pub to: Option<String>,
    /// Ends the replay after so long, if the input has not ended before.
    pub duration_ns: Option<u64>,
}

fn standard_output() -> String {
    "-".into()
}

const fn ten() -> u32 {
    10
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputFormat {
    Itch,
    Pcap,
    Pcapng,
    Lobster,
}

impl From<InputFormat> for Format {
    fn from(format: InputFormat) -> Self {
        match format {
            InputFormat::Itch => Self::BinaryFile,
            InputFormat::Pcap => Self::Pcap,
            InputFormat::Pcapng => Self::Pcapng,
            InputFormat::Lobster => Self::LobsterMessages,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// Only the result block.
    #[default]
    Summary,
    /// Every message as text.
    Messages,
    /// Every change of the top of a book.
    Bbo,
    Trades,
    /// The books at one moment, in the result block.
    Depth,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    #[default]
    Csv,
    Ndjson,
}

/// What to do about bytes that break a framing rule and about messages that make no sense to the book. Without it framing
/// faults stop and book anomalies are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The first of either kind ends the run.
    Stop,
    /// What breaks a rule has no effect at all; go on behind it.
    Skip,
    /// Count it, apply what still makes sense (an execution beyond what is open takes what is open), go on.
    Count,
}

impl ReplayConfig {
    /// Where a live session is joined: with somebody to ask, from its first message on; else as it is found.
    #[must_use]
    pub fn join(&self, endpoint: &Endpoint) -> Join {
        if endpoint.request.is_some() { Join::First } else { Join::Current }
    }

    /// # Errors
    /// The combination that makes no sense, in the words of the command line.
    pub fn check(&self) -> Result<(), String> {
        let publishes = self.to.is_some();
        if self.pace.is_some_and(|pace| !pace.is_finite() || pace <= 0.0) {
            return Err("the pace must be a positive number".into());
        }
        if self.pace.is_some() && !publishes {
            return Err("a pace needs somewhere to publish to: add --to".into());
        }
        if self.count_only && (self.output != Output::Summary || self.hash || publishes || self.verify.is_some()) {
            return Err("--count-only builds no books and writes no messages: leave out the other outputs".into());
        }
        if self.verify.is_some() && (self.output != Output::Summary || publishes || !self.symbols.is_empty()) {
            return Err("--verify compares a whole file: leave out the other outputs and --symbol".into());
        }
        for url in [Some(&self.input), self.to.as_ref()].into_iter().flatten().filter(|text| text.contains("://")) {
            Endpoint::parse(url).map_err(|e| match e.hint {
                Some(hint) => format!("{}; {hint}", e.what),
                None => e.what,
            })?;
        }
        let writes = !matches!(self.output, Output::Summary | Output::Depth);
        let outputs: Vec<&str> = self.to.as_deref().into_iter().chain(writes.then_some(self.out.as_str())).collect();
        if let Some(output) = clash(&[&self.input], &outputs) {
            return Err(format!("{output} is the input too, or another output: it would be cut before it is read"));
        }
        if self.duration_ns == Some(0) {
            return Err("the duration must be above 0".into());
        }
        if self.depth == 0 {
            return Err("the depth must be at least 1".into());
        }
        if let Some(long) = self.symbols.iter().find(|s| s.is_empty() || s.len() > 8) {
            return Err(format!("\"{long}\" is no symbol: symbols have 1 to 8 characters"));
        }
        Ok(())
    }
}
