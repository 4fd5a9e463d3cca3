//! One client's connection: bytes that are no packet yet, and packets that wait to be sent.
//!
//! Both are bounded. What a client must still read of its session stays on the tape, which is there anyway: a client that never reads
//! costs one buffer, and is let go when nothing of it moves for as long as its heartbeats may be missing.

use super::tape::Tape;
use hftz_wire::soup::{Packet, kind};

/// Packets that are ready to be sent, at most about this many bytes.
const READY_BYTES: usize = 64 * 1024;
/// The largest payload a client may send: a message of OUCH 5.0 with every option is far below it.
pub const MOST_PAYLOAD: usize = 512;

/// Where a link stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Waits for a login since this moment.
    Greeting { since_ns: u64 },
    /// Logged in, as the login with this index.
    Active { login: usize },
    /// Sends what is ready, then closes.
    Closing,
}

pub struct Link {
    pub stage: Stage,
    /// Bytes that are no packet yet: never a whole packet of [`MOST_PAYLOAD`].
    pub partial: Vec<u8>,
    /// Position of `partial[0]` in all the client sent.
    pub offset: u64,
    ready: Vec<u8>,
    sent: usize,
    /// What of the tape is next.
    pub position: u64,
    pub heard_ns: u64,
    /// When something was last sent, or there was nothing to send.
    pub moved_ns: u64,
    pub timeout_ns: u64,
}

impl Link {
    pub fn new(now_ns: u64, timeout_ns: u64) -> Self {
        Self {
            stage: Stage::Greeting { since_ns: now_ns },
            partial: Vec::new(),
            offset: 0,
            ready: Vec::new(),
            sent: 0,
            position: 0,
            heard_ns: now_ns,
            moved_ns: now_ns,
            timeout_ns,
        }
    }

    /// Adds a packet of the link's own. The few there are fit: a login answer, a heartbeat when all is sent, an end.
    pub fn say(&mut self, kind: u8, payload: &[u8]) {
        // Payloads here are 30 bytes at most.
        let _ = Packet { kind, payload }.write(&mut self.ready);
    }

    /// Whether what is ready is less than a client that reads would leave.
    pub fn has_room(&self) -> bool {
        self.ready.len() - self.sent < READY_BYTES
    }

    /// Bytes to be sent now.
    pub fn output(&self) -> &[u8] {
        &self.ready[self.sent..]
    }

    /// So many of them were sent.
    pub fn sent(&mut self, count: usize, now_ns: u64) {
        self.sent = (self.sent + count).min(self.ready.len());
        if count > 0 {
            self.moved_ns = now_ns;
        }
        if self.sent == self.ready.len() {
            self.ready.clear();
            self.sent = 0;
        }
    }

    /// Takes whole packets off the tape while there is room. `false` when the tape has forgotten what the client must read next.
    #[must_use]
    pub fn fill(&mut self, tape: &Tape) -> bool {
        let waiting = self.ready.len() - self.sent;
        if waiting >= READY_BYTES / 2 {
            return true;
        }
        let Some(packets) = tape.read(self.position, READY_BYTES - waiting) else { return false };
        if packets.is_empty() {
            return true;
        }
        self.ready.drain(..self.sent);
        self.sent = 0;
        self.ready.extend_from_slice(packets);
        self.position += packets.len() as u64;
        true
    }

    /// Closes without sending what waits.
    pub fn give_up(&mut self) {
        self.stage = Stage::Closing;
        self.ready.clear();
        self.sent = 0;
    }

    /// Says a heartbeat when nothing was said for `every_ns`.
    pub fn beat(&mut self, now_ns: u64, every_ns: u64) {
        if self.output().is_empty() && now_ns.saturating_sub(self.moved_ns) >= every_ns {
            self.say(kind::SERVER_HEARTBEAT, b"");
        }
    }
}
