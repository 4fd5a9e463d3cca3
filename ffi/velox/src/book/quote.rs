//! Two sides over one window of prices.

use super::level::LEVEL_TICKS;
use super::{Ladder, Reject};
use hftz_model::Side;

/// A price and what rests there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quote {
    pub price: i64,
    pub quantity: u32,
}

/// Bids and asks over a fixed window of prices. It applies and does not match: crossed is allowed.
pub struct Book {
    low: i64,
    bids: Ladder,
    asks: Ladder,
}

impl Book {
    /// An empty book whose window begins at price `low` and spans `levels` levels of 16 ticks.
    #[must_use]
    pub fn new(low: i64, levels: usize) -> Self {
        Self { low, bids: Ladder::new(levels), asks: Ladder::new(levels) }
    }

    /// A book of 1024 levels with `middle` in the middle of its window.
    #[must_use]
    pub fn around(middle: i64) -> Self {
        const LEVELS: usize = 1024;
        Self::new(middle.saturating_sub((LEVELS * LEVEL_TICKS / 2) as i64), LEVELS)
    }

    fn side(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn tick(&self, price: i64) -> Result<usize, Reject> {
        let ticks = self.bids.ticks();
        let tick = price.checked_sub(self.low).and_then(|off| usize::try_from(off).ok()).filter(|&tick| tick < ticks);
        let high = self.low.saturating_add(ticks as i64 - 1);
        tick.ok_or(Reject::OutsideWindow { price, low: self.low, high })
    }

    fn quote(&self, (tick, quantity): (usize, u32)) -> Quote {
        Quote { price: self.low.saturating_add(tick as i64), quantity }
    }

    /// Adds `quantity` at `price`. Returns what rests there now.
    ///
    /// # Errors
    /// [`Reject::OutsideWindow`], [`Reject::Overflow`], [`Reject::Contended`].
    #[inline]
    pub fn add(&self, side: Side, price: i64, quantity: u32) -> Result<u32, Reject> {
        self.side(side).add(self.tick(price)?, quantity)
    }

    /// Takes up to `quantity` from the best price of `side` if that is `limit` or better for the taker. Returns how much.
    ///
    /// # Errors
    /// [`Reject::OutsideWindow`], [`Reject::Empty`], [`Reject::Contended`].
    #[inline]
    pub fn take(&self, side: Side, limit: i64, quantity: u32) -> Result<u32, Reject> {
        let limit = self.tick(limit)?;
        let ladder = self.side(side);
        let best = match side {
            Side::Buy => ladder.highest().filter(|&(tick, _)| tick >= limit),
            Side::Sell => ladder.lowest().filter(|&(tick, _)| tick <= limit),
        };
        let (tick, _) = best.ok_or(Reject::Empty)?;
        ladder.take(tick, quantity)
    }

    /// What rests at `price`.
    ///
    /// # Errors
    /// [`Reject::OutsideWindow`].
    pub fn quantity(&self, side: Side, price: i64) -> Result<u32, Reject> {
        Ok(self.side(side).quantity(self.tick(price)?))
    }

    #[must_use]
    pub fn best_bid(&self) -> Option<Quote> {
        self.bids.highest().map(|best| self.quote(best))
    }

    #[must_use]
    pub fn best_ask(&self) -> Option<Quote> {
        self.asks.lowest().map(|best| self.quote(best))
    }

    /// Best ask less best bid, in ticks; negative when crossed, nothing when a side is empty.
    #[must_use]
    pub fn spread(&self) -> Option<i64> {
        Some(self.best_ask()?.price - self.best_bid()?.price)
    }

    /// The sum of all quantities of a side; exact while nobody writes.
    #[must_use]
    pub fn total(&self, side: Side) -> u64 {
        self.side(side).total()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_best_prices_and_the_spread_follow_every_change() {
        let book = Book::around(50_000);
        assert_eq!((book.best_bid(), book.best_ask(), book.spread()), (None, None, None));
        book.add(Side::Buy, 49_990, 5).unwrap();
        book.add(Side::Buy, 49_999, 7).unwrap();
        book.add(Side::Sell, 50_003, 2).unwrap();
        assert_eq!(book.best_bid(), Some(Quote { price: 49_999, quantity: 7 }));
        assert_eq!(book.best_ask(), Some(Quote { price: 50_003, quantity: 2 }));
        assert_eq!(book.spread(), Some(4));
        assert_eq!(book.take(Side::Buy, 49_995, 10), Ok(7));
        assert_eq!(book.take(Side::Buy, 49_995, 10), Err(Reject::Empty));
        assert_eq!((book.spread(), book.total(Side::Buy)), (Some(13), 5));
        assert_eq!(book.take(Side::Sell, 50_002, 1), Err(Reject::Empty));
        assert_eq!(book.take(Side::Sell, 50_003, 1), Ok(1));
        assert_eq!(book.quantity(Side::Sell, 50_003), Ok(1));
    }

    #[test]
    fn a_price_outside_the_window_is_refused_at_both_ends() {
        let book = Book::around(0);
        let (low, high) = (-8_192, 8_191);
        for price in [low - 1, high + 1, i64::MIN, i64::MAX] {
            assert_eq!(book.add(Side::Buy, price, 1), Err(Reject::OutsideWindow { price, low, high }));
        }
        for price in [low, high] {
            assert_eq!(book.add(Side::Buy, price, 1), Ok(1));
        }
        let edge = Book::around(i64::MIN);
        assert!(edge.add(Side::Buy, i64::MAX, 1).is_err() && edge.add(Side::Buy, i64::MIN, 1).is_ok());
    }
}
