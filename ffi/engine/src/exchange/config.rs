//! What an exchange is asked to do, as it comes through the door.

use super::listen::Address;
use super::ouch::OuchAddress;
use hftz_model::SelfTradeMode;
use hftz_net::Endpoint;
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
    /// Where clients find the exchange, see [`Address`]; then `input` is not read.
    #[serde(default)]
    pub listen: Vec<String>,
    /// Where the feed and the reports go, see [`Publication`].
    #[serde(default)]
    pub publish: Vec<String>,
    /// 2: ingest and matching have a thread each; 1: one does both. Without it 2 for clients, who must not wait for each
    /// other, and 1 for a file or pipe, where handing a command over costs more than decoding it.
    pub threads: Option<u8>,
    /// A symbol table; without one any symbol number is accepted, with tick 1 and lot 1.
    pub symbols: Option<String>,
    /// A table of risk limits.
    pub risk: Option<String>,
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
    /// Bytes of a segment of the log: a multiple of 4096 from 64 KiB to 1 GiB.
    #[serde(default = "sixty_four_mebibytes")]
    pub segment_bytes: u64,
    /// Records from one snapshot to the next; 0 takes none.
    #[serde(default = "four_million")]
    pub snapshot_every: u64,
    /// Keep so many snapshots, and of the log only what the oldest of them needs; 0 keeps all of it.
    #[serde(default)]
    pub retain: u64,
}

const fn sixty_four_mebibytes() -> u64 {
    64 << 20
}

const fn four_million() -> u64 {
    4_000_000
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

/// Where a feed goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Publication {
    /// `itch+file:PATH`: framed ITCH.
    FeedFile(String),
    /// `itch+udp://...`: ITCH in MoldUDP64.
    Feed(Endpoint),
    /// `reports+udp://...`: native execution reports in MoldUDP64.
    Reports(Endpoint),
}

impl Publication {
    fn parse(text: &str) -> Result<Self, String> {
        let endpoint = |address: &str| {
            Endpoint::parse(address).map_err(|error| match error.hint {
                None => format!("cannot publish to {text}: {error}"),
                Some(ref hint) => format!("cannot publish to {text}: {error}; {hint}"),
            })
        };
        match text.split_once('+') {
            Some(("itch", rest)) if rest.starts_with("udp://") => endpoint(rest).map(Self::Feed),
            Some(("reports", rest)) if rest.starts_with("udp://") => endpoint(rest).map(Self::Reports),
            Some(("itch", rest)) if rest.strip_prefix("file:").is_some_and(|path| !path.is_empty()) => {
                Ok(Self::FeedFile(rest["file:".len()..].into()))
            }
            _ => Err(format!(
                "cannot publish to \"{text}\": write itch+file:PATH, itch+udp://HOST:PORT or reports+udp://HOST:PORT"
            )),
        }
    }
}

impl MatchConfig {
    /// What an exchange needs that only reports.
    #[must_use]
    pub fn reporting(reports: &str, format: OrderFormat) -> Self {
        Self {
            input: String::new(),
            format,
            reports: reports.into(),
            listen: Vec::new(),
            publish: Vec::new(),
            threads: Some(1),
            symbols: None,
            risk: None,
            capacity: million(),
            self_trade: SelfTrade::None,
            journal: None,
        }
    }

    /// # Errors
    /// The value or combination that makes no sense, in the words of the command line.
    pub fn check(&self) -> Result<(), String> {
        if let Some(threads) = self.threads.filter(|threads| !matches!(threads, 1 | 2)) {
            return Err(format!("there are 1 or 2 threads, not {threads}"));
        }
        let publications = self.publications()?;
        self.addresses()?;
        let ouch = self.ouch_addresses()?;
        if ouch.iter().enumerate().any(|(at, one)| ouch[..at].iter().any(|other| other.version == one.version)) {
            return Err(
                "there is one OUCH listener for each version: sessions are known by the version and the user".into()
            );
        }
        if self.is_serving() && self.input != "-" {
            return Err("orders come from a file or from --listen, not from both".into());
        }
        if self.is_serving() && self.format != OrderFormat::Native {
            return Err("clients speak binary: --format ndjson is for stdin and files".into());
        }
        for (at, one) in publications.iter().enumerate() {
            let same = |other: &Publication| std::mem::discriminant(one) == std::mem::discriminant(other);
            if publications[..at].iter().any(same) {
                return Err("each form of --publish goes to one place: give it once".into());
            }
        }
        let feed_file = publications.iter().find_map(|to| match to {
            Publication::FeedFile(path) => Some(path.as_str()),
            _ => None,
        });
        let reports = (self.reports != "none").then_some(self.reports.as_str());
        let inputs: Vec<&str> =
            [Some(self.input.as_str()), self.symbols.as_deref(), self.risk.as_deref()].into_iter().flatten().collect();
        let outputs: Vec<&str> = reports.into_iter().chain(feed_file).collect();
        if let Some(output) = clash(&inputs, &outputs) {
            return Err(format!("{output} is an input too, or another output: it would be cut before it is read"));
        }
        if self.journal.as_ref().is_some_and(|journal| journal.retain > 0 && journal.snapshot_every == 0) {
            return Err("the log is dropped as far as snapshots cover it, and none are to be taken".into());
        }
        if self.journal.as_ref().is_some_and(|journal| journal.retain > 0) && self.serves_ouch() {
            return Err("sessions of OUCH are brought back from the whole log: nothing of it can be dropped".into());
        }
        if self.journal.is_some() && self.input == "memory" {
            return Err("a run that is fed from memory has no journal".into());
        }
        if feed_file == Some("-") && self.reports == "-" {
            return Err("reports and feed cannot both go to standard output".into());
        }
        Ok(())
    }

    /// # Errors
    /// The first that is no place to publish to.
    pub fn publications(&self) -> Result<Vec<Publication>, String> {
        self.publish.iter().map(|text| Publication::parse(text)).collect()
    }

    /// # Errors
    /// The first that is no address to listen on.
    pub fn addresses(&self) -> Result<Vec<Address>, String> {
        self.listen.iter().filter(|text| !OuchAddress::is_meant(text)).map(|text| Address::parse(text)).collect()
    }

    /// # Errors
    /// The first that is no address to listen on for OUCH.
    pub fn ouch_addresses(&self) -> Result<Vec<OuchAddress>, String> {
        self.listen.iter().filter(|text| OuchAddress::is_meant(text)).map(|text| OuchAddress::parse(text)).collect()
    }

    /// Whether they speak OUCH.
    #[must_use]
    pub fn serves_ouch(&self) -> bool {
        self.listen.iter().any(|text| OuchAddress::is_meant(text))
    }

    /// Whether clients come to us.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        !self.listen.is_empty()
    }

    #[must_use]
    pub fn has_feed(&self) -> bool {
        self.publish.iter().any(|to| to.starts_with("itch+"))
    }

    #[must_use]
    pub fn publishes_reports(&self) -> bool {
        self.publish.iter().any(|to| to.starts_with("reports+"))
    }
}
