//! Where a symbol's window lies: placed at its first price, widened when prices keep missing it, moved when the touch
//! leaves it.
//!
//! Every level created outside the window is a miss, and misses pay: a wider window costs one miss for each 256 of its
//! cells, a move of the old one a few. So a lone stub quote far away never stretches a window, a market that really is
//! wide soon has one, and the cost of placing is spread over the orders that asked for it.

use hftz_model::Side;

use super::buddy::{MAX_LOG2, MIN_LOG2};
use super::{Ladders, Window};
use crate::matching::symbol::{Specs, Symbol, key_of};
use crate::matching::treap;

/// The width a symbol begins with and may reach without paying: 256 cells.
const FREE_LOG2: u8 = 8;
/// One in so many misses may move a window of unchanged width after the touch; a power of two.
const MOVE_EVERY: u16 = 16;
/// Cells that a miss pays for, as a power of two.
const MISS_LOG2: u8 = 8;

impl Ladders {
    /// A level at `price` is wanted and the window does not reach it: places the window so that it does, if that is worth it.
    #[cold]
    #[inline(never)]
    pub(super) fn reach(&mut self, symbol: &mut Symbol, specs: &Specs, side: Side, price: i64) {
        symbol.misses = symbol.misses.checked_add(1).unwrap_or(1 << 15);
        if price % specs.of(symbol).grid(symbol).step as i64 != 0 {
            self.place(symbol, specs, symbol.flags | Symbol::FINE, FREE_LOG2, price);
            return;
        }
        let Some((low, high)) = self.occupied(symbol, specs) else {
            self.settle(symbol, specs, price);
            return;
        };
        let (low, high) = (low.min(price), high.max(price));
        let cells = (high.wrapping_sub(low) as u64 / specs.of(symbol).grid(symbol).step).saturating_add(1);
        let wanted = cells.saturating_add(cells / 2).checked_next_power_of_two().unwrap_or(u64::MAX).ilog2() as u8;
        let wanted = wanted.max(symbol.log2);
        let paid = wanted <= FREE_LOG2 || u64::from(symbol.misses) << MISS_LOG2 >= 1u64 << wanted.min(63);
        if wanted <= MAX_LOG2 && paid && self.place(symbol, specs, symbol.flags, wanted, low + (high - low) / 2) {
            return;
        }
        if symbol.misses.is_multiple_of(MOVE_EVERY) && key_of(side, price) > self.best(symbol, specs, side) {
            let misses = symbol.misses;
            self.place(symbol, specs, symbol.flags, symbol.log2, price);
            symbol.misses = misses;
        }
    }

    /// The lowest and the highest price in the window, `None` when it is empty.
    fn occupied(&self, symbol: &Symbol, specs: &Specs) -> Option<(i64, i64)> {
        let window = Self::window(symbol);
        let price = |cell: u32| self.in_cell(symbol, specs, cell).0;
        let low = (0..2).filter_map(|side| self.cells.at_or_above(window, 0, side)).min()?;
        let high = (0..2).filter_map(|side| self.cells.below(window, window.span, side)).max()?;
        Some((price(low), price(high)))
    }

    /// Places a window that holds nothing around `price`.
    fn settle(&mut self, symbol: &mut Symbol, specs: &Specs, price: i64) {
        if symbol.log2 == 0 {
            self.place(symbol, specs, symbol.flags, FREE_LOG2, price);
            return;
        }
        symbol.base = base_around(symbol, specs, price);
        symbol.flags &= !Symbol::OVERLAPS;
        self.gather(symbol, specs, Side::Buy);
        self.gather(symbol, specs, Side::Sell);
    }

    /// Gives the symbol a window of 2^log2 cells around `middle` and moves its levels: those that lie in it into its cells,
    /// the others to the far ones. Takes less than asked for, but not less than there was, when the arena is short;
    /// `false` when it has nothing.
    fn place(&mut self, symbol: &mut Symbol, specs: &Specs, flags: u8, log2: u8, middle: i64) -> bool {
        let least = symbol.log2.max(MIN_LOG2);
        let most = self.cells.count() / (4 * u64::from(self.windows.max(1)));
        let blocks = &mut self.cells.blocks;
        let found = (least..=log2.max(least)).rev().find_map(|log2| {
            // No window takes more than its share of a quarter of all cells.
            let modest = log2 <= FREE_LOG2 || 1 << log2 <= most;
            modest.then(|| blocks.take(log2)).flatten().map(|first| (first, log2))
        });
        let Some((first, log2)) = found else {
            return false;
        };
        self.windows += u32::from(symbol.log2 == 0);
        let old = *symbol;
        *symbol = Symbol { flags: flags & !Symbol::OVERLAPS, cells: first, log2, misses: 0, ..old };
        symbol.base = base_around(symbol, specs, middle);
        if specs.of(symbol).grid(symbol).step == 1 {
            symbol.flags |= Symbol::UNIT;
        }
        self.move_window(&old, symbol, specs, Side::Buy);
        self.move_window(&old, symbol, specs, Side::Sell);
        self.gather(symbol, specs, Side::Buy);
        self.gather(symbol, specs, Side::Sell);
        if old.log2 != 0 {
            self.cells.blocks.give(old.cells, old.log2);
        }
        true
    }

    /// Moves a side's levels out of its old window.
    fn move_window(&mut self, old: &Symbol, symbol: &mut Symbol, specs: &Specs, side: Side) {
        let window = Window { first: old.cells, span: old.span() as u32 };
        let mut next = self.cells.at_or_above(window, 0, side.index());
        while let Some(cell) = next {
            let (price, level) = self.in_cell(old, specs, cell);
            self.cells.clear(old.cells + cell, side.index());
            let to = specs.cell(symbol, price);
            if symbol.covers(to) && self.cells.is_empty(symbol.cells + to as u32) {
                self.cells.put(symbol.cells + to as u32, side.index(), level);
            } else {
                self.make_far(symbol, side, key_of(side, price), level, to);
            }
            next = self.cells.at_or_above(window, cell + 1, side.index());
        }
    }

    /// Moves a side's far levels that the window now reaches into it.
    fn gather(&mut self, symbol: &mut Symbol, specs: &Specs, side: Side) {
        let mut next = self.far.above(symbol.far[side.index()], side, symbol.base.saturating_sub(1));
        while let Some((price, level)) = next {
            let cell = specs.cell(symbol, price);
            let end = symbol.base.saturating_add((symbol.span() * specs.of(symbol).grid(symbol).step) as i64);
            if price >= end {
                return;
            }
            if symbol.covers(cell) && self.cells.is_empty(symbol.cells + cell as u32) {
                treap::remove(&mut self.far, &mut symbol.far[side.index()], level);
                self.cells.put(symbol.cells + cell as u32, side.index(), level);
            } else if symbol.covers(cell) {
                symbol.flags |= Symbol::OVERLAPS;
            }
            next = self.far.above(symbol.far[side.index()], side, price);
        }
    }
}

/// The first price of the symbol's window when `middle` is in its middle; windows begin on the grid.
fn base_around(symbol: &Symbol, specs: &Specs, middle: i64) -> i64 {
    let step = specs.of(symbol).grid(symbol).step as i64;
    middle - middle % step - (step << (symbol.log2 - 1))
}
