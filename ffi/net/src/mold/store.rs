//! What a session has sent and can still send again: a bounded ring of bytes with an index of its packets.
//!
//! The oldest packets make room for new ones. Each packet lies whole in the ring, so an answer walks plain slices; the index is
//! a queue of 24-byte entries found by binary search. A list of allocations per message would cost more than the messages.

use hftz_wire::mold::{Builder, Request, Session};
use std::collections::VecDeque;

/// Packets of one answer at most: a request is answered from one burst that fits a socket buffer; the asker comes back for more.
const ANSWER_PACKETS: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Sequence number of the first message.
    first: u64,
    /// Position of the blocks, counted over all bytes ever written; modulo the ring's size it is the place.
    start: u64,
    length: u32,
    count: u16,
}

/// The last packets of one session.
#[derive(Debug)]
pub struct Store {
    session: Session,
    payload_limit: usize,
    ring: Box<[u8]>,
    entries: VecDeque<Entry>,
    end: u64,
}

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// Messages sent again.
    pub messages: u64,
    /// Whether the first message asked for is gone, or was never sent: no answer then.
    pub unanswered: bool,
}

impl Store {
    /// Keeps about `capacity` bytes (at least 128 KiB, so that any packet fits); answers have at most `payload_limit` bytes.
    #[must_use]
    pub fn new(session: Session, capacity: usize, payload_limit: usize) -> Self {
        let capacity = capacity.max(1 << 17);
        Self { session, payload_limit, ring: vec![0; capacity].into_boxed_slice(), entries: VecDeque::new(), end: 0 }
    }

    /// Remembers a packet: `count` blocks, the first with sequence number `first`, which follows on the packet before.
    pub fn push(&mut self, first: u64, count: u16, blocks: &[u8]) {
        let size = self.ring.len() as u64;
        let length = blocks.len() as u64;
        if count == 0 || length > size {
            return;
        }
        let place = self.end % size;
        // A packet is never split over the ring's end.
        let start = if place + length > size { self.end + (size - place) } else { self.end };
        self.end = start + length;
        while self.entries.front().is_some_and(|oldest| oldest.start + size < self.end) {
            self.entries.pop_front();
        }
        let place = (start % size) as usize;
        self.ring[place..place + blocks.len()].copy_from_slice(blocks);
        self.entries.push_back(Entry { first, start, length: blocks.len() as u32, count });
    }

    /// The oldest message that can still be sent again, and the one after the newest.
    #[must_use]
    pub fn range(&self) -> (u64, u64) {
        let next = self.entries.back().map_or(1, |newest| newest.first + u64::from(newest.count));
        (self.entries.front().map_or(next, |oldest| oldest.first), next)
    }

    /// Builds the packets that answer `request` and hands each to `send`.
    pub fn answer(&self, request: &Request, mut send: impl FnMut(&[u8])) -> Answer {
        let (oldest, next) = self.range();
        if request.session != self.session || request.sequence < oldest || request.sequence >= next {
            return Answer { messages: 0, unanswered: true };
        }
        let last = next.min(request.sequence.saturating_add(u64::from(request.count)));
        let mut builder = Builder::new(self.session, request.sequence, self.payload_limit);
        let from = self.entries.partition_point(|entry| entry.first <= request.sequence) - 1;
        let mut packets = 0;
        'answer: for entry in self.entries.range(from..).take_while(|entry| entry.first < last) {
            let mut rest = self.wanted(entry, request.sequence, last);
            loop {
                rest = &rest[builder.push_framed(rest)..];
                if rest.is_empty() {
                    break;
                }
                if packets + 1 == ANSWER_PACKETS || builder.is_empty() {
                    break 'answer;
                }
                send(builder.packet());
                builder.advance();
                packets += 1;
            }
        }
        if !builder.is_empty() {
            send(builder.packet());
            builder.advance();
        }
        Answer { messages: builder.sequence() - request.sequence, unanswered: false }
    }

    /// The blocks of `entry` whose numbers lie in `first..last`.
    fn wanted(&self, entry: &Entry, first: u64, last: u64) -> &[u8] {
        let place = (entry.start % self.ring.len() as u64) as usize;
        let blocks = &self.ring[place..place + entry.length as usize];
        let skip = skip_blocks(blocks, first.saturating_sub(entry.first));
        let end = skip_blocks(blocks, last.saturating_sub(entry.first).min(u64::from(entry.count)));
        &blocks[skip.min(end)..end]
    }
}

