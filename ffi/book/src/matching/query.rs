//! What anybody may ask the engine between commands.

use hftz_model::{OrderKind, Side, TradingState};

use super::index::Index;
use super::orders::{Order, Place};
use super::symbol::{NO_KEY, Symbol, price_of};
use super::{Engine, set_bits};

/// What a live order is at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveOrder {
    pub id: u64,
    pub account: u16,
    pub symbol: u16,
    pub kind: OrderKind,
    /// As last entered.
    pub price: i64,
    /// Shares open, reserve included.
    pub open: u32,
    /// Shares traded so far.
    pub traded: u32,
}

impl LiveOrder {
    fn of(order: &Order) -> Self {
        let &Order { id, account, symbol, kind, price, open, traded, .. } = order;
        Self { id, account, symbol, kind, price, open, traded }
    }
}

impl<I: Index> Engine<I> {
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
        let key = self.ladders.best(&self.symbols[symbol as usize], &self.specs, side);
        (key != NO_KEY).then(|| price_of(side, key))
    }

    /// Shares open at a price, reserve included.
    #[must_use]
    pub fn depth_at(&self, symbol: u16, side: Side, price: i64) -> u64 {
        self.ladders.level(self.level_at(symbol, side, price)).open
    }

    /// Shares shown at a price.
    #[must_use]
    pub fn shown_at(&self, symbol: u16, side: Side, price: i64) -> u64 {
        self.queue(self.level_at(symbol, side, price)).map(|order| u64::from(order.shown)).sum()
    }

    /// The level of a price, 0 when there is none. No order has a price that is not positive, so no window is asked for one.
    fn level_at(&self, symbol: u16, side: Side, price: i64) -> u32 {
        if price > 0 { self.ladders.find(&self.symbols[symbol as usize], &self.specs, side, price) } else { 0 }
    }

    /// Open quantity of a live order.
    #[must_use]
    pub fn open(&self, order_id: u64) -> Option<u32> {
        let handle = self.find(order_id);
        (handle != 0).then(|| self.orders[handle].open)
    }

    /// The live order with this id, 0 when there is none.
    #[inline]
    pub(super) fn find(&self, id: u64) -> u32 {
        self.orders.look(id, &self.ids).handle
    }

    /// A live order of any kind.
    #[must_use]
    pub fn live_order(&self, order_id: u64) -> Option<LiveOrder> {
        let handle = self.find(order_id);
        (handle != 0).then(|| LiveOrder::of(&self.orders[handle]))
    }

    /// Calls `each` with every live order, symbols ascending, in each those of the books by priority and then those that wait.
    pub fn each_live_order(&self, mut each: impl FnMut(LiveOrder)) {
        for symbol in set_bits(&*self.touched) {
            for side in [Side::Buy, Side::Sell] {
                self.each_in_book(symbol, side, |handle| each(LiveOrder::of(&self.orders[handle])));
            }
            let mut waiting = *self.waitings.get(self.symbols[symbol as usize].waiting);
            for place in [Place::MarketQueue, Place::Stops, Place::AuctionWait] {
                let mut at = waiting.queue(place).map_or(0, |queue| queue.head);
                while at != 0 {
                    each(LiveOrder::of(&self.orders[at]));
                    at = self.orders[at].next;
                }
            }
        }
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
