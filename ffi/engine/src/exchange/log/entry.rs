//! The records of an exchange's journal.
//!
//! | kind | payload |
//! |---|---|
//! | 1 command | the command in the native protocol, then the client's message as it was received, unless that is the same |
//! | 2 checkpoint | state hash (8, little-endian) · reports so far (8), of the state after the record before |
//! | 3 client's command | as 1, from a native client: the numbers of its session's orders must rise |
//!
//! The command stands by itself, so that a later version that reads some text differently still replays what was traded.

use super::super::market::Origin;
use hftz_book::matching::Engine;
use hftz_model::Command;
use hftz_wire::native;

const COMMAND: u8 = 1;
pub const CHECKPOINT: u8 = 2;
const CLIENT: u8 = 3;

/// The kind of a command's record.
#[must_use]
pub const fn kind_of(origin: Origin) -> u8 {
    match origin {
        Origin::House => COMMAND,
        Origin::Client => CLIENT,
    }
}

/// A record as recovery sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    Command(Command, Origin),
    Checkpoint(Checkpoint),
}

/// What an engine's state was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    pub hash: u64,
    pub reports: u64,
}

impl Checkpoint {
    #[must_use]
    pub fn of(engine: &Engine) -> Self {
        Self { hash: engine.state_hash(), reports: engine.reports() }
    }

    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.hash.to_le_bytes());
        bytes[8..].copy_from_slice(&self.reports.to_le_bytes());
        bytes
    }
}

/// Reads a record; `None` when no version of this program wrote it.
#[must_use]
pub fn read(kind: u8, payload: &[u8]) -> Option<Entry> {
    match kind {
        COMMAND => native::read(payload).map(|command| Entry::Command(command, Origin::House)),
        CLIENT => native::read(payload).map(|command| Entry::Command(command, Origin::Client)),
        CHECKPOINT => {
            let (hash, reports) = payload.split_at_checked(8)?;
            let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
            Some(Entry::Checkpoint(Checkpoint { hash: number(hash)?, reports: number(reports)? }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hftz_model::Side;

    #[test]
    fn a_command_is_read_whatever_message_follows_it() {
        let command = Command::limit(1, Side::Buy, 7, 10_000, 5);
        let mut bytes = [0; native::MAX_MESSAGE_BYTES];
        let length = native::write(&command, &mut bytes).unwrap();
        let mut payload = bytes[..length].to_vec();
        let text = b"{\"type\":\"new\"}";
        payload.extend_from_slice(text);
        for origin in [Origin::House, Origin::Client] {
            let kind = kind_of(origin);
            assert_eq!(read(kind, &payload), Some(Entry::Command(command, origin)));
            assert_eq!(read(kind, &payload[..length]), Some(Entry::Command(command, origin)));
            assert_eq!(read(kind, &payload[..length - 1]), None);
        }
    }

    #[test]
    fn what_nobody_wrote_is_no_record() {
        let checkpoint = Checkpoint { hash: 3, reports: u64::MAX };
        assert_eq!(read(CHECKPOINT, &checkpoint.to_bytes()), Some(Entry::Checkpoint(checkpoint)));
        assert_eq!(read(CHECKPOINT, &checkpoint.to_bytes()[..15]), None);
        assert_eq!(read(CHECKPOINT, &[0; 17]), None);
        assert_eq!(read(4, &[]), None);
        assert_eq!(read(COMMAND, b"?"), None);
    }
}
