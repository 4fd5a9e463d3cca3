//! A MoldUDP64 session as it arrives: gaps are found, asked for and filled below; here are only messages in order.

use super::{Batch, Fault, Feed, Step};
use hftz_model::Delta;
use hftz_net::{Endpoint, MoldReceiver, NetError, Settings};
use hftz_source::{Halt, PATIENCE};
use hftz_wire::itch::{self, Decoder, ErrorKind, Stop, TypeCounts, count_batch};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// Receives until the session ends, the duration is over or the run is stopped.
pub struct LiveFeed {
    receiver: MoldReceiver,
    decoder: Decoder,
    /// Delivered framed bytes; the first `used` of them belong to the last batch.
    bytes: Vec<u8>,
    used: usize,
    /// Position of `bytes[0]` among all bytes delivered.
    base: u64,
    bad: usize,
    trailing: u64,
    until: Option<Instant>,
    ended: bool,
    timed_out: bool,
}

impl LiveFeed {
    /// # Errors
    /// When the system refuses a socket.
    pub fn open(endpoint: &Endpoint, settings: Settings, duration: Option<Duration>) -> Result<Self, NetError> {
        Ok(Self {
            receiver: MoldReceiver::open(endpoint, settings)?,
            decoder: Decoder::new(),
            bytes: Vec::with_capacity(1 << 20),
            used: 0,
            base: 0,
            bad: 0,
            trailing: 0,
            until: duration.map(|length| Instant::now() + length),
            ended: false,
            timed_out: false,
        })
    }

    fn forget(&mut self, count: usize) {
        self.bytes.drain(..count);
        self.base += count as u64;
    }

    /// Waits for more. `None`: there may be some now.
    fn receive(&mut self, halt: Halt<'_>) -> Result<Option<Step>, Fault> {
        if self.ended {
            return Ok(Some(Step::End));
        }
        if halt() {
            return Ok(Some(Step::Stopped));
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            self.receiver.close(&mut self.bytes);
            (self.ended, self.timed_out) = (true, true);
            return Ok(None);
        }
        let offset = self.base + self.bytes.len() as u64;
        let received = self.receiver.receive(&mut self.bytes, PATIENCE);
        self.ended = received.map_err(|e| Fault {
            offset,
            rule: Fault::UNREADABLE,
            text: format!("cannot receive: {e}"),
            passable: false,
        })?;
        Ok(None)
    }

    /// MoldUDP64 allows empty messages; they say nothing.
    fn fault(&mut self, error: itch::Error) -> Result<(), Fault> {
        self.bad = error.record_bytes().unwrap_or(0);
        if error.kind == ErrorKind::ZeroLength {
            self.skip();
            return Ok(());
        }
        Err(error.into())
    }
}

impl Feed for LiveFeed {
    fn fill(&mut self, batch: &mut Batch, halt: Halt<'_>) -> Result<Step, Fault> {
        let used = std::mem::take(&mut self.used);
        self.forget(used);
        loop {
            let done = self.decoder.decode_batch(&self.bytes, self.base, &mut batch.deltas);
            (batch.filled, self.used) = (done.filled, done.consumed);
            self.trailing += done.trailing;
            if done.filled > 0 {
                return Ok(Step::More);
            }
            match done.stop {
                Stop::Error(error) => self.fault(error)?,
                Stop::MoreInput | Stop::OutFull => {
                    if let Some(step) = self.receive(halt)? {
                        return Ok(step);
                    }
                }
            }
        }
    }

    fn count(&mut self, counts: &mut TypeCounts, halt: Halt<'_>) -> Result<Step, Fault> {
        let done = count_batch(&self.bytes, self.base, counts);
        self.forget(done.consumed);
        self.trailing += done.trailing;
        match done.stop {
            Stop::Error(error) => self.fault(error).map(|()| Step::More),
            Stop::MoreInput | Stop::OutFull => Ok(self.receive(halt)?.unwrap_or(Step::More)),
        }
    }

    fn skip(&mut self) {
        let bad = std::mem::take(&mut self.bad);
        self.forget(bad);
    }

    fn message(&self, delta: &Delta) -> Option<&[u8]> {
        super::framed_message(&self.bytes, self.base, delta.offset)
    }

    fn taken(&self) -> u64 {
        self.base + self.used as u64
    }

    fn size(&self) -> Option<u64> {
        None
    }

    fn lost(&self) -> u64 {
        self.receiver.statistics().lost
    }

    fn facts(&self, into: &mut Map<String, Value>) {
        let statistics = self.receiver.statistics();
        let buffer = self.receiver.buffer();
        into.insert("format".into(), json!("MoldUDP64"));
        into.insert("decoder".into(), json!(self.decoder.name()));
        into.insert("trailingBytes".into(), json!(self.trailing));
        into.insert("endOfSession".into(), json!(self.ended && !self.timed_out));
        let session = json!({
            "joinedAt": statistics.joined_at,
            "missedBefore": statistics.joined_at.saturating_sub(1),
            "packets": statistics.packets,
            "heartbeats": statistics.heartbeats,
            "gaps": statistics.gaps,
            "requests": statistics.requests,
            "recovered": statistics.recovered,
            "lost": statistics.lost,
            "lostRanges": statistics.lost_ranges,
            "duplicates": statistics.duplicates,
            "malformed": statistics.malformed,
            "firstMalformed": statistics.first_malformed,
            "foreign": statistics.foreign,
            "overflowed": statistics.overflowed,
            "droppedBySystem": self.receiver.dropped(),
            "receiveBufferAsked": buffer.asked,
            "receiveBufferGot": buffer.got,
        });
        into.insert("session".into(), session);
    }
}
