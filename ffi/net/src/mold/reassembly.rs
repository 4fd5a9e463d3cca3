//! The receiving side of a session as a state machine: datagrams and time in; messages in order, each once, and requests out.
//!
//! What arrives early is held in a map by sequence number, bounded in bytes; past the bound it is dropped and later asked for.
//! One gap is worked on at a time, the first: it is what delivery waits for, and the packets that fill it often show the next. A
//! gap younger than the reorder window is left alone, since the network may only have swapped packets. Times are nanoseconds
//! of any clock that does not run backwards.

use super::gap::{Gap, Step};
use super::store::skip_blocks;
use hftz_wire::mold::{Kind, Packet, Request, Session};
use std::collections::BTreeMap;

/// Where a receiver begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Join {
    /// With message 1: what was sent before is asked for.
    First,
    /// With the first packet that arrives.
    Current,
}

/// Limits and delays of a receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    pub join: Join,
    /// Whether somebody answers requests. Without, a gap that outlives the reorder window is lost.
    pub requests: bool,
    /// A gap is acted on after this time ...
    pub reorder_ns: u64,
    /// ... or after this many later packets.
    pub reorder_packets: u32,
    /// An unanswered request is repeated after this time,
    pub retry_ns: u64,
    /// a partly answered one after this.
    pub partial_ns: u64,
    /// Requests without any answer until a gap is given up.
    pub tries: u32,
    /// Messages of one request: an answer of this size fits any socket buffer.
    pub chunk: u16,
    /// Bytes of early messages held.
    pub hold_bytes: usize,
    /// Another session takes over after this much silence of the present one.
    pub takeover_ns: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            join: Join::First,
            requests: true,
            reorder_ns: 1_000_000,
            reorder_packets: 32,
            retry_ns: 1_000_000_000,
            partial_ns: 5_000_000,
            tries: 5,
            chunk: 1024,
            hold_bytes: 64 << 20,
            takeover_ns: 3_000_000_000,
        }
    }
}

/// What a receiver has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Sequence number at which the session was joined: what was sent before it was never asked for. 0 before the first packet.
    pub joined_at: u64,
    /// Well-formed packets of the session, heartbeats included.
    pub packets: u64,
    /// Messages delivered.
    pub messages: u64,
    pub heartbeats: u64,
    /// Gaps that outlived the reorder window.
    pub gaps: u64,
    /// Requests made.
    pub requests: u64,
    /// Messages that arrived after they had been asked for.
    pub recovered: u64,
    /// Messages given up.
    pub lost: u64,
    /// The first [`LOST_RANGES`] ranges given up, first and last sequence number.
    pub lost_ranges: Vec<(u64, u64)>,
    /// Messages that arrived more than once.
    pub duplicates: u64,
    /// Datagrams that break the protocol, and the first rule broken.
    pub malformed: u64,
    pub first_malformed: Option<String>,
    /// Packets of a session that is not followed.
    pub foreign: u64,
    /// Sessions followed.
    pub sessions: u64,
    /// Early packets dropped because too much was held already.
    pub overflowed: u64,
}

/// Ranges of lost messages that are kept for the report.
pub const LOST_RANGES: usize = 1024;
/// A sequence number further ahead than this is a damaged packet, not a gap.
const FURTHEST: u64 = 1 << 40;

struct Held {
    count: u64,
    blocks: Box<[u8]>,
}

/// One session being put back in order.
pub struct Reassembly {
    settings: Settings,
    session: Option<Session>,
    heard_ns: u64,
    /// The next message to deliver; 0 before the first packet.
    expected: u64,
    /// The message after the last one known to exist.
    known_end: u64,
    session_end: Option<u64>,
    held: BTreeMap<u64, Held>,
    held_bytes: usize,
    gap: Option<Gap>,
    /// The last gap was given up although it was asked about, and no answer has come since.
    unheard: bool,
    statistics: Statistics,
}

