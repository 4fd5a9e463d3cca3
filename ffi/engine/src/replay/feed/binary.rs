//! BinaryFILE: length-prefixed records from a file, a pipe or gzip.

use super::{Batch, Fault, Feed, Step};
use hftz_model::Delta;
use hftz_source::{Fill, Gzip, Halt, Stream};
use hftz_wire::itch::{self, Decoder, ErrorKind, Stop, TypeCounts, count_batch};
use serde_json::{Map, Value, json};

/// Reads records until the input ends or a zero length as the very last record ends the session.
pub struct BinaryFeed {
    stream: Stream,
    decoder: Decoder,
    /// Bytes of the window that the last batch was decoded from: given up only at the next fill, so that they stay readable.
    used: usize,
    trailing: u64,
    /// Length of the bad record in front, for [`Feed::skip`].
    bad: usize,
    end_mark: bool,
}

impl BinaryFeed {
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self { stream, decoder: Decoder::new(), used: 0, trailing: 0, bad: 0, end_mark: false }
    }

    /// Called when no whole record is in the window. `None`: look again.
    fn refill(&mut self, halt: Halt<'_>) -> Result<Option<Step>, Fault> {
        if self.stream.ended() {
            itch::finish(self.stream.window(), self.stream.offset())?;
            return Ok(Some(Step::End));
        }
        match self.stream.fill(halt) {
            Ok(Fill::Stopped) => Ok(Some(Step::Stopped)),
            Ok(Fill::More | Fill::End) => Ok(None),
            Err(error) => Err(Fault::source(&error, self.stream.offset() + self.stream.window().len() as u64)),
        }
    }

    /// A zero length is the end of the session as the very last record and an error anywhere else: only the end of the
    /// input tells which. `true` when it is the end mark.
    fn is_end_mark(&mut self, error: itch::Error, halt: Halt<'_>) -> Result<bool, Fault> {
        if error.kind != ErrorKind::ZeroLength {
            return Ok(false);
        }
        while self.stream.window().len() == 2 && !self.stream.ended() {
            let offset = self.stream.offset();
            if self.stream.fill(halt).map_err(|e| Fault::source(&e, offset))? == Fill::Stopped {
                return Ok(false);
            }
        }
        self.end_mark = self.stream.window().len() == 2;
        Ok(self.end_mark)
    }

    /// With the window at the bad record: end mark, or the fault.
    fn fault(&mut self, error: itch::Error, halt: Halt<'_>) -> Result<Step, Fault> {
        if self.is_end_mark(error, halt)? {
            self.stream.consume(2);
            return Ok(Step::End);
        }
        self.bad = error.record_bytes().unwrap_or(0);
        Err(error.into())
    }
}

impl Feed for BinaryFeed {
    fn fill(&mut self, batch: &mut Batch, halt: Halt<'_>) -> Result<Step, Fault> {
        self.stream.consume(std::mem::take(&mut self.used));
        loop {
            let done = self.decoder.decode_batch(self.stream.window(), self.stream.offset(), &mut batch.deltas);
            (batch.filled, self.used) = (done.filled, done.consumed);
            self.trailing += done.trailing;
            if done.filled > 0 {
                // A fault behind these messages comes up again at the next fill, with nothing in front of it.
                return Ok(Step::More);
            }
            match done.stop {
                Stop::Error(error) => return self.fault(error, halt),
                Stop::MoreInput | Stop::OutFull => {
                    if let Some(step) = self.refill(halt)? {
                        return Ok(step);
                    }
                }
            }
        }
    }

    fn count(&mut self, counts: &mut TypeCounts, halt: Halt<'_>) -> Result<Step, Fault> {
        let done = count_batch(self.stream.window(), self.stream.offset(), counts);
        self.stream.consume(done.consumed);
        self.trailing += done.trailing;
        match done.stop {
            Stop::Error(error) => self.fault(error, halt),
            Stop::MoreInput | Stop::OutFull => Ok(self.refill(halt)?.unwrap_or(Step::More)),
        }
    }

    fn skip(&mut self) {
        self.stream.consume(std::mem::take(&mut self.bad));
    }

    fn message(&self, delta: &Delta) -> Option<&[u8]> {
        super::framed_message(self.stream.window(), self.stream.offset(), delta.offset)
    }

    fn taken(&self) -> u64 {
        self.stream.taken()
    }

    fn size(&self) -> Option<u64> {
        self.stream.size()
    }

    fn gzip(&self) -> Option<Gzip> {
        self.stream.gzip()
    }

    fn facts(&self, into: &mut Map<String, Value>) {
        into.insert("format".into(), json!("BinaryFILE"));
        into.insert("decoder".into(), json!(self.decoder.name()));
        into.insert("trailingBytes".into(), json!(self.trailing));
        into.insert("endOfSession".into(), json!(self.end_mark));
    }
}
