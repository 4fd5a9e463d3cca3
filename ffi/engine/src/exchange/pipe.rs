//! Ingest from one stream into the ring: where a log keeps each command with the bytes that brought it.

use super::decode::Halted;
use super::ingest::{Ingest, Took};
use super::lane::{ClientId, Inlet, MOST_MESSAGE_BYTES};
use super::reader::Reader;
use crate::run::Control;
use hftz_model::{Command, CommandKind};
use hftz_source::Halt;
use hftz_wire::native;

/// Commands decoded at once, as many as the matching side takes in one step.
const BURST: usize = 128;

/// A stream of orders on its way into the ring.
pub struct Pipe {
    reader: Reader,
    room: Box<[Command]>,
}

impl Pipe {
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        Self { reader, room: vec![Command::empty(CommandKind::Clock); BURST].into_boxed_slice() }
    }
}

impl Ingest for Pipe {
    /// Orders in the native protocol say how long they are, so many are told from each other at once; as text they come one
    /// by one, each the line it came in.
    fn step(&mut self, ring: &mut Inlet) -> Result<Took, Halted> {
        let (arrival_ns, is_text) = (self.reader.arrival_ns(), self.reader.is_text());
        let (most_bytes, burst) = if is_text { (MOST_MESSAGE_BYTES, 1) } else { (native::MAX_MESSAGE_BYTES, BURST) };
        let free = ring.free_for(most_bytes).min(burst);
        if free == 0 {
            return Ok(Took::RingFull);
        }
        let (_, took) = self.reader.take_with(&mut self.room[..free], |commands, mut messages| {
            for command in commands {
                let length = if is_text { messages.len() } else { native::bytes_of(command.kind) };
                let (message, rest) = messages.split_at(length.min(messages.len()));
                messages = rest;
                let message = if is_text { message.trim_ascii() } else { message };
                ring.push(*command, arrival_ns, ClientId::NOBODY, message);
            }
        });
        took
    }

    fn wait(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<Took, Halted> {
        self.reader.wait(control, halt)
    }
}
