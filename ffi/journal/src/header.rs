//! The first 64 bytes of a segment.
//!
//! ```text
//!  0:8 magic "HFTZLOG\0" · 8:4 version · 12:4 zero · 16:8 journal id · 24:8 index of the segment, from 1
//! 32:8 sequence of its first record (0: prepared, not yet in use) · 40:8 sequence known durable when it was taken into use
//! 48:8 bytes of the segment · 56:4 CRC-32C of bytes 0..56 · 60:4 zero
//! ```

use crate::report::Fault;

pub(crate) const LENGTH: usize = 64;
/// Format of segments, snapshots and identity.
pub(crate) const VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"HFTZLOG\0";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub journal: u64,
    pub index: u64,
    pub first: u64,
    pub durable: u64,
    pub bytes: u64,
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; LENGTH] {
        let mut out = [0; LENGTH];
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        let fields = [self.journal, self.index, self.first, self.durable, self.bytes];
        for (place, field) in out[16..56].chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        let sum = crc32c::crc32c(&out[..56]);
        out[56..60].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// Reads the header of the segment that should be number `index` of `journal`.
    ///
    /// # Errors
    /// [`Fault::Foreign`] and [`Fault::Version`] where a crash cannot be the cause, [`Fault::Header`] where it can.
    pub(crate) fn decode(bytes: &[u8], journal: u64, index: u64) -> Result<Self, Fault> {
        let Some(head) = bytes.first_chunk::<LENGTH>() else {
            return Err(Fault::Header);
        };
        if head[..8] != MAGIC {
            return Err(if head[..8] == [0; 8] { Fault::Header } else { Fault::Foreign });
        }
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| head[at + i]));
        let half = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| head[at + i]));
        if half(56) != crc32c::crc32c(&head[..56]) {
            return Err(Fault::Header);
        }
        if half(8) != VERSION {
            return Err(Fault::Version { found: half(8) });
        }
        let header = Self { journal: word(16), index: word(24), first: word(32), durable: word(40), bytes: word(48) };
        if header.journal != journal || header.index != index {
            return Err(Fault::Foreign);
        }
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header { journal: 77, index: 3, first: 1000, durable: 990, bytes: 1 << 20 };

    #[test]
    fn comes_back_as_written() {
        assert_eq!(Header::decode(&HEADER.encode(), 77, 3), Ok(HEADER));
    }

    #[test]
    fn a_file_of_another_journal_a_wrong_place_and_a_wrong_version_are_told_apart() {
        let mut bytes = HEADER.encode();
        assert_eq!(Header::decode(&bytes, 78, 3), Err(Fault::Foreign));
        assert_eq!(Header::decode(&bytes, 77, 4), Err(Fault::Foreign));
        bytes[8] = 2;
        assert_eq!(Header::decode(&bytes, 77, 3), Err(Fault::Header), "a version without its checksum is damage");
        let sum = crc32c::crc32c(&bytes[..56]);
        bytes[56..60].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(Header::decode(&bytes, 77, 3), Err(Fault::Version { found: 2 }));
        assert_eq!(Header::decode(b"#!/bin/sh\n", 77, 3), Err(Fault::Header));
        assert_eq!(Header::decode(&[b'x'; 64], 77, 3), Err(Fault::Foreign));
    }
}
