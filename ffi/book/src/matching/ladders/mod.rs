//! The price levels of every symbol: dense near the touch, sparse far from it.
//!
//! A level is 16 bytes in an arena as large as the order arena, since a level has at least one order. It is found by price
//! in one of two places: a *window* of cells around the touch that both sides share ([`cells`]), or the side's treap of
//! *far* levels ([`far`]). A price lives in exactly one of them, and either may hold any price: where a window cannot be
//! had, or a price is off the window's grid, or both sides want one cell in an auction, the treap takes it; only after that last
//! does a price of the window have to be looked for there. So the window
//! is free to be a matter of speed: it is placed, moved and widened by what orders ask for ([`place`](Ladders::create)),
//! within memory that all symbols share, and no answer depends on where it lies.
//!
//! Why not the obvious others: a price-indexed array for each symbol costs its whole price range; a tree for all prices
//! costs a descent for every order at the touch.

mod buddy;
mod cells;
mod far;
mod fetch;
mod window;

use alloc::vec::Vec;
use core::hint::select_unpredictable;

use hftz_model::Side;

use super::memory;
use super::orders::{Order, Orders, Place};
use super::settings::SetupError;
use super::symbol::{NO_KEY, Specs, Symbol, key_of, price_of};
use super::treap;
use cells::{Cells, Window};
use far::Far;

/// One price of one side: its orders in time order and their sum.
#[derive(Clone, Copy, Default)]
pub struct Level {
    /// Open quantity, reserve included.
    pub open: u64,
    pub head: u32,
    pub tail: u32,
}

pub struct Ladders {
    levels: Vec<Level>,
    /// Free levels, linked by `head`.
    free: u32,
    far: Far,
    cells: Cells,
    /// Symbols that have a window.
    windows: u32,
}

impl Ladders {
    /// Cells for each order the engine can hold: 8 bytes.
    const CELLS_PER_ORDER: usize = 2;
    const MIN_CELLS: usize = 1 << 12;

    pub fn new(capacity: u32) -> Result<Self, SetupError> {
        let mut levels = memory::reserved(capacity as usize + 1, capacity)?;
        levels.push(Level::default());
        let cells = (capacity as usize * Self::CELLS_PER_ORDER).max(Self::MIN_CELLS).next_multiple_of(64);
        Ok(Self { levels, free: 0, far: Far::new(capacity)?, cells: Cells::new(cells, capacity)?, windows: 0 })
    }

    #[inline]
    pub fn level(&self, level: u32) -> &Level {
        debug_assert!((level as usize) < self.levels.len());
        // SAFETY: handles of levels come from `take_level` alone, and levels are never given back.
        unsafe { self.levels.get_unchecked(level as usize) }
    }

    #[inline]
    pub fn level_mut(&mut self, level: u32) -> &mut Level {
        debug_assert!((level as usize) < self.levels.len());
        // SAFETY: as above.
        unsafe { self.levels.get_unchecked_mut(level as usize) }
    }

    #[inline]
    fn window(symbol: &Symbol) -> Window {
        Window { first: symbol.cells, span: symbol.span() as u32 }
    }

    /// The level of a price, 0 when there is none.
    #[inline(always)]
    pub fn find(&self, symbol: &Symbol, specs: &Specs, side: Side, price: i64) -> u32 {
        let cell = specs.cell(symbol, price);
        if symbol.covers(cell) {
            let level = self.cells.get(symbol.cells + cell as u32, side.index());
            if level != 0 || !symbol.has(Symbol::OVERLAPS) {
                debug_assert!(level != 0 || self.find_far(symbol, side, price) == 0);
                return level;
            }
        }
        self.find_far(symbol, side, price)
    }

    #[inline]
    fn find_far(&self, symbol: &Symbol, side: Side, price: i64) -> u32 {
        let root = symbol.far[side.index()];
        if root == 0 { 0 } else { treap::find(&self.far, root, key_of(side, price)) }
    }

    /// The best key of a side, [`NO_KEY`] when it is empty.
    #[inline]
    pub fn best(&self, symbol: &Symbol, specs: &Specs, side: Side) -> i64 {
        let bound = symbol.bound[side.index()];
        if bound == NO_KEY {
            return NO_KEY;
        }
        let cell = specs.cell(symbol, price_of(side, bound));
        if symbol.covers(cell) && self.cells.get(symbol.cells + cell as u32, side.index()) != 0 {
            return bound;
        }
        self.best_below(symbol, specs, side, cell)
    }

    /// [`Self::best`] where the bound, `cell` being its price's, may be above it.
    #[inline(never)]
    fn best_below(&self, symbol: &Symbol, specs: &Specs, side: Side, cell: u64) -> i64 {
        let window = Self::window(symbol);
        let near = match side {
            Side::Buy => self.cells.below(window, cell.min(symbol.span()) as u32, 0),
            Side::Sell => self.cells.at_or_above(window, if symbol.covers(cell) { cell as u32 } else { 0 }, 1),
        };
        let near = near.map_or(NO_KEY, |cell| key_of(side, specs.price(symbol, cell)));
        let root = symbol.far[side.index()];
        if root == 0 { near } else { near.max(self.far.best(root)) }
    }

