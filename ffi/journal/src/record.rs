//! One record of the log: a 16-byte header, the payload, zeros up to a multiple of 8.
//!
//! ```text
//!  0:8 sequence · 8:3 payload length · 11:1 kind · 12:4 CRC-32C over bytes 0..12 and the padded payload · 16 payload
//! ```
//!
//! Sequences start at 1, so a header of zeros is the end of what was written in a zeroed segment. The padding is under
//! the checksum: every bit of a record matters, and the sum runs over whole words.
//!
//! Commit marks are records of the log itself ([`MARK`]): the payload is the highest sequence known durable, the
//! sequence field is that of the last record before the mark. They take no number of their own, because when they are
//! written depends on the disk and the caller's numbers must not.

use crate::checksum::Checksum;
use crate::report::Fault;

/// Bytes before the payload.
pub(crate) const HEADER: usize = 16;
/// Longest payload in bytes.
pub const MAX_PAYLOAD: usize = (1 << 24) - 1;
/// Kinds from here on belong to the log.
pub const FIRST_RESERVED_KIND: u8 = 0xF0;
/// A commit mark.
pub(crate) const MARK: u8 = 0xFF;
/// Bytes of a commit mark.
pub(crate) const MARK_ROOM: usize = HEADER + 8;

/// A record as it is read back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    pub sequence: u64,
    pub kind: u8,
    pub payload: &'a [u8],
}

/// Bytes that a payload of `length` takes in the log.
#[inline(always)]
pub(crate) const fn room(length: usize) -> usize {
    HEADER + ((length + 7) & !7)
}

#[inline(always)]
fn begin(seed: u32, sequence: u64, kind: u8, length: usize) -> (Checksum, u32) {
    let head = length as u32 | u32::from(kind) << 24;
    (Checksum::new(seed).word(sequence).half(head), head)
}

/// Writes a record in one pass: each word is read, summed and stored once.
///
/// # Safety
/// `to` is valid for writes of [`room`]`(payload.len())` bytes, 8-aligned, and nobody else reads or writes them yet.
/// `payload` is not longer than [`MAX_PAYLOAD`].
#[inline(always)]
pub(crate) unsafe fn put(to: *mut u8, seed: u32, sequence: u64, kind: u8, payload: &[u8]) {
    let (mut sum, head) = begin(seed, sequence, kind, payload.len());
    let mut words = payload.chunks_exact(8);
    // SAFETY: header and words stay below room(payload.len()), which the caller vouches for; `to` is 8-aligned and
    // every store is at a multiple of its size.
    unsafe {
        let mut at = to.add(HEADER).cast::<u64>();
        for chunk in words.by_ref() {
            let word = chunk.as_ptr().cast::<u64>().read_unaligned();
            sum = sum.word(word.to_le());
            // Volatile keeps it one pass; left to itself the compiler makes a call of memcpy and a loop of sums of it.
            at.write_volatile(word);
            at = at.add(1);
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            let word = u64::from_le_bytes(last);
            sum = sum.word(word);
            at.write(word.to_le());
        }
        to.cast::<u64>().write(sequence.to_le());
        to.add(8).cast::<u32>().write(head.to_le());
        to.add(12).cast::<u32>().write(sum.value().to_le());
    }
}

/// Writes a record whose payload comes in two pieces.
///
/// # Safety
/// As [`put`], for the length of both pieces together.
#[inline]
pub(crate) unsafe fn put_pair(to: *mut u8, seed: u32, sequence: u64, kind: u8, first: &[u8], second: &[u8]) {
    let length = first.len() + second.len();
    let padded = room(length) - HEADER;
    let (sum, head) = begin(seed, sequence, kind, length);
    // SAFETY: all of room(length) is ours to write, says the caller; the slice made of it ends before the header is
    // written.
    unsafe {
        let body = std::slice::from_raw_parts_mut(to.add(HEADER), padded);
        body[..first.len()].copy_from_slice(first);
        body[first.len()..length].copy_from_slice(second);
        body[length..].fill(0);
        let sum = sum.words(body);
        to.cast::<u64>().write(sequence.to_le());
        to.add(8).cast::<u32>().write(head.to_le());
        to.add(12).cast::<u32>().write(sum.value().to_le());
    }
}

