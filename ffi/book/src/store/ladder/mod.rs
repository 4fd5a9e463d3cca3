//! The price levels of one side of one book.
//!
//! **Near the touch** levels lie in an array with one place a tick (the *window*) and one occupancy bit each: an order
//! finds its level by arithmetic, and when the best level empties the next one is a find-first-set away. The window is
//! a ring (place = tick modulo width), so that following the market moves only the levels that fall off its edge.
//! **Far from it**, and for prices between ticks, levels live in a tree ([`far`]), 64 bytes each. Where a level lives
//! follows from its price alone, so orders need no pointer to it and levels may move.
//!
//! Both sides are the same code: a price's *key* is larger when better (the price itself for bids, its complement for
//! asks), and so is its *tick* in units of the window's grid (a cent, or 10^-4 where quotes are finer).
//!
//! The window widens and follows the best price by itself (`reshape`), after enough new orders have missed it to pay for
//! the move. That makes every operation constant time: arithmetic in the window, at most 32 steps in the tree, and
//! a bounded share of a move.

mod blocks;
mod far;
mod reshape;
mod window;

use core::hint::select_unpredictable;
use core::ptr::NonNull;

use hftz_model::Side;

use super::orders::{Handle, Level, Order, Orders};
use super::prefetch::prefetch;
use blocks::{Blocks, INLINE_BITS};
use far::Far;

/// Memory shared by all ladders of a set of books.
pub struct Pool {
    blocks: Blocks,
    far: Far,
    reshapes: u64,
}

impl Pool {
    pub const fn new() -> Self {
        Self { blocks: Blocks::new(), far: Far::new(), reshapes: 0 }
    }

    /// How often a window was made, moved, widened or re-gridded: while this stays the same, so do places.
    #[inline(always)]
    pub fn reshapes(&self) -> u64 {
        self.reshapes
    }

    pub fn bytes(&self) -> usize {
        self.blocks.bytes() + self.far.bytes()
    }
}

/// One side of one book: one cache line of its own, the rest in a [`Pool`] and in [`Orders`], always the same ones.
#[repr(C, align(64))]
pub struct Ladder {
    /// Key of the best level plus 1, 0 when the side is empty.
    best: u64,
    /// Shares of the best level. Kept here too: whoever asks for the other side's best would wait for its line.
    best_shares: u64,
    /// `width` levels; a single one that is never written when `width` is 0.
    levels: NonNull<Level>,
    /// Occupancy of a window of up to [`INLINE_BITS`] prices. A wider one has it behind its levels, and in the first word
    /// here one bit for each word there that is not zero.
    bits: [u64; INLINE_BITS / 64],
    /// Tick of the window's worst price.
    base: u32,
    /// Root of the far tree.
    far: u32,
    /// New orders that a better placed window would have held.
    misses: u32,
    width: u16,
    /// `width` - 1, 0 when there is no window.
    mask: u16,
    /// Whether the grid is 100 units of 10^-4 rather than 1.
    cents: bool,
    /// Complement for asks: all ones, else 0.
    flip: u32,
}

const _: () = assert!(size_of::<Ladder>() == 64);

/// 2^63 over the grid (1 or 100), rounded up: division by multiplication.
const RECIPROCAL: [u64; 2] = [1 << 63, (1u64 << 63).div_ceil(100)];

/// The level of a ladder without a window, for reading.
static NOWHERE: Level = Level::EMPTY;

/// What a reduction did.
#[derive(Clone, Copy)]
pub struct Reduced {
    /// The level was the best one and its price or size changed.
    pub touched: bool,
    /// Nothing is left of the order; it is out of its level, and its slot is still taken.
    pub gone: bool,
}

/// A price's place in a ladder. Good until the pool's [`Pool::reshapes`] changes.
#[derive(Clone, Copy)]
pub struct Place {
    /// Its level if the window holds the price, else one that can be read.
    pub level: *mut Level,
    at: u16,
    pub inside: bool,
}

impl Place {
    /// No price's.
    pub fn nowhere() -> Self {
        Self { level: (&raw const NOWHERE).cast_mut(), at: 0, inside: false }
    }
}

impl Ladder {
    /// An empty side.
    pub fn new(side: Side) -> Self {
        Self {
            best: 0,
            best_shares: 0,
            levels: NonNull::from(&NOWHERE),
            bits: [0; INLINE_BITS / 64],
            base: 0,
            far: 0,
            misses: 0,
            width: 0,
            mask: 0,
            cents: false,
            flip: 0u32.wrapping_sub(side.index() as u32),
        }
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.best == 0
    }

