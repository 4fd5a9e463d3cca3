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

    /// Orders in the native protocol say how long they are, so many are told from each other at once.
    fn step_native(&mut self, ring: &mut Inlet, free: usize) -> Result<Took, Halted> {
        let arrival_ns = self.reader.arrival_ns();
        let room = &mut self.room[..free.min(BURST)];
        let (_, took) = self.reader.take_with(room, |commands, messages| {
            let mut rest = messages;
            for command in commands {
                let message;
                (message, rest) = rest.split_at(native::bytes_of(command.kind).min(rest.len()));
                ring.push(*command, arrival_ns, ClientId::NOBODY, message);
            }
        });
        took
    }

    /// Orders as text go one by one: each is the line it came in.
    fn step_text(&mut self, ring: &mut Inlet) -> Result<Took, Halted> {
        let arrival_ns = self.reader.arrival_ns();
        let (_, took) = self.reader.take_with(&mut self.room[..1], |commands, message| {
            for command in commands {
                ring.push(*command, arrival_ns, ClientId::NOBODY, message.trim_ascii());
            }
        });
        took
    }
}

impl Ingest for Pipe {
    fn step(&mut self, ring: &mut Inlet) -> Result<Took, Halted> {
        let is_text = self.reader.is_text();
        let free = ring.free_for(if is_text { MOST_MESSAGE_BYTES } else { native::MAX_MESSAGE_BYTES });
        if free == 0 {
            Ok(Took::RingFull)
        } else if is_text {
            self.step_text(ring)
        } else {
            self.step_native(ring, free)
        }
    }

    fn wait(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<Took, Halted> {
        self.reader.wait(control, halt)
    }
}
