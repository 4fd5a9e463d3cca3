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
    /// Locate and side above [`ARRIVAL_BITS`] bits of arrival number.
    rank: u64,
    /// 10^-4.
    price: u32,
    /// Open; never 0 while live.
    pub shares: u32,
}

const _: () = assert!(size_of::<Order>() == 24);

/// Enough for a million arrivals a second over four years.
const ARRIVAL_BITS: u32 = 47;

impl Order {
    pub const NONE: Self = Self { reference: 0, rank: 0, price: 0, shares: 0 };

    /// An order that is the `arrival`th to come.
    #[inline(always)]
    pub const fn new(reference: u64, spot: Spot, shares: u32, arrival: u64) -> Self {
        Self { reference, rank: (spot.0 >> 32) << ARRIVAL_BITS | arrival, price: spot.price(), shares }
    }

    #[inline(always)]
    pub const fn spot(&self) -> Spot {
        Spot(self.rank >> ARRIVAL_BITS << 32 | self.price as u64)
    }

    /// When it came, against others of its level.
    #[inline(always)]
    pub const fn arrival(&self) -> u64 {
        self.rank & ((1 << ARRIVAL_BITS) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_tells_its_spot_and_arrival_at_both_ends_of_their_ranges() {
        for (locate, side, price, arrival) in
            [(0, 0, 0, 0), (u16::MAX, 1, u32::MAX, (1 << ARRIVAL_BITS) - 1), (7, 1, 9, 3)]
        {
            let spot = Spot::new(locate, side, price);
            let order = Order::new(5, spot, 1, arrival);
            assert_eq!((order.spot(), order.arrival()), (spot, arrival));
            assert_eq!((spot.locate(), spot.side(), spot.price()), (locate, side, price));
            assert_eq!(spot.of(3), Spot::new(3, side, price));
        }
    }
}
