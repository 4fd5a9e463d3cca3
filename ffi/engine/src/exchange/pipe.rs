//! Ingest from one stream into the ring: where a log keeps each command with the bytes that brought it.

use super::decode::Halted;
use super::ingest::{Ingest, Took};
use super::lane::{ClientId, Inlet};
use super::reader::Reader;
use crate::run::Control;
use hftz_model::{Command, CommandKind};
use hftz_source::Halt;

/// A stream of orders on its way into the ring, one by one: each must be told from the next.
pub struct Pipe {
    reader: Reader,
}

impl Pipe {
    #[must_use]
    pub const fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

impl Ingest for Pipe {
    fn step(&mut self, ring: &mut Inlet) -> Result<Took, Halted> {
        if ring.free() == 0 {
            return Ok(Took::RingFull);
        }
        let (arrival_ns, is_text) = (self.reader.arrival_ns(), self.reader.is_text());
        let (_, took) = self.reader.take_with(&mut [Command::empty(CommandKind::Clock)], |commands, message| {
            let message = if is_text { message.trim_ascii() } else { message };
            for command in commands {
                ring.push(*command, arrival_ns, ClientId::NOBODY, message);
            }
        });
        took
    }

    fn wait(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<Took, Halted> {
        self.reader.wait(control, halt)
    }
}