    /// Whether an order whose opposite limit key is `limit` could trade with the best price of the other side.
    #[inline]
    pub fn meets(&self, symbol: &Symbol, specs: &Specs, side: Side, limit: i64) -> bool {
        symbol.may_meet(side, limit) && self.best(symbol, specs, side.opposite()) >= limit
    }

    /// [`Self::best`], which the symbol's bound becomes.
    #[inline(never)]
    pub fn tighten(&self, symbol: &mut Symbol, specs: &Specs, side: Side) -> i64 {
        let best = self.best(symbol, specs, side);
        symbol.bound[side.index()] = best;
        best
    }

    /// The next occupied price of a side above this one, with its level.
    pub fn above(&self, symbol: &Symbol, specs: &Specs, side: Side, price: i64) -> Option<(i64, u32)> {
        let from = specs.first_cell(symbol, price, 1);
        let near = self.cells.at_or_above(Self::window(symbol), from, side.index());
        let near = near.map(|cell| self.in_cell(symbol, specs, cell));
        let far = self.far.above(symbol.far[side.index()], side, price);
        [near, far].into_iter().flatten().min()
    }

    /// The next occupied price of a side below this one, with its level.
    pub fn below(&self, symbol: &Symbol, specs: &Specs, side: Side, price: i64) -> Option<(i64, u32)> {
        let from = specs.first_cell(symbol, price, 0);
        let near = self.cells.below(Self::window(symbol), from, side.index());
        let near = near.map(|cell| self.in_cell(symbol, specs, cell));
        let far = self.far.below(symbol.far[side.index()], side, price);
        [near, far].into_iter().flatten().max()
    }

    /// The next worse level of a side.
    #[inline]
    pub fn worse(&self, symbol: &Symbol, specs: &Specs, side: Side, price: i64) -> Option<(i64, u32)> {
        match side {
            Side::Buy => self.below(symbol, specs, side, price),
            Side::Sell => self.above(symbol, specs, side, price),
        }
    }

    /// The best price of a side and its level.
    #[inline]
    pub fn top(&self, symbol: &Symbol, specs: &Specs, side: Side) -> Option<(i64, u32)> {
        let key = self.best(symbol, specs, side);
        (key != NO_KEY).then(|| {
            let price = price_of(side, key);
            (price, self.find(symbol, specs, side, price))
        })
    }

    fn in_cell(&self, symbol: &Symbol, specs: &Specs, cell: u32) -> (i64, u32) {
        (specs.price(symbol, cell), self.cells.level(symbol.cells + cell))
    }

    /// Appends an order, already in its slot, to the tail of its price's level.
    #[inline]
    pub fn append(&mut self, symbol: &mut Symbol, specs: &Specs, orders: &mut Orders, handle: u32) {
        let Order { side, price, open, .. } = orders[handle];
        let (level, last) = self.join(symbol, specs, orders, (side, price, open), handle);
        let order = &mut orders[handle];
        order.set_place(Place::Level(level));
        order.prev = last;
        order.next = 0;
    }

    /// Makes `handle` the last of the level of its price, which gains what is open. Its slot is the caller's to write: the
    /// level, and the order before it, 0 when it is the first.
    #[inline(always)]
    pub fn join(
        &mut self,
        symbol: &mut Symbol,
        specs: &Specs,
        orders: &mut Orders,
        (side, price, open): (Side, i64, u32),
        handle: u32,
    ) -> (u32, u32) {
        let index = side.index();
        let cell = specs.cell(symbol, price);
        if symbol.covers(cell) {
            let cell = symbol.cells + cell as u32;
            let level = self.cells.get(cell, index);
            if level != 0 {
                return (level, self.push(orders, level, open, handle));
            }
            if !symbol.has(Symbol::OVERLAPS) && self.cells.is_empty(cell) {
                debug_assert!(self.find_far(symbol, side, price) == 0);
                let level = self.take_level(open, handle);
                self.cells.put(cell, index, level);
                let (key, bound) = (key_of(side, price), symbol.bound[index]);
                symbol.bound[index] = select_unpredictable(key > bound, key, bound);
                return (level, 0);
            }
        }
        self.join_beyond(symbol, specs, orders, (side, price, open), handle)
    }

    /// [`Self::join`] where the window does not answer: far levels, both sides at one price, a window to be placed.
    #[inline(never)]
    fn join_beyond(
        &mut self,
        symbol: &mut Symbol,
        specs: &Specs,
        orders: &mut Orders,
        (side, price, open): (Side, i64, u32),
        handle: u32,
    ) -> (u32, u32) {
        let found = self.find_far(symbol, side, price);
        if found != 0 {
            return (found, self.push(orders, found, open, handle));
        }
        let level = self.take_level(open, handle);
        self.create(symbol, specs, side, price, level);
        (level, 0)
    }