    /// Key of the best level plus 1, 0 when the side is empty.
    #[inline(always)]
    pub fn best_key(&self) -> u64 {
        self.best
    }

    #[inline(always)]
    fn key(&self, price: u32) -> u64 {
        u64::from(price ^ self.flip) + 1
    }

    #[inline(always)]
    fn price_of(&self, key: u64) -> u32 {
        (key - 1) as u32 ^ self.flip
    }

    /// The tick of a price, and whether the price lies on the grid.
    #[inline(always)]
    fn tick(&self, price: u32) -> (u32, bool) {
        // Quotient in the high half; what is left in the low half is below one unit of the quotient exactly when the
        // division leaves nothing (Lemire, Kaser, Kurz 2019). Doubled, so that a grid of 1 has a reciprocal too.
        let reciprocal = RECIPROCAL[usize::from(self.cents)];
        let product = u128::from(u64::from(price) << 1) * u128::from(reciprocal);
        let on_grid = product as u64 <= (reciprocal << 1).wrapping_sub(1);
        ((product >> 64) as u32 ^ self.flip, on_grid)
    }

    /// Where a price belongs.
    #[inline(always)]
    pub fn place(&self, price: u32) -> Place {
        let (tick, on_grid) = self.tick(price);
        let inside = on_grid & (tick.wrapping_sub(self.base) < u32::from(self.width));
        let at = tick as u16 & self.mask;
        Place { level: self.level(usize::from(at)), at, inside }
    }

    #[inline(always)]
    fn level(&self, at: usize) -> *mut Level {
        debug_assert!(at <= usize::from(self.mask));
        // SAFETY: places are masked, and there are `mask` + 1 levels.
        unsafe { self.levels.as_ptr().add(at) }
    }

    /// Asks for the level that is the best after the one of `price`, if that is the best now and an order `leaves` it.
    #[inline(always)]
    pub fn prefetch_next(&self, price: u32, leaves: bool) {
        // No price has the key 0.
        if self.key(price) == select_unpredictable(leaves, self.best, 0)
            && let Some(next) = self.next_place(price)
        {
            prefetch(self.level(next));
        }
    }

    /// Puts an order at the tail of its level, which the window holds. True when the best changed.
    #[inline(always)]
    pub fn join(&mut self, place: Place, price: u32, handle: Handle, shares: u32, orders: &mut Orders) -> bool {
        debug_assert!(place.inside);
        self.mark(usize::from(place.at));
        // SAFETY: a level of our window, and no other reference to it is alive.
        let level = unsafe { &mut *place.level };
        orders.push(level, handle, shares);
        self.raise(price, level)
    }

    /// A level has grown.
    #[inline(always)]
    fn raise(&mut self, price: u32, level: &Level) -> bool {
        let key = self.key(price);
        let touched = key >= self.best;
        self.best = self.best.max(key);
        self.best_shares = if touched { level.shares } else { self.best_shares };
        touched
    }

    /// Puts an order, whose spot and shares are set, at the tail of its level wherever that is. True when the best changed.
    pub fn push(&mut self, handle: Handle, orders: &mut Orders, pool: &mut Pool) -> bool {
        let &Order { spot, shares, .. } = orders.get(handle);
        let price = spot.price();
        let place = self.place(price);
        if place.inside {
            return self.join(place, price, handle, shares, orders);
        }
        let level = self.enter_missed(price, pool);
        // SAFETY: a level of our window or tree, and no other reference to it is alive.
        let level = unsafe { &mut *level };
        orders.push(level, handle, shares);
        self.raise(price, level)
    }

    /// The level of a new order whose price the window does not hold.
    #[cold]
    #[inline(never)]
    fn enter_missed(&mut self, price: u32, pool: &mut Pool) -> *mut Level {
        self.missed(price, pool);
        let place = self.place(price);
        if place.inside {
            self.mark(usize::from(place.at));
            place.level
        } else {
            pool.far.enter(&mut self.far, price ^ self.flip)
        }
    }

