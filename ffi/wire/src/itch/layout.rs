//! Where each type keeps the fields of a `Delta`: the one table behind every batch decoder.

use super::types::{EXPECTED, UNKNOWN};

/// Message bytes a decoder may read from the type byte on, whatever the type: the longest field of the longest
/// message ends at 50, and 16-byte loads must fit too.
pub(super) const WINDOW: usize = 64;

/// Offset value for "this type has no such field".
pub(super) const NONE: u8 = u8::MAX;

/// Offsets from the type byte of what a `Delta` takes from a message. Time and locate sit at 5 and 1 in every type.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// Message length, [`UNKNOWN`] for a byte that is no type.
    pub length: u32,
    pub reference: u8,
    pub other: u8,
    pub price: u8,
    pub shares: u8,
    pub code: u8,
}

pub(super) const FIELDS: [Fields; 256] = {
    let mut table =
        [Fields { length: UNKNOWN, reference: NONE, other: NONE, price: NONE, shares: NONE, code: NONE }; 256];
    let mut kind = 0;
    while kind < 256 {
        let (reference, other, price, shares, code) = match kind as u8 {
            b'A' | b'F' => (11, NONE, 32, 20, 19),
            b'E' => (11, 23, NONE, 19, NONE),
            b'C' => (11, 23, 32, 19, 31),
            b'X' => (11, NONE, NONE, 19, NONE),
            b'D' => (11, NONE, NONE, NONE, NONE),
            b'U' => (11, 19, 31, 27, NONE),
            b'P' => (11, 36, 32, 20, 19),
            b'Q' => (11, 31, 27, NONE, 39),
            b'B' => (NONE, 11, NONE, NONE, NONE),
            b'S' => (NONE, NONE, NONE, NONE, 11),
            b'H' => (NONE, NONE, NONE, NONE, 19),
            b'h' => (NONE, NONE, NONE, NONE, 20),
            _ => (NONE, NONE, NONE, NONE, NONE),
        };
        table[kind] = Fields { length: EXPECTED[kind], reference, other, price, shares, code };
        kind += 1;
    }
    table
};
