//! CRC-32C (Castagnoli) over records, seeded by the journal's id.
//!
//! The seed makes records of another journal, and bytes that a client forged into its own messages, as unlikely to pass
//! as noise. Records are 32 to 64 bytes, so the instruction is inlined word by word while they are copied; the call and
//! the run-time detection of a general routine would cost as much as the work. Snapshots use the `crc32c` crate, whose
//! interleaved streams win on long input, and so does everything on a target without the instruction.

/// A running checksum; the value is the register, not yet inverted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Checksum(u32);

impl Checksum {
    /// Starts from the journal's seed, see [`seed`].
    #[inline(always)]
    pub(crate) fn new(seed: u32) -> Self {
        Self(!seed)
    }

    #[inline(always)]
    pub(crate) fn word(self, word: u64) -> Self {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
        {
            // SAFETY: the cfg above says that the target has SSE4.2.
            Self(unsafe { core::arch::x86_64::_mm_crc32_u64(u64::from(self.0), word) } as u32)
        }
        #[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.2")))]
        {
            Self(!crc32c::crc32c_append(!self.0, &word.to_le_bytes()))
        }
    }

    #[inline(always)]
    pub(crate) fn half(self, half: u32) -> Self {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
        {
            // SAFETY: the cfg above says that the target has SSE4.2.
            Self(unsafe { core::arch::x86_64::_mm_crc32_u32(self.0, half) })
        }
        #[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.2")))]
        {
            Self(!crc32c::crc32c_append(!self.0, &half.to_le_bytes()))
        }
    }

    /// Takes whole words of `bytes`, whose length is a multiple of 8.
    pub(crate) fn words(self, bytes: &[u8]) -> Self {
        bytes.chunks_exact(8).fold(self, |sum, chunk| {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            sum.word(u64::from_le_bytes(word))
        })
    }

    #[inline(always)]
    pub(crate) fn value(self) -> u32 {
        !self.0
    }
}

/// The seed of a journal's records: the CRC-32C of its id.
pub(crate) fn seed(journal: u64) -> u32 {
    crc32c::crc32c(&journal.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_general_routine() {
        let bytes: Vec<u8> = (0..160u8).map(|i| i.wrapping_mul(37)).collect();
        for words in 0..20 {
            let start = seed(7);
            let sum = Checksum::new(start).words(&bytes[..words * 8]).half(0x0102_0304).value();
            let expected = crc32c::crc32c_append(crc32c::crc32c_append(start, &bytes[..words * 8]), &[4, 3, 2, 1]);
            assert_eq!(sum, expected);
        }
    }

    #[test]
    fn is_castagnoli() {
        // RFC 3720 B.4: 32 bytes of zeros.
        assert_eq!(Checksum::new(0).words(&[0; 32]).value(), 0x8A91_36AA);
    }
}