    /// Puts an order at the tail of a level; the order that was last.
    #[inline(always)]
    fn push(&mut self, orders: &mut Orders, level: u32, open: u32, handle: u32) -> u32 {
        let entry = self.level_mut(level);
        let last = entry.tail;
        entry.open += u64::from(open);
        entry.tail = handle;
        orders[last].next = handle;
        last
    }

    /// Takes an order, as its slot has it, out of its level, and the level out of the book when it was the last.
    #[inline(always)]
    pub fn detach(&mut self, symbol: &mut Symbol, specs: &Specs, orders: &mut Orders, order: &Order) {
        let &Order { side, price, open, prev, next, level, .. } = order;
        if prev | next == 0 {
            return self.vacate(symbol, specs, side, price, level);
        }
        let entry = self.level_mut(level);
        entry.open -= u64::from(open);
        // No branches: which order of a level leaves, nobody can guess.
        entry.head = select_unpredictable(prev == 0, next, entry.head);
        entry.tail = select_unpredictable(next == 0, prev, entry.tail);
        // Where there is no neighbour this writes to slot 0, which nobody reads.
        orders[prev].next = next;
        orders[next].prev = prev;
    }

    /// Moves the first order of a level behind the others.
    #[inline]
    pub fn rotate(&mut self, orders: &mut Orders, level: u32) {
        let entry = self.level_mut(level);
        let (head, tail) = (entry.head, entry.tail);
        if head == tail {
            return;
        }
        let second = orders[head].next;
        entry.head = second;
        entry.tail = head;
        orders[second].prev = 0;
        orders[tail].next = head;
        orders[head].prev = tail;
        orders[head].next = 0;
    }

    /// Takes a level without orders out of the book.
    #[inline(always)]
    fn vacate(&mut self, symbol: &mut Symbol, specs: &Specs, side: Side, price: i64, level: u32) {
        let cell = specs.cell(symbol, price);
        if !symbol.covers(cell) || symbol.has(Symbol::OVERLAPS) {
            return self.vacate_beyond(symbol, specs, side, price, level);
        }
        let (index, cell) = (side.index(), symbol.cells + cell as u32);
        debug_assert_eq!(self.cells.get(cell, index), level);
        self.cells.clear(cell, index);
        self.give_level(level);
    }

    /// [`Self::vacate`] where the level may be far.
    #[inline(never)]
    fn vacate_beyond(&mut self, symbol: &mut Symbol, specs: &Specs, side: Side, price: i64, level: u32) {
        let index = side.index();
        let cell = specs.cell(symbol, price);
        if symbol.covers(cell) && self.cells.get(symbol.cells + cell as u32, index) == level {
            self.cells.clear(symbol.cells + cell as u32, index);
        } else {
            treap::remove(&mut self.far, &mut symbol.far[index], level);
            if symbol.far == [0; 2] {
                symbol.flags &= !Symbol::OVERLAPS;
            }
        }
        self.give_level(level);
    }

    #[inline(always)]
    fn give_level(&mut self, level: u32) {
        let free = self.free;
        self.level_mut(level).head = free;
        self.free = level;
    }

    /// A level with one order.
    #[inline(always)]
    fn take_level(&mut self, open: u32, handle: u32) -> u32 {
        let mut level = self.free;
        if level == 0 {
            level = self.grow();
        }
        let entry = self.level_mut(level);
        let next = entry.head;
        // Word by word: a level put together elsewhere and copied would wait for its parts.
        entry.open = u64::from(open);
        entry.head = handle;
        entry.tail = handle;
        self.free = next;
        level
    }

    #[inline(never)]
    fn grow(&mut self) -> u32 {
        self.levels.push(Level::default());
        self.levels.len() as u32 - 1
    }

    /// Puts a level among the far ones, `cell` being its price's.
    fn make_far(&mut self, symbol: &mut Symbol, side: Side, key: i64, level: u32, cell: u64) {
        if symbol.covers(cell) {
            symbol.flags |= Symbol::OVERLAPS;
        }
        self.far.set_key(level, key);
        treap::insert(&mut self.far, &mut symbol.far[side.index()], level);
    }

    /// Gives a level a price that has none, in the window if it can be there.
    fn create(&mut self, symbol: &mut Symbol, specs: &Specs, side: Side, price: i64, level: u32) {
        let key = key_of(side, price);
        let mut cell = specs.cell(symbol, price);
        if !symbol.covers(cell) {
            self.reach(symbol, specs, side, price);
            cell = specs.cell(symbol, price);
        }
        if symbol.covers(cell) && self.cells.is_empty(symbol.cells + cell as u32) {
            self.cells.put(symbol.cells + cell as u32, side.index(), level);
        } else {
            self.make_far(symbol, side, key, level, cell);
        }
        symbol.bound[side.index()] = symbol.bound[side.index()].max(key);
    }
}
