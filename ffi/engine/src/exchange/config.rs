//! What an exchange is asked to do, as it comes through the door.

use hftz_model::SelfTradeMode;
use hftz_source::clash;
use serde::{Deserialize, Serialize};

/// The JSON block of a match run. Keys that are not listed here are refused by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchConfig {
    /// A path, `-` for standard input, or `memory` to be fed call by call.
    pub input: String,
    /// Of orders and reports alike.
    #[serde(default)]
    pub format: OrderFormat,
    /// Where the reports go: a path, `-` for standard output, or `none`.
    #[serde(default = "standard_output")]
    pub reports: String,
    /// Where the feed goes: `itch+file:PATH`.
    #[serde(default)]
    pub publish: Vec<String>,
    /// A symbol table; without one any symbol number is accepted, with tick 1 and lot 1.
    pub symbols: Option<String>,
    /// Live orders the engine has room for.
    #[serde(default = "million")]
    pub capacity: u32,
    /// The mode of orders that bring none.
    #[serde(default)]
    pub self_trade: SelfTrade,
    /// The write-ahead log, if there is one.
    pub journal: Option<LogConfig>,
}

/// How commands are logged.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogConfig {
    /// The journal's directory.
    pub path: String,
    /// Replay what is there and go on, instead of beginning in an empty directory.
    #[serde(default)]
    pub recover: bool,
    /// Check the whole log before it is used.
    #[serde(default)]
    pub verify: bool,
    /// Live with damage to what was durable: keep what comes before it.
    #[serde(default)]
    pub force: bool,
    #[serde(default)]
    pub durability: DurabilityName,
    /// Under `group`, a commit starts when so many bytes wait.
    #[serde(default = "quarter_mebibyte")]
    pub commit_bytes: u64,
    /// Under `group`, a commit starts when the oldest record has waited so long.
    #[serde(default)]
    pub commit_delay_ns: u64,
}

const fn quarter_mebibyte() -> u64 {
    256 << 10
}

/// When a command is on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DurabilityName {
    /// When the kernel likes.
    None,
    /// Soon; nobody waits for it.
    Async,
    /// Before its reports leave.
    #[default]
    Group,
}

impl DurabilityName {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Async => "async",
            Self::Group => "group",
        }
    }
}

fn standard_output() -> String {
    "-".into()
}

const fn million() -> u32 {
    1 << 20
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderFormat {
    #[default]
    Native,
    Ndjson,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SelfTrade {
    #[default]
    None,
    Newest,
    Oldest,
    Both,
    Decrement,
}

impl From<SelfTrade> for SelfTradeMode {
    fn from(mode: SelfTrade) -> Self {
        match mode {
            SelfTrade::None => Self::Allow,
            SelfTrade::Newest => Self::CancelIncoming,
            SelfTrade::Oldest => Self::CancelResting,
            SelfTrade::Both => Self::CancelBoth,
            SelfTrade::Decrement => Self::Decrement,
        }
    }
}

const FEED_FILE: &str = "itch+file:";

impl MatchConfig {
    /// What an exchange needs that only reports.
    #[must_use]
    pub fn reporting(reports: &str, format: OrderFormat) -> Self {
        Self {
            input: String::new(),
            format,
            reports: reports.into(),
            publish: Vec::new(),
            symbols: None,
            capacity: million(),
            self_trade: SelfTrade::None,
            journal: None,
        }
    }

    /// # Errors
    /// The value or combination that makes no sense, in the words of the command line.
    pub fn check(&self) -> Result<(), String> {
        if let Some(other) = self.publish.iter().find(|to| to.strip_prefix(FEED_FILE).is_none_or(str::is_empty)) {
            return Err(format!("cannot publish to \"{other}\": write itch+file:PATH"));
        }
        if self.publish.len() > 1 {
            return Err("the feed goes to one place: give --publish once".into());
        }
        let reports = (self.reports != "none").then_some(self.reports.as_str());
        let inputs: Vec<&str> = [Some(self.input.as_str()), self.symbols.as_deref()].into_iter().flatten().collect();
        let outputs: Vec<&str> = reports.into_iter().chain(self.feed_file()).collect();
        if let Some(output) = clash(&inputs, &outputs) {
            return Err(format!("{output} is an input too, or another output: it would be cut before it is read"));
        }
        if self.journal.is_some() && self.input == "memory" {
            return Err("a run that is fed from memory has no journal".into());
        }
        if self.feed_file() == Some("-") && self.reports == "-" {
            return Err("reports and feed cannot both go to standard output".into());
        }
        Ok(())
    }

    /// The file that the feed goes to.
    #[must_use]
    pub fn feed_file(&self) -> Option<&str> {
        self.publish.iter().find_map(|to| to.strip_prefix(FEED_FILE))
    }
}
