//! One symbol's 64 bytes: the touch, where its price window lies, its last trade, its state.
//!
//! Everything a plain order reads before it reaches a level is on this one cache line. What only some symbols have
//! (stops, waiting orders) hangs off it by handle; a symbol nobody trades costs this line and nothing else.

use alloc::vec::Vec;

use hftz_model::{AuctionKind, Side, TradingState};

use super::settings::SymbolSpec;

/// The key of an empty side: below every price key.
pub const NO_KEY: i64 = i64::MIN;

/// A price as a number that is higher when it is better for its side: bids as they are, asks negated. One comparison
/// then serves both sides without a branch.
#[inline]
pub const fn key_of(side: Side, price: i64) -> i64 {
    let mask = -(side.index() as i64);
    (price ^ mask) - mask
}

/// The price of a key; negation is its own inverse.
#[inline]
pub const fn price_of(side: Side, key: i64) -> i64 {
    key_of(side, key)
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Symbol {
    /// No level of a side has a better key; [`NO_KEY`] only when the side is empty. It rises with every level that comes and
    /// stays when one leaves: what is quoted and taken back at the touch, which most is, then costs no search for the next
    /// level. Whoever needs the best itself [tightens](super::ladders::Ladders::tighten) it.
    pub bound: [i64; 2],
    /// Price of the window's first cell; without one, lower than that of any order.
    pub base: i64,
    /// Last trade price, 0 none.
    pub last: i64,
    /// Reference price, 0 none.
    pub reference: i64,
    /// First cell of the window in the shared arena.
    pub cells: u32,
    /// Roots of the levels outside the window.
    pub far: [u32; 2],
    /// Handle of its waiting orders, 0 none.
    pub waiting: u32,
    /// Index of its specification.
    pub spec: u16,
    /// Levels that were created outside the window since it was last placed; they pay for a larger one.
    pub misses: u16,
    /// Cells in the window as a power of two, 0 no window.
    pub log2: u8,
    pub state: TradingState,
    pub auction: AuctionKind,
    pub flags: u8,
}

const _: () = assert!(size_of::<Symbol>() == 64);

impl Symbol {
    /// The symbol number is in use.
    pub const KNOWN: u8 = 1;
    /// The kill switch of this symbol is on.
    pub const BLOCKED: u8 = 2;
    /// The window counts single ticks, because a price off the coarse grid was seen.
    pub const FINE: u8 = 4;
    /// The window's cells are 1 apart.
    pub const UNIT: u8 = 8;
    /// Tick, lot or band ask for more than a positive price and quantity.
    pub const RULED: u8 = 16;
    /// It is in the engine's list of symbols that may have orders.
    pub const LISTED: u8 = 32;

    /// A far level may have a price that the window has a cell for: the other side had it.
    pub const OVERLAPS: u8 = 64;

    /// A symbol before its first order.
    pub const fn new(spec: u16, about: &SymbolSpec, known: bool) -> Self {
        Self {
            bound: [NO_KEY; 2],
            base: i64::MIN,
            last: 0,
            reference: about.reference,
            cells: 0,
            far: [0; 2],
            waiting: 0,
            spec,
            misses: 0,
            log2: 0,
            state: about.state,
            auction: AuctionKind::Other,
            flags: (Self::KNOWN * known as u8)
                | (Self::RULED * (about.tick != 1 || about.lot != 1 || about.band != 0) as u8),
        }
    }

    /// Whether an order may enter without a look at the symbol's queues: it is known, listed and not blocked, trades, and
    /// nothing waits beside the book.
    #[inline]
    pub const fn is_plain(&self) -> bool {
        let flags = self.flags & (Self::KNOWN | Self::LISTED | Self::BLOCKED);
        flags == Self::KNOWN | Self::LISTED && self.state as u8 == TradingState::Trading as u8 && self.waiting == 0
    }

    #[inline]
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Cells in the window.
    #[inline]
    pub const fn span(&self) -> u64 {
        (1 << self.log2) & !1
    }

    /// Whether a cell, counted from the window's first, is one of the window; none is without one, as no order has the price
    /// [`Self::base`] then.
    #[inline(always)]
    pub const fn covers(&self, cell: u64) -> bool {
        cell >> self.log2 == 0
    }

    /// Whether an order whose opposite limit key is `limit` might trade: `false` is certain.
    #[inline]
    pub const fn may_meet(&self, side: Side, limit: i64) -> bool {
        self.bound[side.index() ^ 1] >= limit
    }
}

/// The worst key of the other side that an order at `price` may still trade with.
#[inline]
pub const fn limit_of(side: Side, price: i64) -> i64 {
    -key_of(side, price)
}

/// The limit of an order that takes any price.
pub const ANY_PRICE: i64 = NO_KEY + 1;

/// A symbol's rules in the form the checks need.
#[derive(Clone, Copy)]
pub struct Spec {
    pub band: i64,
    pub tick: u32,
    pub lot: u32,
    /// The step of the window's cells before and after a price off the coarse grid.
    grids: [Grid; 2],
}

impl Spec {
    /// Prices in 10^-4 with tick 1 nearly always lie on whole cents, so such a symbol starts on a grid of 100.
    const COARSE: u32 = 100;

    pub const fn new(about: &SymbolSpec) -> Self {
        let coarse = if about.tick == 1 { Self::COARSE } else { about.tick };
        Self { band: about.band, tick: about.tick, lot: about.lot, grids: [Grid::new(coarse), Grid::new(about.tick)] }
    }

    /// Whether a positive price is a multiple of the tick.
    #[inline]
    pub const fn holds_tick(&self, price: i64) -> bool {
        if self.tick == 1 || price <= u32::MAX as i64 {
            return self.grids[1].cell(0, price) != u64::MAX;
        }
        price % self.tick as i64 == 0
    }

    #[inline]
    pub const fn grid(&self, symbol: &Symbol) -> Grid {
        self.grids[symbol.has(Symbol::FINE) as usize]
    }
}

/// The specifications of all symbols; number 0 is that of a symbol nobody defined.
pub struct Specs(Vec<Spec>);

impl Specs {
    pub fn new(plain: &SymbolSpec) -> Self {
        Self(Vec::from([Spec::new(plain)]))
    }

    /// Gives a symbol number a specification of its own, in place of the one at `index` unless that is 0.
    pub fn define(&mut self, index: u16, about: &SymbolSpec) -> u16 {
        if index == 0 {
            self.0.push(Spec::new(about));
            return (self.0.len() - 1) as u16;
        }
        self.0[index as usize] = Spec::new(about);
        index
    }

    #[inline]
    pub fn of(&self, symbol: &Symbol) -> &Spec {
        debug_assert!((symbol.spec as usize) < self.0.len());
        // SAFETY: a symbol's number is that of the specification everybody begins with or one that `define` gave it.
        unsafe { self.0.get_unchecked(symbol.spec as usize) }
    }

    /// The cell of a price in a symbol's window, which [does not cover](Symbol::covers) it when the price is not in it.
    #[inline(always)]
    pub fn cell(&self, symbol: &Symbol, price: i64) -> u64 {
        if symbol.has(Symbol::UNIT) {
            return price.wrapping_sub(symbol.base) as u64;
        }
        self.of(symbol).grid(symbol).cell(symbol.base, price)
    }

    /// The price of a cell of a symbol's window.
    #[inline]
    pub fn price(&self, symbol: &Symbol, cell: u32) -> i64 {
        let step = if symbol.has(Symbol::UNIT) { 1 } else { self.of(symbol).grid(symbol).step };
        symbol.base.wrapping_add((u64::from(cell) * step) as i64)
    }

    /// The first cell of a symbol's window at least `more` above `price`; at most the span.
    #[inline]
    pub fn first_cell(&self, symbol: &Symbol, price: i64, more: i64) -> u32 {
        // Not `price + more`: the highest price has no successor, but a distance has.
        let distance = price.saturating_sub(symbol.base).saturating_add(more).max(0) as u64;
        self.of(symbol).grid(symbol).ceil(distance).min(symbol.span()) as u32
    }
}

/// Evenly spaced prices: division by the step without a division.
#[derive(Clone, Copy)]
pub struct Grid {
    pub step: u64,
    /// ceil(2^64 / step); unused for step 1.
    reciprocal: u64,
}

impl Grid {
    const fn new(step: u32) -> Self {
        let reciprocal = if step == 1 { 0 } else { u64::MAX / step as u64 + 1 };
        Self { step: step as u64, reciprocal }
    }

    /// `distance / step` rounded down, exact for every distance below 2^32.
    #[inline]
    const fn floor(self, distance: u32) -> u64 {
        if self.step == 1 {
            return distance as u64;
        }
        ((distance as u128 * self.reciprocal as u128) >> 64) as u64
    }

    /// `distance / step` rounded up, `u64::MAX` when that is out of reach.
    #[inline]
    pub const fn ceil(self, distance: u64) -> u64 {
        if self.step == 1 || distance == 0 {
            return distance;
        }
        if distance > u32::MAX as u64 { u64::MAX } else { self.floor(distance as u32 - 1) + 1 }
    }

    /// The cell of a price in a window that begins at `base`; `u64::MAX` when the price is off the grid or out of reach.
    #[inline]
    pub const fn cell(self, base: i64, price: i64) -> u64 {
        let distance = price.wrapping_sub(base) as u64;
        if self.step == 1 {
            return distance;
        }
        if distance > u32::MAX as u64 {
            return u64::MAX;
        }
        let cell = self.floor(distance as u32);
        if cell * self.step == distance { cell } else { u64::MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_better_price_has_a_higher_key_on_both_sides() {
        assert!(key_of(Side::Buy, 101) > key_of(Side::Buy, 100));
        assert!(key_of(Side::Sell, 100) > key_of(Side::Sell, 101));
        assert_eq!(price_of(Side::Sell, key_of(Side::Sell, 77)), 77);
        assert!(key_of(Side::Sell, i64::MAX) > NO_KEY);
    }

    #[test]
    fn an_order_meets_the_prices_it_could_trade_at() {
        let mut symbol = Symbol::new(0, &SymbolSpec::default(), true);
        assert!(!symbol.may_meet(Side::Buy, ANY_PRICE));
        symbol.bound[Side::Sell.index()] = key_of(Side::Sell, 100);
        assert!(symbol.may_meet(Side::Buy, limit_of(Side::Buy, 100)));
        assert!(!symbol.may_meet(Side::Buy, limit_of(Side::Buy, 99)));
        assert!(symbol.may_meet(Side::Buy, ANY_PRICE));
        symbol.bound[Side::Buy.index()] = key_of(Side::Buy, 90);
        assert!(symbol.may_meet(Side::Sell, limit_of(Side::Sell, 90)));
        assert!(!symbol.may_meet(Side::Sell, limit_of(Side::Sell, 91)));
    }

    proptest! {
        #[test]
        fn a_grid_divides_exactly(step in 2u32.., distance in any::<u32>()) {
            prop_assert_eq!(Grid::new(step).floor(distance), u64::from(distance / step));
            prop_assert_eq!(Grid::new(step).ceil(u64::from(distance)), u64::from(distance.div_ceil(step)));
        }

        #[test]
        fn a_cell_is_found_only_on_the_grid(step in 1u32..1000, base in -1_000_000i64..1_000_000, distance in 0u32..1_000_000) {
            let on = distance % step == 0;
            let cell = Grid::new(step).cell(base, base + i64::from(distance));
            prop_assert_eq!(cell, if on { u64::from(distance / step) } else { u64::MAX });
        }
    }
}
