//! A stream of orders as commands: a file, a pipe, standard input.

use super::decode::{Decoder, Halted, Next};
use super::ingest::Took;
use super::vitals::nanoseconds;
use crate::run::{Control, Counter};
use hftz_model::Command;
use hftz_source::{Fill, Halt, Stream};
use std::time::Instant;

/// Knows what of a stream has been decoded, and when it came.
pub struct Reader {
    stream: Stream,
    decoder: Decoder,
    started: Instant,
    /// When the bytes in the window came.
    arrival_ns: u64,
}

impl Reader {
    #[must_use]
    pub fn new(stream: Stream, decoder: Decoder, started: Instant) -> Self {
        Self { stream, decoder, started, arrival_ns: nanoseconds(started) }
    }

    /// When what is decoded next was read, nanoseconds of the run.
    #[must_use]
    pub const fn arrival_ns(&self) -> u64 {
        self.arrival_ns
    }

    /// Decodes what has been read into `room`, as much as it has room for; how many commands. Never waits.
    ///
    /// # Errors
    /// When the bytes behind those commands are no order.
    pub fn take(&mut self, room: &mut [Command]) -> (usize, Result<Took, Halted>) {
        self.take_with(room, |_, _| ())
    }

    /// The same, and shows the commands with the bytes that they were.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_with(
        &mut self,
        room: &mut [Command],
        show: impl FnOnce(&[Command], &[u8]),
    ) -> (usize, Result<Took, Halted>) {
        let (window, offset) = (self.stream.window(), self.stream.offset());
        let done = self.decoder.decode(window, offset, room);
        if done.filled == 0 && done.next == Next::MoreInput && self.stream.ended() {
            let last = match self.decoder.finish(window, offset) {
                Ok(last) => last,
                Err(halted) => return (0, Err(halted)),
            };
            let Some((last, slot)) = last.zip(room.first_mut()) else { return (0, self.end()) };
            *slot = last;
            show(&room[..1], window);
            return (1, self.end());
        }
        show(&room[..done.filled], &window[..done.consumed]);
        self.stream.consume(done.consumed);
        let took = match done.next {
            Next::Halted(halted) => Err(halted),
            Next::MoreInput if done.filled == 0 => Ok(Took::Dry),
            Next::MoreInput | Next::Full => Ok(Took::Some),
        };
        (done.filled, took)
    }

    /// Orders are not guessed at: bytes behind packed ones that are none of them are an error, as they are behind plain ones.
    fn end(&self) -> Result<Took, Halted> {
        match self.stream.gzip().and_then(|gzip| gzip.trailing) {
            Some(trailing) => Err(Halted::new(trailing.to_string())),
            None => Ok(Took::Ended),
        }
    }

    /// Whether the bytes around an order belong to it.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.decoder.is_text()
    }

    /// Whether [`Self::wait`] will not have to.
    #[must_use]
    pub fn is_ready(&mut self) -> bool {
        self.stream.is_ready()
    }

    /// Reads more, and waits for it if it must.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn wait(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<Took, Halted> {
        control.show(Counter::BytesIn, self.stream.taken());
        control.show(Counter::BytesTotal, self.stream.size().unwrap_or(0));
        let filled = self.stream.fill(halt).map_err(|error| Halted::new(error.to_string()))?;
        self.arrival_ns = nanoseconds(self.started);
        Ok(if filled == Fill::Stopped { Took::Ended } else { Took::Some })
    }
}
