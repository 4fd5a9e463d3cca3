//! The price levels of one side of one book.
//!
//! **Near the touch** levels lie in an array with four bytes a tick (the *window*) and one occupancy bit each: an order
//! finds its level by arithmetic, and when the best level empties the next one is a find-first-set away. The window is
//! a ring (place = tick modulo width), so that following the market moves only the levels that fall off its edge.
//! **Far from it**, and for prices between ticks, levels live in a tree ([`far`]), 64 bytes each; so do the sizes of the few
//! beyond 2^31 shares. Where a level lives follows from its price alone, so orders need no pointer to it and
//! levels may move. A level is its size and nothing else: the sequence of its orders is in the orders.
//!
//! Both sides are the same code: a price's *key* is larger when better (the price itself for bids, its complement for
//! asks), and so is its *tick* in units of the window's grid (a cent, or 10^-4 where quotes are finer).
//!
//! The window widens and follows the best price by itself (`reshape`), after enough new orders have missed it to pay for
//! the move. That makes every operation constant time: arithmetic in the window, at most 32 steps in the tree, and
//! a bounded share of a move.

mod blocks;
mod far;
mod grid;
mod reshape;
mod window;

use core::ptr::NonNull;

use hftz_model::Side;

use blocks::{Blocks, INLINE_BITS};
use far::Far;
use grid::{Grid, Scale};

/// Memory shared by all ladders of a set of books.
pub struct Pool {
    blocks: Blocks,
    far: Far,
    moves: u64,
    /// The ladder whose window was moved last.
    moved: *const Ladder,
}

impl Pool {
    pub const fn new() -> Self {
        Self { blocks: Blocks::new(), far: Far::new(), moves: 0, moved: core::ptr::null() }
    }

    /// How often a window was made, moved, widened or re-gridded.
    #[inline(always)]
    pub fn moves(&self) -> u64 {
        self.moves
    }

    /// Whether the window that was moved last is of this ladder or the one behind it.
    #[inline(always)]
    pub fn has_moved(&self, pair: *const Ladder) -> bool {
        (self.moved == pair) | (self.moved == pair.wrapping_add(1))
    }

    fn note_move(&mut self, ladder: *const Ladder) {
        (self.moves, self.moved) = (self.moves + 1, ladder);
    }

    pub fn bytes(&self) -> usize {
        self.blocks.bytes() + self.far.bytes()
    }
}

/// The shares of all orders of a price in a window, 0 when there are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Level(u32);

impl Level {
    const EMPTY: Self = Self(0);
    /// Too many shares for a level of the window, 2^31 or more: the tree has their number.
    const HEAVY: Self = Self(1 << 31);

    #[inline(always)]
    fn of(size: u64) -> Self {
        Self(size.min(u64::from(Self::HEAVY.0)) as u32)
    }
}

/// One side of one book: one cache line of its own, the rest in a [`Pool`], always the same one.
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
    /// Complement for asks: all ones, else 0.
    flip: u32,
    width: u16,
    /// `width` - 1, 0 when there is no window.
    mask: u16,
    /// How prices become ticks.
    scale: Scale,
    /// New orders that a better placed window would have held.
    misses: u16,
}

const _: () = assert!(size_of::<Ladder>() == 64);

/// The level of a ladder without a window, for reading.
static NOWHERE: Level = Level::EMPTY;

/// A price's place in a ladder. Good until the ladder's window moves ([`Pool::has_moved`]).
#[derive(Clone, Copy)]
pub struct Place {
    /// Its level if the window holds the price, else one that can be read.
    pub level: *mut Level,
    at: u16,
    pub inside: bool,
}

impl Place {
    /// What is at this place.
    #[inline(always)]
    fn get(self) -> Level {
        // SAFETY: a place's level can be read, and blocks of levels, once allocated, remain.
        unsafe { *self.level }
    }

    /// Whether the window holds the price and the number of its shares.
    #[inline(always)]
    pub fn holds(self) -> bool {
        self.inside & (self.get() != Level::HEAVY)
    }