/// What stands at a place in a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step<'a> {
    Record {
        record: Record<'a>,
        next: usize,
    },
    Mark {
        durable: u64,
        next: usize,
    },
    /// Zeros or the end of the bytes.
    End,
    Fault(Fault),
}

/// Fields of a header, nothing checked.
pub(crate) struct Raw {
    pub sequence: u64,
    pub length: usize,
    pub kind: u8,
    pub sum: u32,
}

impl Raw {
    pub(crate) fn new(header: &[u8; HEADER]) -> Self {
        let [a, b, c, d, e, f, g, h, l0, l1, l2, kind, s0, s1, s2, s3] = *header;
        Self {
            sequence: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            length: u32::from_le_bytes([l0, l1, l2, 0]) as usize,
            kind,
            sum: u32::from_le_bytes([s0, s1, s2, s3]),
        }
    }

    /// Whether the checksum holds; `body` is the padded payload.
    pub(crate) fn holds(&self, seed: u32, body: &[u8]) -> bool {
        begin(seed, self.sequence, self.kind, self.length).0.words(body).value() == self.sum
    }
}

/// Reads what stands at byte `at`; `expected` is the sequence of the next record.
pub(crate) fn read(bytes: &[u8], at: usize, seed: u32, expected: u64) -> Step<'_> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(header) = rest.first_chunk::<HEADER>() else {
        let zeros = rest.iter().all(|byte| *byte == 0);
        return if zeros { Step::End } else { Step::Fault(Fault::Overrun { needs: HEADER, left: rest.len() }) };
    };
    if *header == [0; HEADER] {
        return Step::End;
    }
    let raw = Raw::new(header);
    let room = room(raw.length);
    let Some(body) = rest.get(HEADER..room) else {
        return Step::Fault(Fault::Overrun { needs: room, left: rest.len() });
    };
    if !raw.holds(seed, body) {
        return Step::Fault(Fault::Checksum);
    }
    let next = at + room;
    let payload = &body[..raw.length];
    if raw.kind == MARK {
        let durable = payload.try_into().map(u64::from_le_bytes);
        return match durable {
            Ok(durable) if durable <= raw.sequence && raw.sequence.checked_add(1) == Some(expected) => {
                Step::Mark { durable, next }
            }
            _ => Step::Fault(Fault::Mark),
        };
    }
    if raw.kind >= FIRST_RESERVED_KIND {
        return Step::Fault(Fault::Kind { kind: raw.kind });
    }
    if raw.sequence != expected {
        return Step::Fault(Fault::Sequence { found: raw.sequence });
    }
    Step::Record { record: Record { sequence: raw.sequence, kind: raw.kind, payload }, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(payload: &[u8]) -> Vec<u8> {
        let mut words = vec![0u64; room(payload.len()) / 8 + 2];
        // SAFETY: the vector is 8-aligned and longer than the record.
        unsafe { put(words.as_mut_ptr().cast(), 9, 5, 3, payload) };
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn a_record_of_every_length_comes_back() {
        for length in 0..100 {
            let payload: Vec<u8> = (0..length).map(|i| i as u8 ^ 0x5A).collect();
            let bytes = written(&payload);
            let record = Record { sequence: 5, kind: 3, payload: &payload };
            assert_eq!(read(&bytes, 0, 9, 5), Step::Record { record, next: room(length) });
            assert_eq!(read(&bytes, room(length), 9, 6), Step::End);
        }
    }

    #[test]
    fn two_pieces_make_the_same_record_as_one() {
        let payload: Vec<u8> = (0..61).collect();
        for split in 0..=61 {
            let mut words = vec![u64::MAX; room(61) / 8];
            // SAFETY: the vector is 8-aligned and exactly as long as the record.
            unsafe { put_pair(words.as_mut_ptr().cast(), 9, 5, 3, &payload[..split], &payload[split..]) };
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            assert_eq!(bytes, written(&payload)[..room(61)]);
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = written(b"thirteen byte");
        for bit in 0..room(13) * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&damaged, 0, 9, 5), Step::Fault(_)), "bit {bit}");
        }
    }

    #[test]
    fn a_record_of_another_journal_does_not_pass() {
        assert_eq!(read(&written(b"order"), 0, 10, 5), Step::Fault(Fault::Checksum));
    }

    #[test]
    fn a_record_out_of_order_is_named() {
        assert_eq!(read(&written(b"order"), 0, 9, 4), Step::Fault(Fault::Sequence { found: 5 }));
    }
}
