//! Lines of a text input, with their numbers.

use super::Ended;
use crate::replay::feed::Fault;
use hftz_source::{Fill, Gzip, Halt, Stream};
use hftz_wire::lobster::{self, split_line};

/// Longest line of an orderbook file: [`lobster::MAX_LEVELS`] levels of four columns, each with its comma.
const MAX_LINE: usize = lobster::MAX_LEVELS * 4 * 20;

/// One line.
pub struct Line {
    pub text: Vec<u8>,
    /// Counted from 1.
    pub number: u64,
    pub offset: u64,
}

/// A stream, line by line.
pub struct Lines {
    stream: Stream,
    read: u64,
}

impl Lines {
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self { stream, read: 0 }
    }

    /// The next line; `None` at the end.
    pub fn next(&mut self, halt: Halt<'_>) -> Result<Option<Line>, Ended> {
        loop {
            let (offset, window) = (self.stream.offset(), self.stream.window());
            let rest = (self.stream.ended() && !window.is_empty()).then_some((window, window.len()));
            if let Some((text, taken)) = split_line(window).or(rest) {
                self.read += 1;
                let line = Line { text: text.to_vec(), number: self.read, offset };
                self.stream.consume(taken);
                return Ok(Some(line));
            }
            if self.stream.ended() {
                return Ok(None);
            }
            if window.len() > MAX_LINE {
                let text = format!("{} line {}: too long for LOBSTER", self.stream.name(), self.read + 1);
                return Err(Fault { offset, rule: "line-too-long", text, passable: false }.into());
            }
            match self.stream.fill(halt) {
                Ok(Fill::Stopped) => return Err(Ended::Stopped),
                Ok(Fill::More | Fill::End) => {}
                Err(error) => return Err(Fault::source(&error, offset).into()),
            }
        }
    }

    #[must_use]
    pub fn gzip(&self) -> Option<Gzip> {
        self.stream.gzip()
    }

    #[must_use]
    pub fn taken(&self) -> u64 {
        self.stream.taken()
    }

    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.stream.size()
    }
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A row that breaks a rule.
pub fn fault(file: &str, line: &Line, error: lobster::Error) -> Fault {
    let text = format!("{file} file, line {} (offset {}): {error}", line.number, line.offset);
    Fault { offset: line.offset, rule: error.name(), text, passable: false }
}
