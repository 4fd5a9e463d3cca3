//! One field after the other, and the numbers in them.

use super::error::{Error, ErrorKind};

/// Walks the fields of a line.
pub(super) struct Fields<'a> {
    line: &'a [u8],
    /// Start of the next field; past the end when there is none.
    next: usize,
    column: u32,
    /// Start of the field read last.
    at: usize,
}

impl<'a> Fields<'a> {
    pub fn new(line: &'a [u8]) -> Self {
        Self { line, next: 0, column: 0, at: 0 }
    }

    pub fn next(&mut self) -> Result<&'a [u8], Error> {
        self.column += 1;
        self.at = self.next.min(self.line.len());
        let Some(rest) = self.line.get(self.next..) else { return Err(self.error(ErrorKind::Missing)) };
        let end = rest.iter().position(|&byte| byte == b',').unwrap_or(rest.len());
        self.next += end + 1;
        Ok(&rest[..end])
    }

    pub fn number(&mut self) -> Result<i64, Error> {
        let field = self.next()?;
        integer(field).ok_or_else(|| self.error(ErrorKind::Number))
    }

    /// Whether every field has been read.
    pub fn finished(&self) -> bool {
        self.next > self.line.len()
    }

    /// An error about the field read last.
    #[allow(clippy::cast_possible_truncation)]
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error { column: self.column, at: self.at as u32, kind }
    }
}

/// An optional sign and 1 to 18 digits: what an `i64` holds in any case.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let value = unsigned(digits, 18)?;
    Some(if digits.len() < text.len() { -value } else { value })
}

/// Decimal seconds, as nanoseconds. Real files carry up to twelve decimals, digits that a binary float left behind: what is
/// beyond the ninth rounds it.
pub(super) fn time_ns(text: &[u8]) -> Option<u64> {
    let point = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let seconds = unsigned(&text[..point], 6)?;
    let fraction = text.get(point + 1..).unwrap_or(b"0");
    let (kept, beyond) = fraction.split_at(fraction.len().min(9));
    let up = match beyond {
        [] => 0,
        _ => i64::from(unsigned(beyond, 9).map(|_| beyond[0])? >= b'5'),
    };
    let nanoseconds = unsigned(kept, 9)? * 10i64.pow(9 - kept.len() as u32) + up;
    u64::try_from(seconds * 1_000_000_000 + nanoseconds).ok()
}

fn unsigned(digits: &[u8], most: usize) -> Option<i64> {
    if digits.is_empty() || digits.len() > most || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_every_nanosecond() {
        assert_eq!(time_ns(b"34200.017459617"), Some(34_200_017_459_617));
        assert_eq!(time_ns(b"34200.18960767"), Some(34_200_189_607_670));
        assert_eq!(time_ns(b"57600"), Some(57_600_000_000_000));
        assert_eq!(time_ns(b"35821.088778456004"), Some(35_821_088_778_456));
        assert_eq!(time_ns(b"1.9999999995"), Some(2_000_000_000));
        for wrong in [&b""[..], b".5", b"1.", b"1.0000000000000000001", b"1.000000000x", b"-1", b"1e3", b"1.5.2"] {
            assert_eq!(time_ns(wrong), None, "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn an_integer_is_digits_with_at_most_a_minus() {
        assert_eq!(integer(b"-9999999999"), Some(-9_999_999_999));
        for wrong in [&b""[..], b"-", b"+1", b" 1", b"1 ", b"1234567890123456789"] {
            assert_eq!(integer(wrong), None);
        }
    }
}