/// Bytes of the first `count` of `blocks`; all of them when there are fewer.
pub(super) fn skip_blocks(blocks: &[u8], count: u64) -> usize {
    let mut at = 0;
    for _ in 0..count {
        let Some(prefix) = blocks.get(at..at + 2) else { return blocks.len() };
        at += 2 + usize::from(u16::from_be_bytes([prefix[0], prefix[1]]));
    }
    at.min(blocks.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hftz_wire::mold::Packet;

    const SESSION: Session = Session(*b"TEST      ");

    /// Message `n` is its own number, so that what comes back says what it is.
    fn blocks(first: u64, count: u16) -> Vec<u8> {
        (first..first + u64::from(count)).flat_map(|n| [&[0, 8][..], &n.to_be_bytes()].concat()).collect()
    }

    fn filled(capacity: usize, packets: u64) -> Store {
        let mut store = Store::new(SESSION, capacity, 200);
        for packet in 0..packets {
            store.push(packet * 10 + 1, 10, &blocks(packet * 10 + 1, 10));
        }
        store
    }

    fn ask(store: &Store, sequence: u64, count: u16) -> (Vec<u64>, Answer) {
        let mut numbers = Vec::new();
        let answer = store.answer(&Request { session: SESSION, sequence, count }, |bytes| {
            assert!(bytes.len() <= 200);
            let packet = Packet::decode(bytes).unwrap();
            assert_eq!(packet.header.sequence, sequence + numbers.len() as u64);
            numbers.extend(packet.messages().map(|m| u64::from_be_bytes(m.try_into().unwrap())));
        });
        (numbers, answer)
    }

    #[test]
    fn any_range_comes_back_whole_and_alone() {
        let store = filled(1 << 20, 100);
        for (sequence, count) in [(1, 1), (1, 10), (7, 1), (7, 25), (991, 10), (10, 1), (11, 1), (1, 1000)] {
            let (numbers, answer) = ask(&store, sequence, count);
            assert_eq!(numbers, (sequence..sequence + u64::from(count)).collect::<Vec<_>>());
            assert_eq!(answer, Answer { messages: u64::from(count), unanswered: false });
        }
    }

    #[test]
    fn a_request_past_the_end_gets_what_there_is() {
        assert_eq!(ask(&filled(1 << 20, 2), 15, 1000).0, (15..=20).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_never_sent_or_is_gone_stays_unanswered() {
        let store = filled(0, 5_000);
        let (oldest, next) = store.range();
        assert!(oldest > 1 && next == 50_001);
        // 128 KiB hold 1,310 packets of 100 bytes.
        assert_eq!(next - oldest, 13_100);
        for sequence in [0, 1, oldest - 1, next, u64::MAX] {
            assert_eq!(ask(&store, sequence, 5), (vec![], Answer { messages: 0, unanswered: true }));
        }
        assert_eq!(ask(&store, oldest, 3).0, [oldest, oldest + 1, oldest + 2]);
    }

    #[test]
    fn a_stranger_and_an_empty_store_get_nothing() {
        let other = Request { session: Session(*b"OTHER     "), sequence: 1, count: 1 };
        assert!(filled(0, 1).answer(&other, |_| panic!()).unanswered);
        assert!(ask(&Store::new(SESSION, 0, 1472), 1, 1).1.unanswered);
    }

    #[test]
    fn one_answer_is_bounded() {
        let (numbers, answer) = ask(&filled(1 << 20, 1000), 1, 10_000);
        // 18 messages fit into 200 bytes, 64 packets into an answer.
        assert_eq!(numbers.len(), 64 * 18);
        assert_eq!(answer.messages, 64 * 18);
    }
}