impl Reassembly {
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            session: None,
            heard_ns: 0,
            expected: 0,
            known_end: 0,
            session_end: None,
            held: BTreeMap::new(),
            held_bytes: 0,
            gap: None,
            unheard: false,
            statistics: Statistics::default(),
        }
    }

    /// Takes one datagram; appends what can be delivered to `out` as framed bytes.
    pub fn datagram(&mut self, datagram: &[u8], now_ns: u64, out: &mut Vec<u8>) {
        let packet = match Packet::decode(datagram) {
            Ok(packet) => packet,
            Err(error) => return self.malformed(&error.to_string()),
        };
        if !self.admit(packet.header.session, now_ns, out) {
            self.statistics.foreign += 1;
            return;
        }
        let first = packet.header.sequence;
        let begin = match (self.expected, self.settings.join) {
            (0, Join::First) => 1,
            (0, Join::Current) => first,
            (expected, _) => expected,
        };
        let next = first.checked_add(u64::from(packet.header.messages()));
        let Some(next) = next.filter(|next| first > 0 && *next < begin.saturating_add(FURTHEST)) else {
            return self.malformed(&format!("sequence number {first} is out of range, {begin} was expected"));
        };
        if self.expected == 0 {
            self.statistics.joined_at = begin;
        }
        self.expected = begin;
        self.statistics.packets += 1;
        self.known_end = self.known_end.max(next);
        match packet.header.kind() {
            Kind::Heartbeat => self.statistics.heartbeats += 1,
            Kind::EndOfSession => self.session_end = Some(self.known_end),
            Kind::Data => self.data(first, next - first, packet.blocks, now_ns, out),
        }
        self.look_for_gap(now_ns);
    }

    /// Does what time demands: gives up gaps that nobody fills, and returns the request to send now, if any.
    pub fn poll(&mut self, now_ns: u64, out: &mut Vec<u8>) -> Option<Request> {
        loop {
            let missing = self.gap_end().saturating_sub(self.expected);
            let gap = self.gap.as_mut()?;
            match gap.step(&self.settings, self.unheard, self.expected, now_ns) {
                Step::Wait => return None,
                Step::GiveUp => self.give_up(now_ns, out),
                Step::Ask => {
                    let count = missing.min(u64::from(self.settings.chunk)) as u16;
                    self.statistics.gaps += u64::from(gap.ask(self.expected, u64::from(count), now_ns));
                    self.statistics.requests += 1;
                    return self.session.map(|session| Request { session, sequence: self.expected, count });
                }
            }
        }
    }

    /// When [`Self::poll`] has something to do next, if nothing arrives before.
    #[must_use]
    pub fn deadline_ns(&self) -> Option<u64> {
        self.gap.as_ref().map(|gap| gap.deadline_ns(&self.settings))
    }

    /// Whether the session has ended and everything before its end was delivered or given up.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.session_end.is_some_and(|end| self.expected >= end)
    }

    /// Gives up what is missing and delivers what is held: the receiver stops here.
    pub fn close(&mut self, now_ns: u64, out: &mut Vec<u8>) {
        while self.gap.is_some() {
            self.give_up(now_ns, out);
        }
    }

    #[must_use]
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    #[must_use]
    pub const fn session(&self) -> Option<Session> {
        self.session
    }

    /// Whether packets of `session` are to be looked at; moves on to it when the present one is over or silent.
    fn admit(&mut self, session: Session, now_ns: u64, out: &mut Vec<u8>) -> bool {
        if self.session != Some(session) {
            let silent = now_ns.saturating_sub(self.heard_ns) > self.settings.takeover_ns;
            if self.session.is_some() && !silent && !self.finished() {
                return false;
            }
            self.close(now_ns, out);
            self.session = Some(session);
            self.statistics.sessions += 1;
            (self.expected, self.known_end, self.session_end) = (0, 0, None);
        }
        self.heard_ns = now_ns;
        true
    }

    fn data(&mut self, first: u64, count: u64, blocks: &[u8], now_ns: u64, out: &mut Vec<u8>) {
        let next = first + count;
        if next <= self.expected {
            self.statistics.duplicates += count;
            return;
        }
        let fresh = first <= self.expected || self.held.get(&first).is_none_or(|held| held.count < count);
        if !fresh {
            self.statistics.duplicates += count;
            return;
        }
        if first > self.expected && self.held_bytes + blocks.len() > self.settings.hold_bytes {
            self.statistics.overflowed += 1;
            return;
        }
        let recovered = self.gap.as_mut().map_or(0, |gap| gap.filled(first.max(self.expected), next, now_ns));
        self.statistics.recovered += recovered;
        self.unheard &= recovered == 0;
        if first <= self.expected {
            self.deliver(first, count, blocks, out);
            self.deliver_held(out);
        } else {
            self.held_bytes += blocks.len();
            if let Some(shorter) = self.held.insert(first, Held { count, blocks: blocks.into() }) {
                self.held_bytes -= shorter.blocks.len();
                self.statistics.duplicates += shorter.count;
            }
        }
    }

    fn deliver(&mut self, first: u64, count: u64, blocks: &[u8], out: &mut Vec<u8>) {
        let seen = (self.expected - first).min(count);
        self.statistics.duplicates += seen;
        self.statistics.messages += count - seen;
        out.extend_from_slice(&blocks[skip_blocks(blocks, seen)..]);
        self.expected = self.expected.max(first + count);
    }

    fn deliver_held(&mut self, out: &mut Vec<u8>) {
        while let Some(entry) = self.held.first_entry().filter(|entry| *entry.key() <= self.expected) {
            let (first, held) = entry.remove_entry();
            self.held_bytes -= held.blocks.len();
            self.deliver(first, held.count, &held.blocks, out);
        }
    }

    /// The message after the last one missing in the first gap.
    fn gap_end(&self) -> u64 {
        self.held.first_key_value().map_or(self.known_end, |(first, _)| *first)
    }

    fn look_for_gap(&mut self, now_ns: u64) {
        let end = self.gap_end();
        if self.expected >= end {
            self.gap = None;
            return;
        }
        match &mut self.gap {
            Some(gap) => gap.seen_again(self.expected, end),
            None => self.gap = Some(Gap::new(end, now_ns)),
        }
    }

    /// Moves on past the first gap. A gap that was never asked about counts from here; one that was asked about in vain
    /// makes the next ones wait less.
    fn give_up(&mut self, now_ns: u64, out: &mut Vec<u8>) {
        let end = self.gap_end();
        let asked = self.gap.as_ref().is_some_and(Gap::was_asked);
        self.statistics.gaps += u64::from(!asked);
        self.unheard |= asked;
        if self.statistics.lost_ranges.len() < LOST_RANGES {
            self.statistics.lost_ranges.push((self.expected, end - 1));
        }
        self.statistics.lost += end - self.expected;
        self.expected = end;
        self.deliver_held(out);
        self.look_for_gap(now_ns);
    }

    fn malformed(&mut self, rule: &str) {
        self.statistics.malformed += 1;
        self.statistics.first_malformed.get_or_insert_with(|| rule.to_owned());
    }
}
