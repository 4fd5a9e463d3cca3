//! The state hash: one 64-bit number for the whole content of a set of books.
//!
//! FNV-1a over a byte stream that `docs/state-hash.md` defines. FNV because its whole definition is two constants and
//! one line, so that anybody can recompute it in any language, and because it takes bytes as they come: no blocks, no
//! length, no byte order beyond the one the stream spells out. It finds differences; it does not keep out somebody who
//! searches for a collision.

use core::fmt;

use hftz_model::Side;

/// Feeds books, best level first and first in the queue first, and gives the number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StateHasher {
    state: u64,
}

impl Default for StateHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl StateHasher {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    #[must_use]
    pub const fn new() -> Self {
        Self { state: Self::OFFSET_BASIS }
    }

    /// Plain FNV-1a of `bytes`, appended to what came before.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.state = (self.state ^ u64::from(byte)).wrapping_mul(Self::PRIME);
        }
    }

    /// Opens one side of one book; only sides that hold an order are fed.
    #[inline]
    pub fn side(&mut self, locate: u16, side: Side) {
        self.bytes(&locate.to_le_bytes());
        self.bytes(&[side.byte()]);
    }

    /// One order of the side opened last. `price` in the book's own unit (10^-4 for ITCH).
    #[inline]
    pub fn order(&mut self, reference: u64, price: i64, shares: u32) {
        self.bytes(&reference.to_le_bytes());
        self.bytes(&price.to_le_bytes());
        self.bytes(&shares.to_le_bytes());
    }

    #[inline]
    #[must_use]
    pub const fn finish(&self) -> u64 {
        self.state
    }
}

/// The printed form: 16 lower-case hexadecimal digits.
impl fmt::Display for StateHasher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> u64 {
        let mut hasher = StateHasher::new();
        hasher.bytes(bytes);
        hasher.finish()
    }

    #[test]
    fn the_published_test_vectors_of_fnv_1a_come_out() {
        assert_eq!(of(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(of(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(of(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_printed_form_has_sixteen_digits() {
        assert_eq!(StateHasher { state: 0x2a }.to_string(), "000000000000002a");
    }

    #[test]
    fn the_worked_example_of_the_document_comes_out() {
        let mut hasher = StateHasher::new();
        hasher.side(7, Side::Buy);
        hasher.order(1, 1_000_000, 100);
        hasher.side(7, Side::Sell);
        hasher.order(2, 1_000_100, 50);
        assert_eq!(hasher.to_string(), "7fdabbe8649821c1");
    }
}
