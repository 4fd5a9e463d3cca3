//! Moving, widening and re-gridding the window.
//!
//! Decided when enough new orders missed the window ([`Ladder::missed`]): a share of its width, so that the cost of a
//! move, which is in proportion to the width, is spread over them. A single stub quote moves nothing.

use super::blocks::WIDTHS;
use super::grid::Grid;
use super::{Ladder, Level, Place, Pool};

/// Where a window lies and how fine it is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    class: usize,
    grid: Grid,
    base: u32,
}

/// Levels that justify a window of each class: an eighth of its places.
const ENOUGH: [usize; WIDTHS.len()] = [1, 128, 512];

/// Levels that are looked at to choose the grid.
const SAMPLE: usize = 16;

impl Ladder {
    fn class(&self) -> Option<usize> {
        WIDTHS.iter().position(|&width| width == self.width)
    }

    /// A new order at `price` is outside the window: makes the first window around it, or counts, and reshapes when due.
    pub(super) fn missed(&mut self, price: u32, pool: &mut Pool) {
        let Some(class) = self.class() else {
            self.reshape(self.around(price, 0, Grid::of(price)), pool);
            return;
        };
        if self.best == 0 {
            // Nothing to move.
            let shape = self.around(price, class, Grid::of(price));
            (self.base, self.scale) = (shape.base, shape.grid.scale());
            pool.note_move(self);
            return;
        }
        let better = self.tick(price, self.grid()) > self.base.saturating_add(u32::from(self.mask));
        let reach = u64::from(WIDTHS[(class + 1).min(WIDTHS.len() - 1)]) * u64::from(self.grid().step());
        if !better && self.best.saturating_sub(self.key(price)) > reach {
            return;
        }
        self.misses += 1;
        if self.misses < self.patience() {
            return;
        }
        self.misses = 0;
        let shape = self.fitting(class, pool);
        if shape.class != class
            || shape.grid != self.grid()
            || shape.base.abs_diff(self.base) >= u32::from(self.width) / 8
        {
            self.reshape(shape, pool);
        }
    }

    /// New orders that may miss the window before that is looked into. A narrow window with few levels is moved at little
    /// cost, and the first one was placed by a single order.
    fn patience(&self) -> u16 {
        let most = self.width / 16;
        if self.class() > Some(0) {
            most
        } else {
            most.min(2 + self.bits.iter().map(|word| word.count_ones() as u16).sum::<u16>() / 4)
        }
    }

    pub(super) fn grid(&self) -> Grid {
        self.scale.grid()
    }

    /// The tick of a price, rounded down, on a grid that need not be ours.
    fn tick(&self, price: u32, grid: Grid) -> u32 {
        (price / grid.step()) ^ self.flip
    }

    /// A window with an eighth of its width above `price` for the market to rise into. It has no ticks but those of prices
    /// ([`Grid::tick`]).
    fn around(&self, price: u32, class: usize, grid: Grid) -> Shape {
        let width = u32::from(WIDTHS[class]);
        let [first, last] = if self.flip == 0 { [0, grid.last()] } else { [!grid.last(), u32::MAX] };
        let base = self.tick(price, grid).saturating_sub(width - 1 - width / 8).clamp(first, last - (width - 1));
        Shape { class, grid, base }
    }

    /// The window this side should have now.
    fn fitting(&self, class: usize, pool: &Pool) -> Shape {
        let best = if self.best == 0 { return self.shape(class) } else { self.price_of(self.best) };
        let grid = self.fitting_grid(pool);
        let mut shape = self.around(best, class, grid);
        if let Some(&wider) = WIDTHS.get(class + 1) {
            let reach = u64::from(wider) * u64::from(grid.step());
            let enough = ENOUGH[class + 1];
            let levels = self.iter(pool).take(enough);
            let within = levels.take_while(|&(price, _)| self.best - self.key(price) < reach).count();
            if within == enough {
                shape = self.around(best, class + 1, grid);
            }
        }
        shape
    }

    /// Finer when more than a quarter of the levels near the best need it, coarser when less than an eighth does.
    fn fitting_grid(&self, pool: &Pool) -> Grid {
        let (mut all, mut fine) = (0, 0);
        for (price, _) in self.iter(pool).take(SAMPLE) {
            all += 1;
            fine += usize::from(!price.is_multiple_of(100));
        }
        let coarse = if self.grid() == Grid::Cent { fine * 4 <= all } else { fine * 8 < all };
        if coarse { Grid::Cent } else { Grid::Fine }
    }

    fn shape(&self, class: usize) -> Shape {
        Shape { class, grid: self.grid(), base: self.base }
    }

    /// Gives the window a new place, width or grid. Levels that it does not hold any more move to the tree, then the tree
    /// gives up the levels that it now covers.
    #[cold]
    fn reshape(&mut self, shape: Shape, pool: &mut Pool) {
        pool.note_move(self);
        let class = self.class();
        let moves = class == Some(shape.class) && self.grid() == shape.grid;
        // A window that only moves is a ring: what it still holds is where it was.
        self.evict(if moves { Some(shape.base) } else { None }, pool);
        if !moves {
            if let Some(class) = class {
                // SAFETY: acquired with this class by an earlier reshape; from here on the window is another one.
                unsafe { pool.blocks.release(self.levels, class) };
            }
            self.levels = pool.blocks.acquire(shape.class);
            self.width = WIDTHS[shape.class];
            self.mask = self.width - 1;
            self.scale = shape.grid.scale();
        }
        self.base = shape.base;
        self.gather(pool);
    }

    /// Moves the levels to the tree that the window would not hold with another base, or all there are.
    fn evict(&mut self, base: Option<u32>, pool: &mut Pool) {
        let mut next = self.occupied_from(u32::MAX);
        while let Some(price) = next {
            next = self.tick_below(self.key(price)).and_then(|tick| self.occupied_from(tick));
            if base.is_some_and(|base| self.tick(price, self.grid()).wrapping_sub(base) < u32::from(self.width)) {
                continue;
            }
            let Place { level, at, .. } = self.place(price);
            // SAFETY: an occupied place of our window, and no other reference to it is alive.
            let level = core::mem::replace(unsafe { &mut *level }, Level::EMPTY);
            self.mark(usize::from(at), false);
            // The tree has the size of a heavy one already.
            if level != Level::HEAVY {
                // SAFETY: just returned by our tree, no other reference to it is alive.
                unsafe { *pool.far.enter(&mut self.far, price ^ self.flip) = u64::from(level.0) };
            }
        }
    }

    /// Moves levels from the tree into the window that covers them.
    fn gather(&mut self, pool: &mut Pool) {
        let top = self.base + u32::from(self.mask);
        let mut bound = self.last_key_at(top);
        while let Some(key) = pool.far.floor(self.far, bound) {
            let price = key ^ self.flip;
            if self.tick(price, self.grid()) < self.base {
                break;
            }
            let place = self.place(price);
            if place.inside
                && let Some(size) = pool.far.find(self.far, key)
            {
                // SAFETY: a size in our tree.
                let level = Level::of(unsafe { *size });
                if level != Level::HEAVY {
                    pool.far.remove(&mut self.far, key);
                }
                self.fill(place, level);
            }
            let Some(worse) = key.checked_sub(1) else { break };
            bound = worse;
        }
    }

    /// The largest key of any price that has this tick or a lower one.
    fn last_key_at(&self, tick: u32) -> u32 {
        let grid = self.grid().step();
        if self.flip == 0 {
            tick.saturating_mul(grid).saturating_add(grid - 1)
        } else {
            !(tick ^ self.flip).saturating_mul(grid)
        }
    }
}
