//! `--to`: the messages of a replay sent on, at their own pace, at a multiple of it, or as fast as they come.

use super::config::ReplayConfig;
use super::feed::Feed;
use crate::output::{Output, Sent, network_json};
use crate::run::{Control, Refusal};
use hftz_model::Delta;
use hftz_net::{Endpoint, SenderOptions};
use hftz_source::{Halt, PATIENCE, SinkError};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// Bytes gathered before they are handed on when nothing waits for the clock.
const BLOCK: usize = 64 * 1024;
/// A wait shorter than this is spun away: the scheduler would oversleep it.
const SPIN: Duration = Duration::from_micros(100);

/// Sends messages on. Lateness is measured against the schedule fixed by the first message, which is never moved.
pub struct Republisher {
    output: Output,
    name: String,
    pending: Vec<u8>,
    pace: Option<Pace>,
    messages: u64,
    bytes: u64,
}

struct Pace {
    factor: f64,
    /// When the first message was sent, and its exchange time in nanoseconds.
    origin: Option<(Instant, u64)>,
    latest: Duration,
    late: u64,
}

impl Republisher {
    /// # Errors
    /// When the target cannot be opened.
    pub fn open(to: &str, config: &ReplayConfig) -> Result<Self, Refusal> {
        let endpoint = Endpoint::looks_like(to).then(|| Endpoint::parse(to)).transpose()?;
        let output = Output::open(to, endpoint.as_ref(), &SenderOptions::default())?;
        let pace = config.pace.map(|factor| Pace { factor, origin: None, latest: Duration::ZERO, late: 0 });
        Ok(Self { output, name: to.into(), pending: Vec::with_capacity(2 * BLOCK), pace, messages: 0, bytes: 0 })
    }

    /// Whether messages wait for their time.
    #[must_use]
    pub fn has_pace(&self) -> bool {
        self.pace.is_some()
    }

    /// Sends a batch on, each message at its time. `false`: the run was over while one waited for its time.
    ///
    /// # Errors
    /// When the target takes no more.
    pub fn send(&mut self, deltas: &[Delta], feed: &dyn Feed, control: Control<'_>) -> Result<bool, SinkError> {
        let halt: Halt<'_> = &|| control.stopped();
        for delta in deltas {
            let Some(message) = feed.message(delta) else { continue };
            if let Some(due) = self.pace.as_mut().and_then(|pace| pace.due(delta.time_ns)) {
                self.flush(halt)?;
                if !self.wait_until(due, control)? {
                    return Ok(false);
                }
            }
            // A record's length fits its prefix: it came out of one.
            #[allow(clippy::cast_possible_truncation)]
            self.pending.extend_from_slice(&(message.len() as u16).to_be_bytes());
            self.pending.extend_from_slice(message);
            self.messages += 1;
            self.bytes += 2 + message.len() as u64;
            if self.pending.len() >= BLOCK {
                self.flush(halt)?;
            }
        }
        Ok(true)
    }

    /// Sends what is gathered. On a network the last packet leaves even if it is not full.
    fn flush(&mut self, halt: Halt<'_>) -> Result<(), SinkError> {
        self.output.write(&self.pending, halt)?;
        self.pending.clear();
        self.output.flush()
    }

    /// `false`: the run was over before.
    fn wait_until(&mut self, due: Instant, control: Control<'_>) -> Result<bool, SinkError> {
        loop {
            let now = Instant::now();
            let Some(left) = due.checked_duration_since(now) else { return Ok(true) };
            if control.over() {
                return Ok(false);
            }
            if left > SPIN {
                std::thread::sleep((left - SPIN).min(PATIENCE));
                self.output.idle()?;
            } else {
                std::hint::spin_loop();
            }
        }
    }

    /// Sends the rest and ends the session; what was sent, for the summary, whatever came of it.
    pub fn finish(mut self, halt: Halt<'_>) -> (Value, Result<(), SinkError>) {
        let mut facts = Map::new();
        let mut done = self.flush(halt);
        facts.insert("to".into(), json!(self.name));
        facts.insert("messages".into(), json!(self.messages));
        facts.insert("bytes".into(), json!(self.bytes));
        if let Some(pace) = &self.pace {
            facts.insert("pace".into(), json!(pace.factor));
            facts.insert("lateMessages".into(), json!(pace.late));
            facts.insert("maxLatenessNs".into(), json!(u64::try_from(pace.latest.as_nanos()).unwrap_or(u64::MAX)));
        }
        match self.output.finish(halt) {
            Ok(Sent::Stream) => {}
            Ok(Sent::Capture(packets)) => drop(facts.insert("packets".into(), json!(packets))),
            Ok(Sent::Network(summary)) => drop(facts.insert("network".into(), network_json(&summary))),
            Err(error) => done = done.and(Err(error)),
        }
        (Value::Object(facts), done)
    }
}

impl Pace {
    /// When a message of this exchange time is due, if that is still to come. Time that runs backwards is due at once.
    fn due(&mut self, time_ns: u64) -> Option<Instant> {
        let now = Instant::now();
        let &mut (began, first_ns) = self.origin.get_or_insert((now, time_ns));
        #[allow(clippy::cast_precision_loss)]
        let scaled = time_ns.saturating_sub(first_ns) as f64 / self.factor;
        let due = began.checked_add(Duration::try_from_secs_f64(scaled / 1e9).ok()?)?;
        let Some(late) = now.checked_duration_since(due) else { return Some(due) };
        self.latest = self.latest.max(late);
        self.late += u64::from(late > SPIN);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_fixed_by_the_first_message() {
        let mut pace = Pace { factor: 10.0, origin: None, latest: Duration::ZERO, late: 0 };
        assert_eq!(pace.due(5_000), None);
        let (began, _) = pace.origin.unwrap();
        let hour_later = pace.due(5_000 + 3_600_000_000_000).unwrap();
        assert_eq!(hour_later, began + Duration::from_secs(360));
        assert_eq!(pace.due(0), None);
        assert_eq!(pace.origin.unwrap().0, began);
    }
}
