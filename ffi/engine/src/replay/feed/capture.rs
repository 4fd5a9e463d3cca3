//! pcap and pcapng: MoldUDP64 packets out of captured frames.
//!
//! A capture holds whatever passed by. What is no MoldUDP64 packet is counted and left alone; only when nothing at all is
//! one does the run fail. Messages come from the packets in the order of the file, each once ([`Sessions`]).

use super::sessions::Sessions;
use super::{Batch, Fault, Feed, Step};
use crate::replay::tally::Tally;
use hftz_model::Delta;
use hftz_source::{Fill, Gzip, Halt, Stream};
use hftz_wire::capture::{self, Packet, Reader};
use hftz_wire::itch::{self, Decoder, ErrorKind, Stop, TypeCounts};
use hftz_wire::link;
use hftz_wire::mold::{self, HEADER_BYTES, Kind};
use serde_json::{Map, Value, json};
use std::ops::Range;

/// Reads packets until the capture ends.
pub struct CaptureFeed {
    stream: Stream,
    reader: Reader,
    decoder: Decoder,
    /// Bytes of the window that the last batch came from: kept until the next fill, so that they stay readable.
    used: usize,
    /// What is left of the present packet's blocks, as positions in the file.
    blocks: Range<u64>,
    /// Length of the bad record or block in front, for [`Feed::skip`].
    bad: usize,
    counted: Counted,
    sessions: Sessions,
    /// Packets that carry no feed messages, by reason.
    ignored: Tally,
}

#[derive(Default)]
struct Counted {
    packets: u64,
    feed_packets: u64,
    heartbeats: u64,
    requests: u64,
    trailing: u64,
}

impl CaptureFeed {
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            reader: Reader::new(),
            decoder: Decoder::new(),
            used: 0,
            blocks: 0..0,
            bad: 0,
            counted: Counted::default(),
            sessions: Sessions::default(),
            ignored: Tally::default(),
        }
    }

    /// Decodes what is left of the present packet behind `filled` messages. `None`: the packet is used up.
    fn decode(&mut self, batch: &mut Batch) -> Option<Result<Step, Fault>> {
        while self.blocks.start < self.blocks.end {
            let offset = self.stream.offset();
            let [start, end] = [self.blocks.start, self.blocks.end].map(|at| (at - offset) as usize);
            let records = &self.stream.window()[start..end];
            let done = self.decoder.decode_batch(records, self.blocks.start, &mut batch.deltas[batch.filled..]);
            batch.filled += done.filled;
            self.blocks.start += done.consumed as u64;
            self.counted.trailing += done.trailing;
            match done.stop {
                Stop::OutFull => return Some(Ok(Step::More)),
                // The packet's blocks are whole: it was checked.
                Stop::MoreInput => break,
                // Empty messages are legal in MoldUDP64 and say nothing.
                Stop::Error(itch::Error { kind: ErrorKind::ZeroLength, .. }) => self.blocks.start += 2,
                // Comes up again at the next fill, with nothing in front of it.
                Stop::Error(_) if batch.filled > 0 => return Some(Ok(Step::More)),
                Stop::Error(error) => {
                    self.bad = error.record_bytes().unwrap_or(0);
                    return Some(Err(error.into()));
                }
            }
        }
        self.blocks = 0..0;
        None
    }

    /// Takes the next packet out of the window. `None`: it is there, or was passed over; look again.
    fn advance(&mut self, filled: bool, halt: Halt<'_>) -> Option<Result<Step, Fault>> {
        let offset = self.stream.offset() + self.used as u64;
        let need = match self.reader.next(&self.stream.window()[self.used..], offset) {
            Ok(capture::Step::Packet { packet, bytes }) => {
                self.used += bytes;
                self.counted.packets += 1;
                self.blocks = accept(&packet, &mut self.counted, &mut self.sessions, &mut self.ignored);
                return None;
            }
            Ok(capture::Step::Pass { bytes }) => {
                self.used += bytes;
                return None;
            }
            // The window may only move when no message in it is waiting to be looked at.
            Ok(capture::Step::More { .. }) | Err(_) if filled => return Some(Ok(Step::More)),
            Ok(capture::Step::More { need }) => need,
            Err(error) => return Some(Err(self.broken(error))),
        };
        self.stream.consume(std::mem::take(&mut self.used));
        while self.stream.window().len() < need {
            match self.stream.fill(halt) {
                Ok(Fill::More) => {}
                Ok(Fill::Stopped) => return Some(Ok(Step::Stopped)),
                Ok(Fill::End) => return Some(self.end()),
                Err(error) => return Some(Err(Fault::source(&error, self.stream.offset()))),
            }
        }
        None
    }

    fn end(&mut self) -> Result<Step, Fault> {
        let offset = self.stream.offset();
        self.reader.finish(self.stream.window(), offset).map_err(|error| self.broken(error))?;
        if self.counted.feed_packets == 0 && self.counted.packets > 0 {
            let text = format!("none of the {} packets of this capture is a MoldUDP64 packet", self.counted.packets);
            return Err(Fault { offset: 0, rule: "no-feed", text, passable: false });
        }
        Ok(Step::End)
    }

    fn broken(&mut self, error: capture::Error) -> Fault {
        self.bad = error.record_bytes().unwrap_or(0);
        Fault { offset: error.offset, rule: error.name(), text: error.to_string(), passable: self.bad > 0 }
    }
}

