//! The side of an order.

/// Buy or sell, stored as the byte that ITCH, OUCH and the native protocol all put on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    Buy = b'B',
    Sell = b'S',
}

impl Side {
    /// Reads a wire byte; `None` for anything but `B` and `S`.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            b'B' => Some(Self::Buy),
            b'S' => Some(Self::Sell),
            _ => None,
        }
    }

    /// The wire byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        // A table, not a match: sides come at random, and compilers make a branch of a match.
        [Self::Sell, Self::Buy][self.index()]
    }

    /// 0 for buy, 1 for sell: an index into a pair of ladders.
    #[must_use]
    pub const fn index(self) -> usize {
        matches!(self, Self::Sell) as usize
    }
}
