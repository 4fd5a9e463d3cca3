//! One live order, and the spot in the market where it stands.

/// Where an order stands: price, symbol and side in one word, so that one comparison tells whether an order is still
/// what it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Spot(u64);

impl Spot {
    /// `side` is [`hftz_model::Side::index`].
    #[inline(always)]
    pub const fn new(locate: u16, side: usize, price: u32) -> Self {
        Self(price as u64 | (side as u64) << 32 | (locate as u64) << 33)
    }

    /// 10^-4.
    #[inline(always)]
    pub const fn price(self) -> u32 {
        self.0 as u32
    }

    #[inline(always)]
    pub const fn locate(self) -> u16 {
        (self.0 >> 33) as u16
    }

    /// [`hftz_model::Side::index`]: 0 or 1.
    #[inline(always)]
    pub const fn side(self) -> usize {
        (self.0 >> 32) as usize & 1
    }

    /// The same price and side of another symbol.
    #[inline(always)]
    pub const fn of(self, locate: u16) -> Self {
        Self(self.0 & ((1 << 33) - 1) | (locate as u64) << 33)
    }
}

/// One order: 24 bytes, no links.
///
/// A queue's sequence is the sequence of arrival, so the number of its arrival says all that links to its neighbours
/// would, and leaving the middle of a queue visits no neighbour: half a cache line a message, with short queues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Order {
    pub reference: u64,
    /// The spot, and above it the high bits of the arrival number.
    rank: u64,
    /// Open; never 0 while live.
    pub shares: u32,
    /// The low bits of the arrival number.
    arrival: u32,
}

const _: () = assert!(size_of::<Order>() == 24);

/// Bits of a [`Spot`]. What is left of its word makes an arrival number of 47 bits: enough for a million a second over
/// four years.
const SPOT_BITS: u32 = 49;

impl Order {
    pub const NONE: Self = Self { reference: 0, rank: 0, shares: 0, arrival: 0 };

    /// An order that is the `arrival`th to come.
    #[inline(always)]
    pub const fn new(reference: u64, spot: Spot, shares: u32, arrival: u64) -> Self {
        Self { reference, rank: spot.0 | arrival >> 32 << SPOT_BITS, shares, arrival: arrival as u32 }
    }

    #[inline(always)]
    pub const fn spot(&self) -> Spot {
        Spot(self.rank & ((1 << SPOT_BITS) - 1))
    }

    /// Whether it stands there.
    #[inline(always)]
    pub const fn stands_at(&self, spot: Spot) -> bool {
        (self.rank ^ spot.0) << (64 - SPOT_BITS) == 0
    }

    /// When it came, against others of its level.
    #[inline(always)]
    pub const fn arrival(&self) -> u64 {
        self.rank >> SPOT_BITS << 32 | self.arrival as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_tells_its_spot_and_arrival_at_both_ends_of_their_ranges() {
        for (locate, side, price, arrival) in [(0, 0, 0, 0), (u16::MAX, 1, u32::MAX, (1 << 47) - 1), (7, 1, 9, 3)] {
            let spot = Spot::new(locate, side, price);
            let order = Order::new(5, spot, 1, arrival);
            assert_eq!((order.spot(), order.arrival()), (spot, arrival));
            assert!(order.stands_at(spot) && !order.stands_at(spot.of(locate ^ 1)));
            assert_eq!((spot.locate(), spot.side(), spot.price()), (locate, side, price));
            assert_eq!(spot.of(3), Spot::new(3, side, price));
        }
    }
}
