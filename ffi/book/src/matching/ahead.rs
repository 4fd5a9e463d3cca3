//! Memory asked for ahead of commands: who knows what will probably come can have it brought while other commands are applied.
//!
//! With many symbols nearly everything a command touches is far away, and one thing says where the next is: from the symbol to the cell
//! of a price, to its level, to the orders at its ends; from an id to the order, to its neighbours. Each function here reads what the
//! one before it asked for, and asks for what that leads to; calls should be far enough apart that memory can answer. Nothing
//! changes by them: what they tell may be out of date when it is used, which makes the next of them useless, never wrong.

use hftz_isa::prefetch;
use hftz_model::Side;

use super::Engine;
use super::counted::CountedIds;
use super::symbol::{NO_KEY, price_of};

/// A level that was in the book.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct LevelHint(u32);

/// An order that was live.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct OrderHint(u32);

impl Engine<CountedIds> {
    /// Asks for what a symbol's commands read first.
    #[inline]
    pub fn fetch_symbol(&self, symbol: u16) {
        prefetch(&self.symbols[symbol as usize]);
    }

    /// The best price of a side, or a better one that it was before: what a symbol tells without its levels.
    #[inline]
    #[must_use]
    pub fn about_best(&self, symbol: u16, side: Side) -> Option<i64> {
        let key = self.symbols[symbol as usize].bound[side.index()];
        (key != NO_KEY).then(|| price_of(side, key))
    }

    /// Asks for the cell of a price of a symbol.
    #[inline]
    pub fn fetch_cell(&self, symbol: u16, price: i64) {
        self.ladders.fetch_cell(&self.symbols[symbol as usize], &self.specs, price);
    }

    /// Asks for the level in a cell.
    #[inline]
    #[must_use]
    pub fn fetch_level(&self, symbol: u16, side: Side, price: i64) -> LevelHint {
        LevelHint(self.ladders.fetch_level(&self.symbols[symbol as usize], &self.specs, side, price))
    }

    /// Asks for the first order of a level.
    #[inline]
    pub fn fetch_first(&self, level: LevelHint) {
        self.orders.fetch(self.ladders.ends(level.0)[0]);
    }

    /// Asks for the last order of a level.
    #[inline]
    pub fn fetch_last(&self, level: LevelHint) {
        self.orders.fetch(self.ladders.ends(level.0)[1]);
    }

    /// Asks for what a look for an id reads first.
    #[inline]
    pub fn fetch_id(&self, id: u64) {
        self.ids.fetch(id);
    }

    /// Asks for the order of an id.
    #[inline]
    #[must_use]
    pub fn fetch_order(&self, id: u64) -> OrderHint {
        let handle = self.ids.first(id);
        self.orders.fetch(handle);
        OrderHint(handle)
    }

    /// Asks for what an order leaves behind when it goes: its level and its neighbours, or the cell.
    #[inline]
    pub fn fetch_around(&self, order: OrderHint) {
        let Some(order) = self.orders.get(order.0) else { return };
        self.ladders.fetch(order.level);
        // One that is not there is slot 0, which is near.
        self.orders.fetch(order.prev);
        self.orders.fetch(order.next);
        self.ladders.fetch_word(&self.symbols[order.symbol as usize], &self.specs, order.price);
    }
}
