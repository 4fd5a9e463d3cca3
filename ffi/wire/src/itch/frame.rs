//! Framing alone: one record after the other, as slices.

use super::error::{Error, ErrorKind};
use super::types::{EXPECTED, UNKNOWN};

/// One look at the start of `input`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Frame {
    /// A whole, valid record with a message of `length` bytes, of which `expected` are the type's own.
    Message {
        length: u16,
        expected: u16,
    },
    /// The record is not all there yet.
    Partial,
    Bad(ErrorKind),
}

/// Reads one length prefix and checks the record against every framing rule. This is the definition: the fast loops
/// take only records that satisfy it trivially and hand every other one to this function.
#[inline]
pub(super) fn frame(input: &[u8]) -> Frame {
    let Some((prefix, rest)) = input.split_first_chunk::<2>() else { return Frame::Partial };
    let length = u16::from_be_bytes(*prefix);
    if length == 0 {
        return Frame::Bad(ErrorKind::ZeroLength);
    }
    if rest.len() < usize::from(length) {
        return Frame::Partial;
    }
    let kind = rest[0];
    let expected = EXPECTED[usize::from(kind)];
    if expected == UNKNOWN {
        return Frame::Bad(ErrorKind::UnknownType { kind, length });
    }
    let expected = expected as u16;
    if length < expected {
        return Frame::Bad(ErrorKind::TooShort { kind, length, expected });
    }
    Frame::Message { length, expected }
}

/// What is wrong with the bytes that remain when the input has ended: nothing, or a truncated record.
/// `rest` is what the last call left unread, `offset` its absolute position.
pub fn finish(rest: &[u8], offset: u64) -> Result<(), Error> {
    let need = match rest {
        [] => return Ok(()),
        [_] => 2,
        [high, low, ..] => 2 + u32::from(u16::from_be_bytes([*high, *low])),
    };
    Err(Error { offset, kind: ErrorKind::Truncated { have: rest.len() as u32, need } })
}

/// Walks framed bytes record by record: `(absolute offset of the type byte, message)`. Ends at the first incomplete
/// record; yields an error once, at the first bad one, and then ends.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    input: &'a [u8],
    base: u64,
    at: usize,
    failed: bool,
}

impl<'a> Records<'a> {
    /// `base` is the absolute position of `input[0]`.
    #[must_use]
    pub const fn new(input: &'a [u8], base: u64) -> Self {
        Self { input, base, at: 0, failed: false }
    }

    /// Bytes walked so far: where the next record, or the bad or incomplete one, begins.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<(u64, &'a [u8]), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let offset = self.base + self.at as u64;
        match frame(&self.input[self.at..]) {
            Frame::Partial => None,
            Frame::Bad(kind) => {
                self.failed = true;
                Some(Err(Error { offset, kind }))
            }
            Frame::Message { length, .. } => {
                let start = self.at + 2;
                self.at = start + usize::from(length);
                Some(Ok((offset + 2, &self.input[start..self.at])))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_record_names_its_offset_and_what_is_missing() {
        assert_eq!(finish(&[], 10), Ok(()));
        let half_prefix = finish(&[0], 10).unwrap_err();
        assert_eq!(half_prefix, Error { offset: 10, kind: ErrorKind::Truncated { have: 1, need: 2 } });
        let half_record = finish(&[0, 36, b'A'], 7).unwrap_err();
        assert_eq!(
            half_record.to_string(),
            "offset 7: the input ends inside a record: 3 bytes are there, 38 belong to it"
        );
        assert_eq!(half_record.record_bytes(), None);
    }

    #[test]
    fn records_end_at_the_first_bad_one_with_its_offset() {
        let mut input = vec![0, 19, b'D'];
        input.extend([0; 18]);
        input.extend([0, 3, b'z', 1, 2, 0, 12]);
        let mut records = Records::new(&input, 100);
        assert_eq!(records.next().unwrap().unwrap().0, 102);
        let error = records.next().unwrap().unwrap_err();
        assert_eq!(error, Error { offset: 121, kind: ErrorKind::UnknownType { kind: b'z', length: 3 } });
        assert_eq!(error.record_bytes(), Some(5));
        assert_eq!(records.next(), None);
        assert_eq!(records.consumed(), 21);
    }

    #[test]
    fn a_zero_prefix_is_its_own_error() {
        let error = Records::new(&[0, 0, 0, 0], 0).next().unwrap().unwrap_err();
        assert_eq!(error.offset, 0);
        assert_eq!(error.kind, ErrorKind::ZeroLength);
        assert!(error.to_string().starts_with("offset 0: record length 0"));
    }
}
