//! From bytes of orders to commands: the ingest side's half of the exchange.
//!
//! A batch of at most what the caller has room for, because the room is that of a ring: what does not fit stays bytes.

use super::config::OrderFormat;
use super::ndjson;
use hftz_isa::V3;
use hftz_model::Command;
use hftz_wire::detect;
use hftz_wire::lobster::split_line;
use hftz_wire::native::{self, Stop};

/// The input stopped being orders. Everything before was traded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Halted {
    /// One line for a user, with the place.
    pub text: String,
    pub hint: Option<&'static str>,
}

impl Halted {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: None }
    }
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
    isa: Option<V3>,
}

impl Decoder {
    #[must_use]
    pub fn new(format: OrderFormat) -> Self {
        // Who makes the engine says it when that is asked for which there is not.
        Self { format, lines: 0, isa: hftz_isa::chosen().unwrap_or_default() }
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
                let done = native::decode_batch_on(self.isa, input, offset, out);
                let next = match done.stop {
                    Stop::OutFull => Next::Full,
                    Stop::MoreInput => Next::MoreInput,
                    Stop::Error(error) => {
                        let hint = self.hint(&input[done.consumed..], error.offset);
                        Next::Halted(Halted { text: error.to_string(), hint })
                    }
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
                    Next::Halted(Halted { text, hint: self.hint(&input[consumed..], place) })
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
        let wrong = |rule| Halted {
            text: format!("line {} (offset {offset}): {rule}", self.lines),
            hint: self.hint(line, offset),
        };
        ndjson::parse(line).map(Some).map_err(wrong)
    }

    /// What an input may be that is not of the format from its first byte on. `head` begins at `offset`.
    fn hint(&self, head: &[u8], offset: u64) -> Option<&'static str> {
        let first = *head.trim_ascii_start().first()?;
        match self.format {
            _ if offset > 0 => None,
            OrderFormat::Native if matches!(first, b'{' | b'[') => {
                Some("orders as JSON, one object a line, are read with --format ndjson")
            }
            OrderFormat::Ndjson if native::length_of(first).is_some() && head.contains(&0) => {
                Some("orders in the native protocol are read without --format ndjson")
            }
            _ => detect(head).map(|_| "this is a feed, not orders: hftz replay reads it"),
        }
    }

    /// What is left when the input has ended: a last line without its end, nothing, or an error.
    ///
    /// # Errors
    /// When half an order is left.
    pub fn finish(&mut self, rest: &[u8], offset: u64) -> Result<Option<Command>, Halted> {
        match self.format {
            OrderFormat::Native => match native::finish(rest, offset) {
                None => Ok(None),
                Some(error) => Err(Halted::new(error.to_string())),
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
    fn an_input_that_is_no_order_from_the_start_is_told_what_it_may_be() {
        let hint = |format, input: &[u8]| match decode(format, input, 4).1.next {
            Next::Halted(halted) => halted.hint,
            other => panic!("{other:?}"),
        };
        let order = Command::limit(1, Side::Buy, 7, 100, 5);
        let mut native = [0; native::MAX_MESSAGE_BYTES];
        let bytes = native::write(&order, &mut native).unwrap();
        let native = &native[..bytes];
        for json in [&b"{\"type\":\"new\"}\n"[..], b"\n [1]\n"] {
            assert!(hint(OrderFormat::Native, json).unwrap().contains("--format ndjson"));
        }
        assert!(hint(OrderFormat::Ndjson, &[native, b"\n"].concat()).unwrap().contains("without --format ndjson"));
        let feed = [&[0, 12, b'S'][..], &[0; 11], b"\n"].concat();
        for format in [OrderFormat::Native, OrderFormat::Ndjson] {
            assert!(hint(format, &feed).unwrap().contains("hftz replay"));
            assert_eq!(hint(format, b"hello\n"), None);
        }
        assert_eq!(hint(OrderFormat::Native, &[native, b"{"].concat()), None, "it began as it should");
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
