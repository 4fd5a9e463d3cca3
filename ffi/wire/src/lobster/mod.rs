//! LOBSTER: reconstructed Nasdaq books as two CSV files, `..._message_L.csv` and `..._orderbook_L.csv`.
//!
//! Row i of the orderbook file is the book after message i. Neither file has a header. Numbers are read as integers: a time
//! is decimal seconds to the nanosecond, which no binary float holds, and a price is already 10^-4 of a dollar.
//! Source: the readme of the sample files (version of 1 September 2013).

mod book;
mod error;
mod field;
mod message;

pub use book::{Level, MAX_LEVELS, levels, parse_book};
pub use error::{Error, ErrorKind};
pub use message::{Kind, MessageRow, parse_message};

/// Cuts the first line off `input`: the line without its end (`\n` or `\r\n`), and the bytes it took. `None` when no line
/// end is there; at the end of the input the rest, if there is any, is the last line.
#[must_use]
pub fn split_line(input: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr::memchr(b'\n', input)?;
    let line = &input[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1))
}
