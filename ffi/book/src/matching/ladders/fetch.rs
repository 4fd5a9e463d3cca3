//! Levels and their cells, asked for ahead.

use hftz_isa::prefetch;
use hftz_model::Side;

use super::Ladders;
use crate::matching::symbol::{Specs, Symbol};

impl Ladders {
    /// Asks for the cell of a price, if the symbol's window has one.
    #[inline]
    pub fn fetch_cell(&self, symbol: &Symbol, specs: &Specs, price: i64) {
        let cell = specs.cell(symbol, price);
        if symbol.covers(cell) {
            self.cells.fetch(symbol.cells + cell as u32);
        }
    }

    /// Asks for the word that says whether the cell of a price is occupied.
    #[inline]
    pub fn fetch_word(&self, symbol: &Symbol, specs: &Specs, price: i64) {
        let cell = specs.cell(symbol, price);
        if symbol.covers(cell) {
            self.cells.fetch_word(symbol.cells + cell as u32);
        }
    }

    /// Asks for the level in the cell of a price: its handle, 0 when there is none.
    #[inline]
    pub fn fetch_level(&self, symbol: &Symbol, specs: &Specs, side: Side, price: i64) -> u32 {
        let cell = specs.cell(symbol, price);
        let level = if symbol.covers(cell) { self.cells.get(symbol.cells + cell as u32, side.index()) } else { 0 };
        self.fetch(level);
        level
    }

    /// Asks for a level; any number is fine.
    #[inline]
    pub fn fetch(&self, level: u32) {
        prefetch(self.levels.as_ptr().wrapping_add(level as usize));
    }

    /// The first and the last order of a level, if there is one of this number.
    #[inline]
    pub fn ends(&self, level: u32) -> [u32; 2] {
        self.levels.get(level as usize).map_or([0; 2], |level| [level.head, level.tail])
    }
}
