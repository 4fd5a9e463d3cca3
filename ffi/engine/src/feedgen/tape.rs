//! The order-entry side of a day: every command that the engine took, in the native protocol, each new time as a `Z` before it.

use hftz_model::Command;
use hftz_wire::native;

/// Commands as bytes, until somebody takes them.
#[derive(Default)]
pub struct Tape {
    bytes: Vec<u8>,
}

/// Bytes of a `Z`.
const CLOCK_BYTES: usize = 16;

impl Tape {
    /// Records a command that is applied at `time_ns`, where engine time was `before_ns`.
    #[inline(never)]
    pub fn record(&mut self, before_ns: u64, time_ns: u64, command: &Command) {
        if time_ns > before_ns {
            self.push(&Command::clock(time_ns));
        }
        self.push(command);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first `count` bytes are on their way.
    pub fn consume(&mut self, count: usize) {
        self.bytes.drain(..count.min(self.bytes.len()));
    }

    /// All bytes, in exchange for an empty buffer.
    pub fn exchange(&mut self, mut empty: Vec<u8>) -> (Vec<u8>, usize) {
        empty.clear();
        let full = std::mem::replace(&mut self.bytes, empty);
        let used = full.len();
        (full, used)
    }

    /// Bytes of the first `count` commands, each with the clock before it.
    pub fn bytes_of(&self, count: u64) -> usize {
        let mut at = 0;
        for _ in 0..count {
            let clock = if self.bytes.get(at) == Some(&b'Z') { CLOCK_BYTES } else { 0 };
            let Some(kind) = self.bytes.get(at + clock) else { break };
            at += clock + native::length_of(*kind).unwrap_or(0);
        }
        at
    }

    fn push(&mut self, command: &Command) {
        let mut room = [0; native::MAX_MESSAGE_BYTES];
        let length = native::write(command, &mut room).unwrap_or(0);
        self.bytes.extend_from_slice(&room[..length]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hftz_model::Side;

    #[test]
    fn each_new_time_stands_before_its_command_and_counts_with_it() {
        let mut tape = Tape::default();
        let order = Command::limit(1, Side::Buy, 7, 10_000, 5);
        tape.record(0, 5, &order);
        tape.record(5, 5, &Command::cancel(1, 7, 0));
        tape.record(5, 6, &order);
        let sizes: Vec<usize> = (0..5).map(|count| tape.bytes_of(count)).collect();
        assert_eq!(sizes, [0, 48, 64, 112, 112]);
        tape.consume(48);
        assert_eq!((tape.bytes()[0], tape.bytes().len()), (b'C', 64));
    }
}