/// The file positions of a packet's new blocks; empty when it has none.
fn accept(packet: &Packet<'_>, counted: &mut Counted, sessions: &mut Sessions, ignored: &mut Tally) -> Range<u64> {
    let datagram = match link::datagram(packet) {
        Ok(datagram) => datagram,
        Err(refusal) => {
            ignored.add(refusal.name(), packet.offset, || format!("offset {}: {refusal}", packet.offset));
            return 0..0;
        }
    };
    let payload = datagram.payload;
    if payload.len() == HEADER_BYTES && mold::Request::decode(payload).is_ok() {
        counted.requests += 1;
        return 0..0;
    }
    let inner = match mold::Packet::decode(payload) {
        Ok(inner) => inner,
        Err(error) => {
            ignored.add("not-mold", packet.offset, || format!("offset {}: not MoldUDP64: {error}", packet.offset));
            return 0..0;
        }
    };
    counted.feed_packets += 1;
    counted.heartbeats += u64::from(inner.header.kind() == Kind::Heartbeat);
    counted.trailing += inner.trailing as u64;
    let repeated = sessions.repeated(&inner.header);
    let known: usize =
        inner.messages().take(usize::try_from(repeated).unwrap_or(usize::MAX)).map(|m| m.len() + 2).sum();
    let start = packet.offset + position(packet.data, inner.blocks) as u64;
    start + known as u64..start + inner.blocks.len() as u64
}

/// Where `part`, a slice of `whole`, begins in it.
fn position(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len())
}

impl Feed for CaptureFeed {
    fn fill(&mut self, batch: &mut Batch, halt: Halt<'_>) -> Result<Step, Fault> {
        batch.filled = 0;
        loop {
            let step = self.decode(batch).or_else(|| self.advance(batch.filled > 0, halt));
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn count(&mut self, counts: &mut TypeCounts, halt: Halt<'_>) -> Result<Step, Fault> {
        let mut batch = Batch::new();
        let step = self.fill(&mut batch, halt);
        counts.add_batch(batch.messages());
        step
    }

    fn skip(&mut self) {
        let bad = std::mem::take(&mut self.bad);
        if self.blocks.is_empty() {
            self.used += bad;
        } else {
            self.blocks.start += bad as u64;
        }
    }

    fn message(&self, delta: &Delta) -> Option<&[u8]> {
        super::framed_message(self.stream.window(), self.stream.offset(), delta.offset)
    }

    fn taken(&self) -> u64 {
        self.stream.taken()
    }

    fn size(&self) -> Option<u64> {
        self.stream.size()
    }

    fn lost(&self) -> u64 {
        self.sessions.missing()
    }

    fn gzip(&self) -> Option<Gzip> {
        self.stream.gzip()
    }

    fn facts(&self, into: &mut Map<String, Value>) {
        into.insert("format".into(), json!(self.reader.name().unwrap_or("capture")));
        into.insert("decoder".into(), json!(self.decoder.name()));
        into.insert("trailingBytes".into(), json!(self.counted.trailing));
        into.insert("endOfSession".into(), json!(self.sessions.ended()));
        into.insert("packets".into(), json!(self.counted.packets));
        into.insert("feedPackets".into(), json!(self.counted.feed_packets));
        into.insert("heartbeats".into(), json!(self.counted.heartbeats));
        into.insert("requests".into(), json!(self.counted.requests));
        into.insert("sessions".into(), self.sessions.to_json());
        into.insert("ignored".into(), self.ignored.to_json());
    }
}
