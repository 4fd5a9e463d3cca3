//! OUCH messages on their way from the matching side to the sessions' tapes.
//!
//! `session u16 | length u16 | kind u8 | message`, little-endian, one after the other: a ring of bytes carries them, cut anywhere.
//! The kind is SoupBinTCP's: sequenced data, or unsequenced for what no log has.

use hftz_gateway::Outbox;
use hftz_wire::soup::kind;

const HEAD: usize = 5;
/// Bytes that have left lie in front of those that wait until there are so many.
const SLACK: usize = 1 << 17;

/// Messages that wait to be taken; [`Outbox::message`] adds sequenced ones.
#[derive(Default)]
pub struct Mail {
    bytes: Vec<u8>,
    taken: usize,
}

impl Mail {
    pub fn push(&mut self, session: u16, kind: u8, message: &[u8]) {
        // No message of OUCH is nearly as long as the length can say.
        let Ok(length) = u16::try_from(message.len()) else { return };
        let (session, length) = (session.to_le_bytes(), length.to_le_bytes());
        self.bytes.extend_from_slice(&[session[0], session[1], length[0], length[1], kind]);
        self.bytes.extend_from_slice(message);
    }

    /// Bytes that were not taken yet.
    pub fn waiting(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    pub fn is_empty(&self) -> bool {
        self.taken == self.bytes.len()
    }

    /// The first `count` of them were.
    pub fn consume(&mut self, count: usize) {
        self.taken += count;
        if self.is_empty() {
            self.bytes.clear();
            self.taken = 0;
        } else if self.taken >= SLACK && self.taken >= self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
    }

    /// Adds what came out of the ring.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the whole messages: session, kind and message of each. Part of one waits for its rest.
    pub fn deliver(&mut self, mut to: impl FnMut(u16, u8, &[u8])) {
        while let Some((&[low, high, short, long, kind], rest)) = self.bytes[self.taken..].split_first_chunk::<HEAD>() {
            let length = usize::from(u16::from_le_bytes([short, long]));
            let Some(message) = rest.get(..length) else { break };
            to(u16::from_le_bytes([low, high]), kind, message);
            self.taken += HEAD + length;
        }
        self.bytes.drain(..self.taken);
        self.taken = 0;
    }
}

impl Outbox for Mail {
    fn message(&mut self, session: u16, message: &[u8]) {
        self.push(session, kind::SEQUENCED, message);
    }
}

/// Sends messages without a number.
pub struct Unnumbered<'a>(pub &'a mut Mail);

impl Outbox for Unnumbered<'_> {
    fn message(&mut self, session: u16, message: &[u8]) {
        self.0.push(session, kind::DATA, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_as_they_went_in_wherever_they_were_cut() {
        let mut sent = Mail::default();
        sent.message(7, b"one");
        sent.message(9, b"");
        Unnumbered(&mut sent).message(7, b"three");
        let bytes = sent.waiting().to_vec();
        for cut in 0..=bytes.len() {
            let (mut got, mut mail) = (Vec::new(), Mail::default());
            for part in [&bytes[..cut], &bytes[cut..]] {
                mail.extend(part);
                mail.deliver(|session, kind, message| got.push((session, kind, message.to_vec())));
            }
            assert_eq!(got, [(7, b'S', b"one".to_vec()), (9, b'S', vec![]), (7, b'U', b"three".to_vec())]);
            assert!(mail.is_empty());
        }
    }
}
