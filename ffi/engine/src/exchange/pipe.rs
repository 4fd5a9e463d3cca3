//! Ingest from one stream: a file, a pipe, standard input.

use super::decode::{Decoder, Halted, Next};
use super::ingest::{Ingest, Took};
use super::lane::{ClientId, Inlet};
use super::trader::nanoseconds;
use crate::run::{Control, Counter};
use hftz_model::{Command, CommandKind};
use hftz_source::{Fill, Halt, Stream};
use std::time::Instant;

/// Commands decoded at once.
const BATCH: usize = 128;

/// A stream of orders on its way into the ring.
pub struct Pipe {
    stream: Stream,
    decoder: Decoder,
    batch: Box<[Command]>,
    started: Instant,
    /// When the bytes in the window came.
    arrival_ns: u64,
}

impl Pipe {
    #[must_use]
    pub fn new(stream: Stream, decoder: Decoder, started: Instant) -> Self {
        let batch = vec![Command::empty(CommandKind::Clock); BATCH].into_boxed_slice();
        Self { stream, decoder, batch, started, arrival_ns: nanoseconds(started) }
    }
}

impl Ingest for Pipe {
    fn step(&mut self, ring: &mut Inlet) -> Result<Took, Halted> {
        // One by one where each must be told from the next.
        let room = ring.free().min(if ring.keeps_messages() { 1 } else { BATCH });
        if room == 0 {
            return Ok(Took::RingFull);
        }
        let done = self.decoder.decode(self.stream.window(), self.stream.offset(), &mut self.batch[..room]);
        let (arrival_ns, client) = (self.arrival_ns, ClientId::NOBODY);
        match &self.batch[..done.filled] {
            [command] => {
                let message = &self.stream.window()[..done.consumed];
                let message = if self.decoder.is_text() { message.trim_ascii() } else { message };
                ring.push(*command, arrival_ns, client, message);
            }
            commands => ring.push_all(commands, arrival_ns, client),
        }
        self.stream.consume(done.consumed);
        match done.next {
            Next::Full => Ok(Took::Some),
            Next::Halted(halted) => Err(halted),
            Next::MoreInput if done.filled > 0 => Ok(Took::Some),
            Next::MoreInput if !self.stream.ended() => Ok(Took::Dry),
            Next::MoreInput => {
                let last = self.decoder.finish(self.stream.window(), self.stream.offset())?;
                if let Some(command) = last {
                    ring.push(command, arrival_ns, client, self.stream.window().trim_ascii());
                }
                Ok(Took::Ended)
            }
        }
    }

    fn wait(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<Took, Halted> {
        control.show(Counter::BytesIn, self.stream.taken());
        control.show(Counter::BytesTotal, self.stream.size().unwrap_or(0));
        let filled = self.stream.fill(halt).map_err(|error| Halted { text: error.to_string() })?;
        self.arrival_ns = nanoseconds(self.started);
        Ok(if filled == Fill::Stopped { Took::Ended } else { Took::Some })
    }
}
