//! The side of an order.

/// Buy or sell, stored as the byte that ITCH, OUCH and the native protocol all put on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    Buy = b'B',
    Sell = b'S',
}

impl Side {
    /// By [index](Self::index).
    const ALL: [Self; 2] = [Self::Buy, Self::Sell];

    /// Reads a wire byte; `None` for anything but `B` and `S`.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        // Arithmetic, not a comparison with each: sides come at random, and compilers make a branch of a comparison.
        let apart = byte ^ b'B';
        let sell = apart & 1;
        if apart == sell * (b'B' ^ b'S') { Some(Self::ALL[sell as usize]) } else { None }
    }

    /// The wire byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        Self::ALL[self.index() ^ 1]
    }

    /// 0 for buy, 1 for sell: an index into a pair of ladders.
    #[must_use]
    pub const fn index(self) -> usize {
        // The bit in which the two bytes differ: an index that is in range without a comparison.
        (self as usize >> 4) & 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_bytes_are_sides() {
        for byte in 0..=u8::MAX {
            let side = Side::from_byte(byte);
            assert_eq!(side.map(Side::byte), [b'B', b'S'].contains(&byte).then_some(byte));
        }
        assert_eq!([Side::Buy, Side::Sell].map(Side::index), [0, 1]);
        assert_eq!([Side::Buy, Side::Sell].map(Side::opposite), [Side::Sell, Side::Buy]);
    }
}
