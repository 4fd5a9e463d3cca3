//! What became of the clients, for the result block.

use super::Cut;
use serde_json::{Map, Value, json};

#[derive(Debug, Default)]
pub struct Figures {
    pub bytes_in: u64,
    /// Connections, and senders of datagrams.
    pub came: u64,
    /// At once.
    pub most: usize,
    /// For want of room or descriptors.
    pub turned_away: u64,
    pub malformed: u64,
    pub slow: u64,
    pub foreign: u64,
    /// Messages of which only a part came before the end.
    pub halves: u64,
    /// Datagrams of which the rest was not taken, because it began with a byte that is no type.
    pub spoiled: u64,
    /// Datagrams that were not taken, by us or by the system.
    pub dropped: u64,
    /// Reports that were routed to a client.
    pub reports: u64,
    /// Reports whose client has left.
    pub unclaimed: u64,
}

impl Figures {
    pub(super) fn count(&mut self, why: Cut) {
        match why {
            Cut::Malformed => self.malformed += 1,
            Cut::Slow => self.slow += 1,
            Cut::Foreign => self.foreign += 1,
            Cut::Left => {}
        }
    }

    pub fn to_json(&self) -> Map<String, Value> {
        let figures = json!({
            "came": self.came,
            "most": self.most,
            "turnedAway": self.turned_away,
            "cutMalformed": self.malformed,
            "cutSlow": self.slow,
            "cutForeign": self.foreign,
            "halfMessages": self.halves,
            "datagramsMalformed": self.spoiled,
            "datagramsDropped": self.dropped,
            "reports": self.reports,
            "reportsUnclaimed": self.unclaimed,
        });
        match figures {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}
