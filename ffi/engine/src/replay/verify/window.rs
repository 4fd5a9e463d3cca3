//! The best L levels of one side, as far as they are known.
//!
//! A LOBSTER pair of depth L shows a message only when it touches the first L levels. So the book after a message is known
//! from the book before it, except for one thing: when a level empties, the level that moves up into place L comes from
//! outside the window, unless the side had fewer than L levels and there was nothing outside.

use hftz_model::Side;
use hftz_wire::lobster::Level;

/// Known levels of one side, best first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    side: Side,
    levels: Vec<Level>,
    depth: usize,
    /// Nothing lies behind the last known level.
    complete: bool,
}

impl Window {
    /// An unknown side of `depth` levels.
    #[must_use]
    pub fn new(side: Side, depth: usize) -> Self {
        Self { side, levels: Vec::with_capacity(depth + 1), depth, complete: false }
    }

    /// Takes over a row of the orderbook file. Empty levels come last.
    pub fn adopt(&mut self, row: impl Iterator<Item = Option<Level>>) {
        self.levels.clear();
        self.levels.extend(row.map_while(|level| level));
        self.complete = self.levels.len() < self.depth;
    }

    /// A new order of `size` shares.
    pub fn add(&mut self, price: i64, size: u64) {
        let place = self.levels.iter().position(|level| !self.better(level.price, price));
        match place {
            Some(index) if self.levels[index].price == price => self.levels[index].size += size,
            Some(index) => self.levels.insert(index, Level { price, size }),
            None if self.complete => self.levels.push(Level { price, size }),
            // Behind an unknown edge nothing can be said.
            None => {}
        }
        if self.levels.len() > self.depth {
            self.levels.pop();
            self.complete = false;
        }
    }

    /// An execution, a cancel or a delete of `size` shares. More than the level holds empties it; the comparison shows it.
    pub fn reduce(&mut self, price: i64, size: u64) {
        let Some(index) = self.levels.iter().position(|level| level.price == price) else { return };
        self.levels[index].size = self.levels[index].size.saturating_sub(size);
        if self.levels[index].size == 0 {
            self.levels.remove(index);
        }
    }

    /// What is known about level `index` (0 is the best): a level, certainly nothing, or not knowable.
    #[must_use]
    pub fn level(&self, index: usize) -> Known {
        match self.levels.get(index) {
            Some(&level) => Known::Level(level),
            None if self.complete => Known::Empty,
            None => Known::Unknowable,
        }
    }

    fn better(&self, a: i64, b: i64) -> bool {
        match self.side {
            Side::Buy => a > b,
            Side::Sell => a < b,
        }
    }
}

/// Knowledge of one level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    Level(Level),
    Empty,
    Unknowable,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: i64, size: u64) -> Level {
        Level { price, size }
    }

    fn asks(rows: &[(i64, u64)], depth: usize) -> Window {
        let mut window = Window::new(Side::Sell, depth);
        window.adopt((0..depth).map(|i| rows.get(i).map(|&(p, s)| level(p, s))));
        window
    }

    #[test]
    fn a_better_order_pushes_the_last_level_out_of_sight() {
        let mut window = asks(&[(100, 5), (110, 6)], 2);
        window.add(90, 1);
        assert_eq!(window.level(0), Known::Level(level(90, 1)));
        assert_eq!(window.level(1), Known::Level(level(100, 5)));
        window.reduce(90, 1);
        assert_eq!(window.level(0), Known::Level(level(100, 5)));
        assert_eq!(window.level(1), Known::Unknowable);
    }

    #[test]
    fn behind_a_side_with_empty_levels_there_is_certainly_nothing() {
        let mut window = asks(&[(100, 5)], 3);
        assert_eq!(window.level(1), Known::Empty);
        window.reduce(100, 5);
        assert_eq!(window.level(0), Known::Empty);
        window.add(120, 7);
        assert_eq!(window.level(0), Known::Level(level(120, 7)));
        assert_eq!(window.level(1), Known::Empty);
    }

    #[test]
    fn an_order_behind_the_window_changes_nothing() {
        let mut window = asks(&[(100, 5), (110, 6)], 2);
        window.add(130, 9);
        assert_eq!(window, asks(&[(100, 5), (110, 6)], 2));
    }

    #[test]
    fn more_than_a_level_holds_empties_it() {
        let mut window = asks(&[(100, 5), (110, 6)], 2);
        window.reduce(100, 6);
        assert_eq!(window.level(0), Known::Level(level(110, 6)));
    }

    #[test]
    fn bids_are_ordered_the_other_way() {
        let mut window = Window::new(Side::Buy, 2);
        window.adopt([Some(level(100, 5)), Some(level(90, 1))].into_iter());
        window.add(95, 2);
        assert_eq!(window.level(1), Known::Level(level(95, 2)));
    }
}
