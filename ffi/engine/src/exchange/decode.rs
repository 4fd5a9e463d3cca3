//! From bytes of orders to commands: the ingest side's half of the exchange.
//!
//! A batch of at most what the caller has room for, because the room is that of a ring: what does not fit stays bytes.

use super::config::OrderFormat;
use super::ndjson;
use hftz_model::Command;
use hftz_wire::lobster::split_line;
use hftz_wire::native::{self, Stop};

/// The input stopped being orders. Everything before was traded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Halted {
    /// One line for a user, with the place.
    pub text: String,
}

/// What one call did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// Bytes of the input whose commands were written.
    pub consumed: usize,
    /// Commands written, from the front.
    pub filled: usize,
    pub next: Next,
}

/// Why a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// The rest is no whole order; more bytes may make it one.
    MoreInput,
    /// There is no room for another command.
    Full,
    /// The next byte or line is no order.
    Halted(Halted),
}

/// Knows where it is in one stream of orders.
#[derive(Clone, Debug)]
pub struct Decoder {
    format: OrderFormat,
    lines: u64,
}

impl Decoder {
    #[must_use]
    pub const fn new(format: OrderFormat) -> Self {
        Self { format, lines: 0 }
    }

    /// Whether orders are lines.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.format == OrderFormat::Ndjson
    }

    /// Reads whole orders of `input`, whose first byte is at `offset` of the stream, into `out`.
    pub fn decode(&mut self, input: &[u8], offset: u64, out: &mut [Command]) -> Decoded {
        match self.format {
            OrderFormat::Native => {
                let done = native::decode_batch(input, offset, out);
                let next = match done.stop {
                    Stop::OutFull => Next::Full,
                    Stop::MoreInput => Next::MoreInput,
                    Stop::Error(error) => Next::Halted(Halted { text: error.to_string() }),
                };
                Decoded { consumed: done.consumed, filled: done.filled, next }
            }
            OrderFormat::Ndjson => self.decode_lines(input, offset, out),
        }
    }

    fn decode_lines(&mut self, input: &[u8], offset: u64, out: &mut [Command]) -> Decoded {
        let (mut consumed, mut filled) = (0, 0);
        let next = loop {
            let Some(slot) = out.get_mut(filled) else { break Next::Full };
            let Some((line, taken)) = split_line(&input[consumed..]) else {
                break if input.len() - consumed > ndjson::MAX_LINE {
                    let line = self.lines + 1;
                    let place = offset + consumed as u64;
                    let text = format!("line {line} (offset {place}): longer than {} bytes", ndjson::MAX_LINE);
                    Next::Halted(Halted { text })
                } else {
                    Next::MoreInput
                };
            };
            match self.read_line(line, offset + consumed as u64) {
                Ok(command) => {
                    consumed += taken;
                    if let Some(command) = command {
                        *slot = command;
                        filled += 1;
                    }
                }
                Err(halted) => break Next::Halted(halted),
            }
        };
        Decoded { consumed, filled, next }
    }

    /// `None`: an empty line.
    fn read_line(&mut self, line: &[u8], offset: u64) -> Result<Option<Command>, Halted> {
        self.lines += 1;
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let wrong = |rule| Halted { text: format!("line {} (offset {offset}): {rule}", self.lines) };
        ndjson::parse(line).map(Some).map_err(wrong)
    }

    /// What is left when the input has ended: a last line without its end, nothing, or an error.
    ///
    /// # Errors
    /// When half an order is left.
    pub fn finish(&mut self, rest: &[u8], offset: u64) -> Result<Option<Command>, Halted> {
        match self.format {
            OrderFormat::Native => match native::finish(rest, offset) {
                None => Ok(None),
                Some(error) => Err(Halted { text: error.to_string() }),
            },
            OrderFormat::Ndjson => self.read_line(rest, offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hftz_model::{CommandKind, Side};

    fn decode(format: OrderFormat, input: &[u8], room: usize) -> (Vec<Command>, Decoded) {
        let mut out = vec![Command::empty(CommandKind::Clock); room];
        let done = Decoder::new(format).decode(input, 0, &mut out);
        out.truncate(done.filled);
        (out, done)
    }

    #[test]
    fn no_more_is_read_than_there_is_room_for() {
        let mut bytes = [0; 64];
        let order = Command::limit(1, Side::Buy, 7, 100, 5);
        native::write(&order, &mut bytes[..32]);
        native::write(&order, &mut bytes[32..]);
        let (commands, done) = decode(OrderFormat::Native, &bytes, 1);
        assert_eq!((commands, done.consumed, done.next), (vec![order], 32, Next::Full));
        let (commands, done) = decode(OrderFormat::Native, &bytes[..60], 4);
        assert_eq!((commands.len(), done.consumed, done.next), (1, 32, Next::MoreInput));
    }

    #[test]
    fn lines_are_counted_over_empty_ones_and_a_wrong_one_is_named() {
        let (commands, done) = decode(OrderFormat::Ndjson, b"\n{\"type\":\"clock\",\"time\":5}\n{\n", 4);
        assert_eq!(commands, [Command::clock(5)]);
        assert!(matches!(done.next, Next::Halted(ref halted) if halted.text.starts_with("line 3 (offset 27)")));
    }

    #[test]
    fn a_line_that_never_ends_is_given_up() {
        let (_, done) = decode(OrderFormat::Ndjson, &vec![b' '; ndjson::MAX_LINE + 1], 4);
        assert!(matches!(done.next, Next::Halted(ref halted) if halted.text.contains("longer than")));
    }
}
