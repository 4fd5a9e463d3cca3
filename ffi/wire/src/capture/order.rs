//! Integers in the byte order of the machine that captured.

/// Byte order of a file or section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    Big,
    Little,
}

impl Order {
    pub const fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Big => u16::from_be_bytes(bytes),
            Self::Little => u16::from_le_bytes(bytes),
        }
    }

    pub const fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        }
    }

    /// The `index`-th 32-bit word of `bytes`; 0 beyond its end.
    pub fn word(self, bytes: &[u8], index: usize) -> u32 {
        bytes.get(4 * index..).and_then(<[u8]>::first_chunk).map_or(0, |word| self.u32(*word))
    }
}