    /// The size of the level with so many shares more, or fewer, if the window holds both: no level has fewer than leave.
    #[inline(always)]
    pub fn moved(self, by: i64) -> Option<u32> {
        let size = u64::from(self.get().0);
        let moved = size.wrapping_add_signed(by);
        let light = (size | moved) < u64::from(Level::HEAVY.0);
        (self.inside && light).then_some(moved as u32)
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
            flip: 0u32.wrapping_sub(side.index() as u32),
            width: 0,
            mask: 0,
            scale: Grid::Cent.scale(),
            misses: 0,
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

    /// Where a price belongs.
    #[inline(always)]
    pub fn place(&self, price: u32) -> Place {
        let tick = self.scale.tick(price) ^ self.flip;
        let inside = tick.wrapping_sub(self.base) < u32::from(self.width);
        let at = tick & u32::from(self.mask);
        Place { level: self.level(at as usize), at: at as u16, inside }
    }

    #[inline(always)]
    fn level(&self, at: usize) -> *mut Level {
        debug_assert!(at <= usize::from(self.mask));
        // SAFETY: places are masked, and there are `mask` + 1 levels.
        unsafe { self.levels.as_ptr().add(at) }
    }

    /// Gives a level of the window ([`Place::moved`]) another size. True when it was or is the best one.
    #[inline(always)]
    pub fn resize(&mut self, place: Place, price: u32, size: u32, pool: &Pool) -> bool {
        self.mark(usize::from(place.at), size != 0);
        // SAFETY: a level of our window, and no other reference to it is alive.
        unsafe { (*place.level).0 = size };
        // Asked the other way round this would be a coin toss: most levels that empty are not the best.
        let touched = self.raise(price, u64::from(size));
        if touched && size == 0 {
            self.step_down_from(place, pool);
        }
        touched
    }

    /// A level has this size now. True when it is the best one, at least of those before.
    #[inline(always)]
    fn raise(&mut self, price: u32, size: u64) -> bool {
        let key = self.key(price);
        if key < self.best {
            return false;
        }
        (self.best, self.best_shares) = (key, size);
        true
    }

    /// Adds shares to a level wherever that is. True when the best changed.
    pub fn push(&mut self, price: u32, shares: u32, pool: &mut Pool) -> bool {
        let mut place = self.place(price);
        if !place.inside {
            self.missed(price, pool);
            place = self.place(price);
        }
        if let Some(size) = place.moved(i64::from(shares)) {
            return self.resize(place, price, size, pool);
        }
        let size = self.size(price, pool).unwrap_or(0) + u64::from(shares);
        self.set_size(price, size, pool);
        self.raise(price, size)
    }

    /// Puts a level that is not empty into its place.
    fn fill(&mut self, place: Place, level: Level) {
        self.mark(usize::from(place.at), true);
        // SAFETY: a level of our window, and no other reference to it is alive.
        unsafe { *place.level = level };
    }

    /// Gives the level of a price this size, which is not 0.
    #[cold]
    #[inline(never)]
    fn set_size(&mut self, price: u32, size: u64, pool: &mut Pool) {
        let (place, level, key) = (self.place(price), Level::of(size), price ^ self.flip);
        if place.inside {
            self.fill(place, level);
        }
        if place.inside & (level != Level::HEAVY) {
            pool.far.remove(&mut self.far, key);
        } else {
            // SAFETY: just returned by our tree, and nothing else refers to it.
            unsafe { *pool.far.enter(&mut self.far, key) = size };
        }
    }

    /// Takes shares off a level, wherever that is. True when the level was the best one and has changed.
    pub fn reduce(&mut self, price: u32, by: u32, pool: &mut Pool) -> bool {
        let place = self.place(price);
        if by > 0
            && let Some(size) = place.moved(-i64::from(by))
        {
            return self.resize(place, price, size, pool);
        }
        let (key, touched) = (price ^ self.flip, (self.key(price) == self.best) & (by > 0));
        let Some(size) = pool.far.find(self.far, key) else { return false };
        // SAFETY: a size in our tree, and no other reference to it is alive.
        let size = unsafe { &mut *size };
        *size -= u64::from(by);
        self.best_shares -= if touched { u64::from(by) } else { 0 };
        if *size == 0 {
            pool.far.remove(&mut self.far, key);
            if place.inside {
                // SAFETY: as in `resize`.
                unsafe { *place.level = Level::EMPTY };
                self.mark(usize::from(place.at), false);
            }
            if touched {
                self.step_down(pool);
            }
        }
        touched
    }

    /// The best level, at this place of the window, has emptied: the next one is the best. With no level in the tree, it
    /// is the next one of the window.
    #[inline(never)]
    fn step_down_from(&mut self, place: Place, pool: &Pool) {
        if self.far != 0 {
            return self.step_down(pool);
        }
        let next = self.occupied_below(usize::from(place.at)).map(|(at, price)| {
            // SAFETY: a level of our window.
            (self.key(price), u64::from(unsafe { *self.level(at) }.0))
        });
        (self.best, self.best_shares) = next.unwrap_or((0, 0));
    }

    /// The best level has emptied: the next one is the best.
    #[inline(never)]
    fn step_down(&mut self, pool: &Pool) {
        self.best = self.below(self.best, pool);
        let next = if self.is_empty() { None } else { self.size(self.price_of(self.best), pool) };
        self.best_shares = next.unwrap_or(0);
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

    /// Shares of all orders at a price, if there are any.
    pub fn size(&self, price: u32, pool: &Pool) -> Option<u64> {
        let place = self.place(price);
        if place.holds() {
            return Some(u64::from(place.get().0)).filter(|&size| size > 0);
        }
        // SAFETY: a size in our tree, which belongs to the pool that is borrowed.
        pool.far.find(self.far, price ^ self.flip).map(|size| unsafe { *size })
    }

    /// Price and shares of the best level; zeroes when the side is empty.
    #[inline(always)]
    pub fn best(&self) -> (u32, u64) {
        if self.is_empty() { (0, 0) } else { (self.price_of(self.best), self.best_shares) }
    }

    /// Prices and sizes of the levels from the best.
    pub fn iter<'a>(&'a self, pool: &'a Pool) -> impl Iterator<Item = (u32, u64)> + 'a {
        let mut key = self.best;
        core::iter::from_fn(move || {
            if key == 0 {
                return None;
            }
            let price = self.price_of(key);
            key = self.below(key, pool);
            self.size(price, pool).map(|size| (price, size))
        })
    }
}