    /// Takes an order out of its level, which the window holds. True when the level was the best one.
    #[inline(always)]
    pub fn leave(&mut self, place: Place, handle: Handle, orders: &mut Orders, pool: &Pool) -> bool {
        debug_assert!(place.inside);
        let &Order { spot, shares, .. } = orders.get(handle);
        let touched = self.key(spot.price()) == self.best;
        // SAFETY: a level of our window, and no other reference to it is alive.
        let level = unsafe { &mut *place.level };
        level.shares -= u64::from(shares);
        self.best_shares -= if touched { u64::from(shares) } else { 0 };
        orders.unlink(level, handle);
        let empty = level.is_empty();
        self.clear(usize::from(place.at), empty);
        if empty & touched {
            self.step_down(pool);
        }
        touched
    }

    /// Takes shares, fewer than are open, off an order whose level the window holds. True when the level was the best one.
    #[inline(always)]
    pub fn cut(&mut self, place: Place, handle: Handle, by: u32, orders: &mut Orders) -> bool {
        debug_assert!(place.inside);
        let order = orders.get_mut(handle);
        order.shares -= by;
        let touched = (self.key(order.spot.price()) == self.best) & (by > 0);
        // SAFETY: a level of our window, and no other reference to it is alive.
        unsafe { (*place.level).shares -= u64::from(by) };
        self.best_shares -= if touched { u64::from(by) } else { 0 };
        touched
    }

    /// Takes up to `by` shares off an order, and the order out of its level, wherever that is, when nothing is left.
    pub fn reduce(&mut self, handle: Handle, by: u32, orders: &mut Orders, pool: &mut Pool) -> Reduced {
        let &Order { spot, shares, .. } = orders.get(handle);
        let (taken, gone) = (by.min(shares), by >= shares);
        let place = self.place(spot.price());
        let touched = if !place.inside {
            self.reduce_far(handle, taken, gone, orders, pool)
        } else if gone {
            self.leave(place, handle, orders, pool)
        } else {
            self.cut(place, handle, taken, orders)
        };
        Reduced { touched, gone }
    }

    fn reduce_far(&mut self, handle: Handle, taken: u32, gone: bool, orders: &mut Orders, pool: &mut Pool) -> bool {
        let order = orders.get_mut(handle);
        order.shares -= taken;
        let price = order.spot.price();
        let (key, touched) = (price ^ self.flip, (self.key(price) == self.best) & (taken > 0));
        let Some(level) = pool.far.find(self.far, key) else { return false };
        // SAFETY: a level of our tree, and no other reference to it is alive.
        let level = unsafe { &mut *level };
        level.shares -= u64::from(taken);
        self.best_shares -= if touched { u64::from(taken) } else { 0 };
        if gone {
            orders.unlink(level, handle);
            if level.is_empty() {
                pool.far.remove(&mut self.far, key);
                if touched {
                    self.step_down(pool);
                }
            }
        }
        touched
    }

    /// The best level has emptied: the next one is the best.
    #[inline(never)]
    fn step_down(&mut self, pool: &Pool) {
        self.best = self.below(self.best, pool);
        let next = if self.is_empty() { None } else { self.find(self.price_of(self.best), pool) };
        self.best_shares = next.map_or(0, |level| level.shares);
    }

    /// The best level worse than `key`, as a key; 0 for none.
    fn below(&self, key: u64, pool: &Pool) -> u64 {
        let near = self.tick_below(key).and_then(|tick| self.occupied_from(tick)).map_or(0, |price| self.key(price));
        if self.far == 0 || key < 2 {
            return near;
        }
        let far = pool.far.floor(self.far, (key - 2) as u32).map_or(0, |key| u64::from(key) + 1);
        near.max(far)
    }

    /// The level of a price, if there is one.
    pub fn find<'a>(&self, price: u32, pool: &'a Pool) -> Option<&'a Level> {
        let place = self.place(price);
        let level = if place.inside { Some(place.level) } else { pool.far.find(self.far, price ^ self.flip) };
        // SAFETY: a level of our window or tree; both belong to the pool, which is borrowed for as long.
        level.map(|level| unsafe { &*level }).filter(|level| !level.is_empty())
    }

    /// Price and shares of the best level; zeroes when the side is empty.
    #[inline(always)]
    pub fn best(&self) -> (u32, u64) {
        if self.is_empty() { (0, 0) } else { (self.price_of(self.best), self.best_shares) }
    }

    /// Levels from the best.
    pub fn iter<'a>(&'a self, pool: &'a Pool) -> impl Iterator<Item = (u32, &'a Level)> + 'a {
        let mut key = self.best;
        core::iter::from_fn(move || {
            if key == 0 {
                return None;
            }
            let price = self.price_of(key);
            key = self.below(key, pool);
            self.find(price, pool).map(|level| (price, level))
        })
    }
}
