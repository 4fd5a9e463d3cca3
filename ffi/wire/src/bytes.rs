//! Big-endian loads and stores at fixed places of fixed arrays.
//!
//! Every caller names a constant offset of an array whose length is part of its type, so after inlining the bounds
//! checks are gone and a load is one `mov` and one `bswap`. A slice would keep the checks.

/// `W` bytes at `at`. Panics when they do not fit, which constant offsets rule out.
#[inline(always)]
pub const fn array<const N: usize, const W: usize>(bytes: &[u8; N], at: usize) -> [u8; W] {
    let mut out = [0; W];
    let mut index = 0;
    while index < W {
        out[index] = bytes[at + index];
        index += 1;
    }
    out
}

#[inline(always)]
pub const fn be16<const N: usize>(bytes: &[u8; N], at: usize) -> u16 {
    u16::from_be_bytes(array(bytes, at))
}

#[inline(always)]
pub const fn be32<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}

/// A 48-bit unsigned integer, the width of an ITCH timestamp: what is left of the eight bytes that end with it, which is one load and not
/// two. Two bytes must lie before it.
#[inline(always)]
pub const fn be48<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    be64(bytes, at - 2) & 0xFFFF_FFFF_FFFF
}

#[inline(always)]
pub const fn be64<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    u64::from_be_bytes(array(bytes, at))
}

/// Copies the start of `from` into a zeroed array: a short message gets the readable slack that fixed-size loads want.
#[inline]
pub fn padded<const N: usize>(from: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let take = from.len().min(N);
    out[..take].copy_from_slice(&from[..take]);
    out
}
