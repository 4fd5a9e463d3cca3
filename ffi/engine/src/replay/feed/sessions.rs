//! Which packets of a capture are new: lines A and B of a feed carry the same messages, and a capture may miss some.

use hftz_wire::mold::{Header, Session};
use serde_json::{Value, json};

/// The MoldUDP64 sessions of a capture. A handful at most, so a short list.
#[derive(Default)]
pub struct Sessions {
    seen: Vec<Seen>,
}

struct Seen {
    session: Session,
    /// Sequence number of the message after the last one delivered; 0 before the first.
    expected: u64,
    messages: u64,
    gaps: u64,
    missing: u64,
    duplicates: u64,
    ended: bool,
}

impl Sessions {
    /// Takes note of a packet; how many of its first messages were delivered before. A sequence number of 0, as in captures
    /// that were made anonymous, says nothing: such packets are all new.
    pub fn repeated(&mut self, header: &Header) -> u64 {
        let index = self.seen.iter().position(|seen| seen.session == header.session).unwrap_or_else(|| {
            let session = header.session;
            self.seen.push(Seen {
                session,
                expected: 0,
                messages: 0,
                gaps: 0,
                missing: 0,
                duplicates: 0,
                ended: false,
            });
            self.seen.len() - 1
        });
        let seen = &mut self.seen[index];
        let count = u64::from(header.messages());
        seen.ended |= header.count == hftz_wire::mold::END_OF_SESSION;
        if header.sequence == 0 {
            seen.messages += count;
            return 0;
        }
        if seen.expected != 0 && header.sequence > seen.expected {
            seen.gaps += 1;
            seen.missing += header.sequence - seen.expected;
        }
        let repeated = seen.expected.saturating_sub(header.sequence).min(count);
        seen.duplicates += repeated;
        seen.messages += count - repeated;
        seen.expected = seen.expected.max(header.sequence.saturating_add(count));
        repeated
    }

    /// Messages that no packet of the capture carried, though later ones show that they were sent.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.seen.iter().map(|seen| seen.missing).sum()
    }

    /// Whether a session said that it ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.seen.iter().any(|seen| seen.ended)
    }

    #[must_use]
    pub fn to_json(&self) -> Value {
        let sessions = self.seen.iter().map(|seen| {
            json!({
                "session": String::from_utf8_lossy(&seen.session.0).trim_matches(['\0', ' ']),
                "messages": seen.messages,
                "gaps": seen.gaps,
                "missing": seen.missing,
                "duplicates": seen.duplicates,
            })
        });
        sessions.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(sequence: u64, count: u16) -> Header {
        Header { session: Session(*b"TODAY     "), sequence, count }
    }

    #[test]
    fn the_second_line_of_a_feed_adds_only_what_the_first_missed() {
        let mut sessions = Sessions::default();
        assert_eq!(sessions.repeated(&header(10, 5)), 0);
        assert_eq!(sessions.repeated(&header(10, 5)), 5);
        assert_eq!(sessions.repeated(&header(13, 5)), 2);
        assert_eq!(sessions.repeated(&header(20, 1)), 0);
        assert_eq!(sessions.missing(), 2);
        assert_eq!(sessions.to_json()[0]["duplicates"], json!(7));
    }

    #[test]
    fn packets_without_sequence_numbers_are_all_new() {
        let mut sessions = Sessions::default();
        assert_eq!([sessions.repeated(&header(0, 3)), sessions.repeated(&header(0, 3))], [0, 0]);
        assert_eq!(sessions.missing(), 0);
    }
}
