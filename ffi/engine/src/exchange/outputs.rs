//! Where reports and the feed go, apart from clients: files, pipes and MoldUDP64 sessions.

use super::config::{MatchConfig, Publication};
use super::desk::{Desk, Harvest};
use crate::output::{Output, Sent, network_json};
use crate::run::Refusal;
use hftz_net::SenderOptions;
use hftz_source::{Halt, SinkError};
use hftz_wire::mold::Session;
use serde_json::{Map, Value};

/// Bytes leave in blocks of about this many while there is more work.
pub const BLOCK: usize = 256 * 1024;
/// The MoldUDP64 session of the reports; the feed has the name of every feed of ours.
const REPORT_SESSION: Session = Session(*b"REPORTS   ");

/// Whether output may wait for more of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Urgency {
    /// More work is there: only whole blocks leave.
    Busy,
    /// Nothing else to do: everything leaves.
    Idle,
}

/// Open outputs; none when nobody wants anything.
pub struct Outputs {
    reports: Option<Output>,
    feeds: Vec<Output>,
    report_feeds: Vec<Output>,
}

impl Outputs {
    /// # Errors
    /// The first one that cannot be opened.
    pub fn open(config: &MatchConfig) -> Result<Self, Refusal> {
        let stream = |to: &str| Output::open(to, None, &SenderOptions::default());
        let reports = (config.reports != "none").then(|| stream(&config.reports)).transpose()?;
        let mut outputs = Self { reports, feeds: Vec::new(), report_feeds: Vec::new() };
        for publication in config.publications().map_err(Refusal::new)? {
            match publication {
                Publication::FeedFile(path) => outputs.feeds.push(stream(&path)?),
                Publication::Feed(to) => {
                    let options = SenderOptions::default();
                    outputs.feeds.push(Output::open(&to.to_string(), Some(&to), &options)?);
                }
                Publication::Reports(to) => {
                    let options = SenderOptions { session: REPORT_SESSION, ..SenderOptions::default() };
                    outputs.report_feeds.push(Output::open(&to.to_string(), Some(&to), &options)?);
                }
            }
        }
        Ok(outputs)
    }

    /// Writes what waits at the desk.
    ///
    /// # Errors
    /// Of the output that failed; what it did not take is lost with it.
    pub fn write(&mut self, desk: &mut Desk, urgency: Urgency, halt: Halt<'_>) -> Result<(), SinkError> {
        let least = if urgency == Urgency::Busy { BLOCK } else { 0 };
        if desk.reports().len() > least {
            write_all(self.reports.as_mut_slice(), desk.reports(), halt)?;
            desk.consume_reports(desk.reports().len());
        }
        if desk.feed().len() > least {
            write_all(&mut self.feeds, desk.feed(), halt)?;
            desk.consume_feed(desk.feed().len());
        }
        if desk.framed_reports().len() > least {
            write_all(&mut self.report_feeds, desk.framed_reports(), halt)?;
            desk.consume_framed_reports(desk.framed_reports().len());
        }
        if urgency == Urgency::Idle { self.rest() } else { Ok(()) }
    }

    /// Writes what was taken from a desk, and empties it.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_harvest(&mut self, harvest: &mut Harvest, halt: Halt<'_>) -> Result<(), SinkError> {
        write_all(self.reports.as_mut_slice(), &harvest.reports, halt)?;
        write_all(&mut self.feeds, &harvest.feed, halt)?;
        write_all(&mut self.report_feeds, &harvest.framed, halt)?;
        harvest.reports.clear();
        harvest.feed.clear();
        harvest.framed.clear();
        Ok(())
    }

    /// Nothing more comes for now: lets out packets that are not full, and keeps receivers informed.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn rest(&mut self) -> Result<(), SinkError> {
        for output in self.feeds.iter_mut().chain(&mut self.report_feeds) {
            output.flush()?;
            output.idle()?;
        }
        Ok(())
    }

    /// Ends what has an end: who lost messages of a session may still ask for them for a while. `network` and
    /// `reportsNetwork` of the result block.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn finish(self, halt: Halt<'_>) -> Result<Map<String, Value>, SinkError> {
        let mut said = Map::new();
        let outputs = self.feeds.into_iter().map(|output| ("network", output));
        for (name, output) in outputs.chain(self.report_feeds.into_iter().map(|output| ("reportsNetwork", output))) {
            if let Sent::Network(summary) = output.finish(halt)? {
                said.insert(name.into(), network_json(&summary));
            }
        }
        Ok(said)
    }
}

fn write_all(outputs: &mut [Output], bytes: &[u8], halt: Halt<'_>) -> Result<(), SinkError> {
    if bytes.is_empty() { Ok(()) } else { outputs.iter_mut().try_for_each(|output| output.write(bytes, halt)) }
}
