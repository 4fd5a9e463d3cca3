//! What the two threads of an exchange hand each other.
//!
//! ```text
//! ingest --Inbound--> matching thread --Outbound--> ingest
//! ```
//!
//! A command needs a cache line and what belongs to it another; both rings together fit the second-level cache, so that a
//! busy exchange keeps its queues out of memory.

use super::market::Origin;
use hftz_model::{Command, Event};
use hftz_ring::spsc::{Consumer, Producer, channel};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Who sent a command. Numbers are given by the ingest side and are used again only after everything about the earlier
/// bearer has left both rings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct ClientId(pub u32);

impl ClientId {
    /// The pipe or file, or nobody.
    pub const NOBODY: Self = Self(0);
    /// The OUCH gateway: the message is one of its inputs, the command the clock to take it by.
    pub const GATEWAY: Self = Self(1);
}

/// A command on its way to the engine.
#[derive(Clone, Copy, Debug)]
pub struct Inbound {
    pub command: Command,
    /// When its bytes were taken in, nanoseconds of the run.
    pub arrival_ns: u64,
    pub client: ClientId,
    /// Bytes of its message in the ring of messages; 0 when nobody keeps messages.
    pub message_bytes: u16,
}

impl Inbound {
    #[must_use]
    pub fn origin(&self) -> Origin {
        if self.client > ClientId::GATEWAY { Origin::Client } else { Origin::House }
    }
}

/// A report on its way out.
#[derive(Clone, Copy, Debug)]
pub struct Outbound {
    pub event: Event,
    /// Who sent the command that caused it; not always who owns the order.
    pub cause: ClientId,
}

/// How many commands were matched with all their reports handed on: how the ingest side knows that a client which sends no
/// more has heard everything.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Reports of so many commands are in the ring, or have left it.
    #[must_use]
    pub fn matched(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    pub fn set(&self, matched: u64) {
        self.0.store(matched, Ordering::Release);
    }
}

/// Commands that may wait.
pub const INBOUND_SLOTS: usize = 2048;
/// Reports that may wait.
pub const OUTBOUND_SLOTS: usize = 4096;

/// Bytes of messages that may wait, for the log.
const MESSAGE_RING_BYTES: usize = 1 << 18;
/// The longest message of any protocol, in bytes.
pub const MOST_MESSAGE_BYTES: usize = 8192;

/// Where the ingest side puts commands, and their messages when they are to be kept.
pub struct Inlet {
    ring: Producer<Inbound>,
    messages: Option<Producer<u8>>,
    /// Whether the messages of plain commands go along.
    keeps: bool,
}

/// Where the matching side takes them.
pub struct Outlet {
    ring: Consumer<Inbound>,
    messages: Option<Consumer<u8>>,
    message: Box<[u8; MOST_MESSAGE_BYTES]>,
}

impl Inlet {
    /// Commands that fit now, whatever their messages.
    pub fn free(&mut self) -> usize {
        self.free_for(MOST_MESSAGE_BYTES)
    }

    /// Commands that fit now, with messages of at most so many bytes.
    pub fn free_for(&mut self, most_bytes: usize) -> usize {
        let messages = self.messages.as_mut().filter(|_| self.keeps);
        let room = messages.map_or(usize::MAX, |messages| messages.free() / most_bytes);
        self.ring.free().min(room)
    }

    /// Puts an input of the gateway; `false`, with nothing put, when there is no room for it now.
    pub fn push_input(&mut self, clock: Command, arrival_ns: u64, input: &[u8]) -> bool {
        let Some(messages) = &mut self.messages else { return false };
        let Ok(message_bytes) = u16::try_from(input.len()) else { return false };
        if self.ring.free() == 0 || messages.free() < input.len() {
            return false;
        }
        messages.push_slice(input);
        self.ring.push_from([Inbound { command: clock, arrival_ns, client: ClientId::GATEWAY, message_bytes }]);
        true
    }

    /// Whether messages are kept.
    pub const fn keeps_messages(&self) -> bool {
        self.keeps
    }

    /// Puts one command, for which there is room, with the message that brought it.
    pub fn push(&mut self, command: Command, arrival_ns: u64, client: ClientId, message: &[u8]) {
        // The bytes first: who sees the command finds them. A message that is too long is cut: the log keeps the command.
        let message = &message[..message.len().min(MOST_MESSAGE_BYTES)];
        let messages = self.messages.as_mut().filter(|_| self.keeps);
        let kept = messages.map_or(0, |messages| messages.push_slice(message));
        let message_bytes = u16::try_from(kept).unwrap_or(0);
        self.ring.push_from([Inbound { command, arrival_ns, client, message_bytes }]);
    }
}

impl Outlet {
    pub fn len(&mut self) -> usize {
        self.ring.len()
    }

    /// Whether a look at it would find something new: commands, or the end.
    pub fn is_ready(&mut self) -> bool {
        !self.ring.is_empty() || self.ring.is_closed()
    }

    pub fn is_finished(&mut self) -> bool {
        self.ring.is_finished()
    }

    /// Takes up to `limit` commands with their messages; how many.
    #[inline]
    pub fn drain(&mut self, limit: usize, mut each: impl FnMut(&Inbound, &[u8])) -> usize {
        let Self { ring, messages, message } = self;
        ring.drain(limit, |inbound| {
            let bytes = &mut message[..usize::from(inbound.message_bytes)];
            if let Some(messages) = messages {
                messages.pop_slice(bytes);
            }
            each(&inbound, bytes);
        })
    }
}

/// The ring of commands; `keeps`: and of the bytes that brought them; `inputs`: the gateway's inputs come too.
///
/// # Errors
/// Never for this size; the ring's own words otherwise.
pub fn inbound(keeps: bool, inputs: bool) -> Result<(Inlet, Outlet), String> {
    let (producer, consumer) = channel(INBOUND_SLOTS).map_err(|error| error.to_string())?;
    let (mut put, mut take) = (None, None);
    if keeps || inputs {
        let (producer, consumer) = channel(MESSAGE_RING_BYTES).map_err(|error| error.to_string())?;
        (put, take) = (Some(producer), Some(consumer));
    }
    let message = Box::new([0; MOST_MESSAGE_BYTES]);
    Ok((Inlet { ring: producer, messages: put, keeps }, Outlet { ring: consumer, messages: take, message }))
}

/// The ring of messages for OUCH clients.
///
/// # Errors
/// Never for this size; the ring's own words otherwise.
pub fn mail() -> Result<(Producer<u8>, Consumer<u8>), String> {
    channel(MESSAGE_RING_BYTES).map_err(|error| error.to_string())
}

/// The ring of reports.
///
/// # Errors
/// Never for this size; the ring's own words otherwise.
pub fn outbound() -> Result<(Producer<Outbound>, Consumer<Outbound>), String> {
    channel(OUTBOUND_SLOTS).map_err(|error| error.to_string())
}
