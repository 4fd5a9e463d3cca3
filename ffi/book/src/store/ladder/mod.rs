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

use core::ptr::NonNull;

use hftz_model::Side;

use super::orders::{Handle, Level, Orders};
use blocks::{Blocks, INLINE_BITS};
use far::Far;

/// Memory shared by all ladders of a set of books.
pub struct Pool {
    blocks: Blocks,
    far: Far,
}

impl Pool {
    pub const fn new() -> Self {
        Self { blocks: Blocks::new(), far: Far::new() }
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

    /// Whether the window holds a price, and the place where it would be.
    #[inline(always)]
    fn place(&self, price: u32) -> (bool, usize) {
        let (tick, on_grid) = self.tick(price);
        let inside = on_grid & (tick.wrapping_sub(self.base) < u32::from(self.width));
        (inside, (tick & u32::from(self.mask)) as usize)
    }

    #[inline(always)]
    fn level(&self, place: usize) -> *mut Level {
        debug_assert!(place <= usize::from(self.mask));
        // SAFETY: places are masked, and there are `mask` + 1 levels.
        unsafe { self.levels.as_ptr().add(place) }
    }

    /// The level a price has, if it is in the window: for a prefetch. Any price gives an address that can be read.
    #[inline(always)]
    pub fn guess(&self, price: u32) -> *const Level {
        self.level(self.place(price).1)
    }

    /// Puts an order, whose price, side and shares are set, at the tail of its level. True when the best changed.
    #[inline(always)]
    pub fn push(&mut self, handle: Handle, orders: &mut Orders, pool: &mut Pool) -> bool {
        let price = orders.get(handle).price;
        let (inside, place) = self.place(price);
        let level = if inside {
            self.mark(place);
            self.level(place)
        } else {
            self.enter_missed(price, pool)
        };
        // SAFETY: a level of our window or tree, and no other reference to it is alive.
        let level = unsafe { &mut *level };
        orders.push(level, handle);
        let key = self.key(price);
        let touched = key >= self.best;
        self.best = self.best.max(key);
        self.best_shares = if touched { level.shares } else { self.best_shares };
        touched
    }

    /// The level of a new order whose price the window does not hold.
    #[cold]
    #[inline(never)]
    fn enter_missed(&mut self, price: u32, pool: &mut Pool) -> *mut Level {
        self.missed(price, pool);
        let (inside, place) = self.place(price);
        if inside {
            self.mark(place);
            self.level(place)
        } else {
            pool.far.enter(&mut self.far, price ^ self.flip)
        }
    }

    /// Takes up to `by` shares off an order, and the order out of its level when nothing is left.
    #[inline(always)]
    pub fn reduce(&mut self, handle: Handle, by: u32, orders: &mut Orders, pool: &mut Pool) -> Reduced {
        let order = orders.get_mut(handle);
        let price = order.price;
        let taken = by.min(order.shares);
        order.shares -= taken;
        let gone = order.shares == 0;
        let key = self.key(price);
        let touched = (key == self.best) & (taken > 0);
        let (inside, place) = self.place(price);
        if inside {
            // SAFETY: a level of our window, and no other reference to it is alive.
            let level = unsafe { &mut *self.level(place) };
            level.shares -= u64::from(taken);
            self.best_shares -= if touched { u64::from(taken) } else { 0 };
            if gone {
                orders.unlink(level, handle);
                let empty = level.is_empty();
                self.clear(place, empty);
                if empty & touched {
                    self.step_down(pool);
                }
            }
        } else {
            self.reduce_far(handle, taken, gone, orders, pool);
        }
        Reduced { touched, gone }
    }

    #[cold]
    #[inline(never)]
    fn reduce_far(&mut self, handle: Handle, taken: u32, gone: bool, orders: &mut Orders, pool: &mut Pool) {
        let price = orders.get(handle).price;
        let (key, best) = (price ^ self.flip, self.key(price) == self.best);
        let Some(level) = pool.far.find(self.far, key) else { return };
        // SAFETY: a level of our tree, and no other reference to it is alive.
        let level = unsafe { &mut *level };
        level.shares -= u64::from(taken);
        self.best_shares -= if best { u64::from(taken) } else { 0 };
        if gone {
            orders.unlink(level, handle);
            if level.is_empty() {
                pool.far.remove(&mut self.far, key);
                if best {
                    self.step_down(pool);
                }
            }
        }
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
        let (inside, place) = self.place(price);
        let level = if inside { Some(self.level(place)) } else { pool.far.find(self.far, price ^ self.flip) };
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
