//! What anybody may ask the engine between commands.

use hftz_model::{Side, TradingState};

use super::Engine;
use super::symbol::{NO_KEY, Symbol, price_of};

impl Engine {
    /// The highest buying price in a symbol's book.
    #[must_use]
    pub fn best_bid(&self, symbol: u16) -> Option<i64> {
        self.best(symbol, Side::Buy)
    }

    /// The lowest selling price in a symbol's book.
    #[must_use]
    pub fn best_ask(&self, symbol: u16) -> Option<i64> {
        self.best(symbol, Side::Sell)
    }

    /// The best price of one side of a symbol's book.
    #[inline]
    #[must_use]
    pub fn best(&self, symbol: u16, side: Side) -> Option<i64> {
        let key = self.symbols[symbol as usize].best[side.index()];
        (key != NO_KEY).then(|| price_of(side, key))
    }

    /// Shares open at a price, reserve included.
    #[must_use]
    pub fn depth_at(&self, symbol: u16, side: Side, price: i64) -> u64 {
        self.ladders.level(self.ladders.find(&self.symbols[symbol as usize], &self.specs, side, price)).open
    }

    /// Shares shown at a price.
    #[must_use]
    pub fn shown_at(&self, symbol: u16, side: Side, price: i64) -> u64 {
        self.queue(self.ladders.find(&self.symbols[symbol as usize], &self.specs, side, price))
            .map(|order| u64::from(order.shown))
            .sum()
    }

    /// Open quantity of a live order.
    #[must_use]
    pub fn open(&self, order_id: u64) -> Option<u32> {
        let handle = self.orders.find(order_id);
        (handle != 0).then(|| self.orders[handle].open)
    }

    /// Live orders of every kind.
    #[must_use]
    pub fn live_orders(&self) -> u32 {
        self.orders.live()
    }

    /// The most live orders there can be.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        self.settings.capacity
    }

    /// Reports sent so far: the sequence number of the last one.
    #[must_use]
    pub fn reports(&self) -> u64 {
        self.sequence
    }

    /// Trades so far: the match number of the last one.
    #[must_use]
    pub fn trades(&self) -> u64 {
        self.matches
    }

    /// Engine time, nanoseconds since midnight.
    #[must_use]
    pub fn time_ns(&self) -> u64 {
        self.time_ns
    }

    /// The state of a symbol, `None` when it is not in the symbol table.
    #[must_use]
    pub fn trading_state_of(&self, symbol: u16) -> Option<TradingState> {
        let about = &self.symbols[symbol as usize];
        about.has(Symbol::KNOWN).then_some(about.state)
    }

    /// The last trade price of a symbol.
    #[must_use]
    pub fn last_price(&self, symbol: u16) -> Option<i64> {
        Some(self.symbols[symbol as usize].last).filter(|&price| price != 0)
    }

    /// The reference price of a symbol.
    #[must_use]
    pub fn reference_price(&self, symbol: u16) -> Option<i64> {
        Some(self.symbols[symbol as usize].reference).filter(|&price| price != 0)
    }
}
