//! One decoded market-data message: the form between `wire` (ITCH, LOBSTER) and `book::replica`.

use crate::Side;

/// What one feed message says, in 48 bytes, so that a batch of them is one flat array that can be filled without
/// branches and walked several times (prefetch, then apply).
///
/// `kind` is the ITCH 5.0 type byte. A field that the type does not carry is 0. Three fields change their meaning
/// with the type, so that the layout stays one:
///
/// | field | A F | E | C | X | D | U | P | Q | B | others |
/// |---|---|---|---|---|---|---|---|---|---|---|
/// | `reference` | order | order | order | order | order | original order | order (0) | crossed shares | 0 | 0 |
/// | `other` | 0 | match | match | 0 | 0 | new order | match | match | match | 0 |
/// | `code` | side | 0 | printable `Y`/`N` | 0 | 0 | 0 | side | cross type | 0 | S: event, H: state, h: action |
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Delta {
    /// Nanoseconds since midnight.
    pub time_ns: u64,
    /// The order reference (see the table).
    pub reference: u64,
    /// The second identifier (see the table).
    pub other: u64,
    /// Absolute position of the message's type byte in its input, bytes; for errors and for looking at the raw message again.
    pub offset: u64,
    /// 10^-4 of the currency.
    pub price: u32,
    /// Shares added, executed, cancelled or replaced to.
    pub shares: u32,
    /// Stock locate, 0 when the message concerns no single instrument.
    pub locate: u16,
    /// ITCH 5.0 message type.
    pub kind: u8,
    /// One byte of detail (see the table).
    pub code: u8,
    /// Explicit tail padding, always 0, so that a batch has no uninitialised bytes.
    pub reserved: u32,
}

impl Delta {
    /// The side of an add or a trade; `None` for other types or a byte that is neither `B` nor `S`.
    #[must_use]
    pub const fn side(&self) -> Option<Side> {
        match self.kind {
            b'A' | b'F' | b'P' => Side::from_byte(self.code),
            _ => None,
        }
    }

    /// Whether an execution counts as a print: false only for `C` with printable `N`.
    #[must_use]
    pub const fn printable(&self) -> bool {
        !(self.kind == b'C' && self.code == b'N')
    }

    /// Shares of a trade in full width: a cross (`Q`) may carry more than 2^32 of them.
    #[must_use]
    pub const fn traded(&self) -> u64 {
        if self.kind == b'Q' { self.reference } else { self.shares as u64 }
    }
}

const _: () = assert!(size_of::<Delta>() == 48);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cross_carries_its_size_in_full_width() {
        let cross = Delta { kind: b'Q', reference: 1 << 40, ..Delta::default() };
        assert_eq!(cross.traded(), 1 << 40);
        assert!(cross.printable());
    }

    #[test]
    fn only_a_non_printable_execution_is_not_a_print() {
        let silent = Delta { kind: b'C', code: b'N', ..Delta::default() };
        assert!(!silent.printable());
        assert!(Delta { kind: b'P', code: b'N', ..Delta::default() }.printable());
    }
}
