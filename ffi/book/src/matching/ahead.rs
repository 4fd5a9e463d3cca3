//! Memory asked for ahead of commands: who knows what will probably come can have it brought while other commands are applied.
//!
//! With many symbols nearly everything a command touches is far away, and one thing says where the next is: symbol, cell, level, order,
//! its neighbours. A [`Trail`] goes that way without changing anything, one step with each look, and asks for what the next step
//! reads. Steps should be far enough apart that memory can answer. Whatever has changed meanwhile makes a trail useless, never wrong.

use hftz_model::Side;

use super::Engine;
use super::counted::CountedIds;
use super::symbol::{NO_KEY, price_of};
use crate::store::prefetch;

/// Where to look next.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Trail(Next);

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
enum Next {
    /// All that is known has been asked for.
    #[default]
    End,
    /// The level of a price, of which the last order is wanted, or the first.
    Price { symbol: u16, side: Side, price: i64, first: bool },
    Tail(u32),
    Head(u32),
    Id(u64),
    Order(u32),
}

impl Engine<CountedIds> {
    /// Asks for what all trails of a symbol begin with.
    #[inline]
    pub fn fetch_symbol(&self, symbol: u16) {
        prefetch(&self.symbols[symbol as usize]);
    }

    /// The trail of an order that will stand on a side at a price.
    #[inline]
    #[must_use]
    pub fn trail_to(&self, symbol: u16, side: Side, price: i64) -> Trail {
        self.trail_of_price(symbol, side, price, false)
    }

    /// The trail of an order that will take the best price of a side.
    #[inline]
    #[must_use]
    pub fn trail_to_best(&self, symbol: u16, side: Side) -> Trail {
        let best = self.about_best(symbol, side);
        best.map_or(Trail(Next::End), |price| self.trail_of_price(symbol, side, price, true))
    }

    /// The best price of a side, or a better one that it was before: what can be told without a look at the levels.
    #[inline]
    #[must_use]
    pub fn about_best(&self, symbol: u16, side: Side) -> Option<i64> {
        let key = self.symbols[symbol as usize].bound[side.index()];
        (key != NO_KEY).then(|| price_of(side, key))
    }

    #[inline]
    fn trail_of_price(&self, symbol: u16, side: Side, price: i64, first: bool) -> Trail {
        self.ladders.fetch_cell(&self.symbols[symbol as usize], &self.specs, price);
        Trail(Next::Price { symbol, side, price, first })
    }

    /// The trail of a live order that will leave or change.
    #[inline]
    #[must_use]
    pub fn trail_of(&self, id: u64) -> Trail {
        self.ids.fetch(id);
        Trail(Next::Id(id))
    }

    /// Takes the next step.
    #[inline]
    #[must_use]
    pub fn follow(&self, trail: Trail) -> Trail {
        Trail(match trail.0 {
            Next::End => Next::End,
            Next::Price { symbol, side, price, first } => {
                match self.ladders.fetch_level(&self.symbols[symbol as usize], &self.specs, side, price) {
                    0 => Next::End,
                    level if first => Next::Head(level),
                    level => Next::Tail(level),
                }
            }
            Next::Tail(level) => {
                self.orders.fetch(self.ladders.ends(level)[1]);
                Next::End
            }
            Next::Head(level) => self.order(self.ladders.ends(level)[0]),
            Next::Id(id) => self.order(self.ids.first(id)),
            Next::Order(handle) => {
                self.around(handle);
                Next::End
            }
        })
    }

    #[inline]
    fn order(&self, handle: u32) -> Next {
        self.orders.fetch(handle);
        Next::Order(handle)
    }

    /// Asks for what an order leaves behind when it goes: its level and its neighbours, or the cell.
    #[inline]
    fn around(&self, handle: u32) {
        let Some(order) = self.orders.get(handle) else { return };
        self.ladders.fetch(order.level);
        if order.prev | order.next == 0 {
            self.ladders.fetch_cell(&self.symbols[order.symbol as usize], &self.specs, order.price);
        }
        // One that is not there is slot 0, which is near.
        self.orders.fetch(order.prev);
        self.orders.fetch(order.next);
    }
}
