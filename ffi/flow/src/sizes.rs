//! Order sizes in shares, drawn from a table of quantiles.
//!
//! The mixture is the one seen in practice: a fifth odd lots, LogNormal(2.9, 1.2); 70 % one round lot of 100; then 200, 300,
//! 400 and 500 with 6, 0.4, 3.29 and 0.1 %; the last 0.21 % evenly on 600 to 1000. It stands in 4096 cells of equal
//! probability, so a size costs one load and every share is met to within one of them.

use crate::random::Random;
use crate::real::{exp, normal_quantile};

const CELLS: usize = 4096;
/// One round lot.
const LOT: u16 = 100;
/// The largest order.
const LARGEST: u16 = 1000;

/// A distribution of sizes between 1 and [`LARGEST`] shares.
#[derive(Clone, Debug)]
pub struct Sizes {
    cells: Box<[u16; CELLS]>,
}

impl Sizes {
    /// Every order is one round lot: the unit orders of the zero-intelligence model.
    #[must_use]
    pub fn unit() -> Self {
        Self { cells: Box::new([LOT; CELLS]) }
    }

    /// The mixture seen in practice.
    #[must_use]
    pub fn mixture() -> Self {
        let mut cells = Box::new([0; CELLS]);
        for (index, cell) in cells.iter_mut().enumerate() {
            #[allow(clippy::cast_precision_loss)]
            let p = (index as f64 + 0.5) / CELLS as f64;
            *cell = quantile(p);
        }
        Self { cells }
    }

    /// A size.
    #[inline]
    pub fn draw(&self, random: &mut Random) -> u32 {
        self.of(random.bits())
    }

    /// The size of 64 uniform bits, by their top 12.
    #[inline]
    #[must_use]
    pub fn of(&self, bits: u64) -> u32 {
        u32::from(self.cells[(bits >> 52) as usize])
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn quantile(p: f64) -> u16 {
    const ODD: f64 = 0.2;
    const ROUND: [(f64, u16); 5] = [(0.70, 100), (0.06, 200), (0.004, 300), (0.0329, 400), (0.001, 500)];
    if p < ODD {
        let shares = exp(2.9 + 1.2 * normal_quantile(p / ODD)) + 0.5;
        return (shares as u16).clamp(1, LARGEST);
    }
    let mut reached = ODD;
    for (share, size) in ROUND {
        reached += share;
        if p < reached {
            return size;
        }
    }
    let rest = (p - reached) / (1.0 - reached);
    600 + 100 * ((rest * 5.0) as u16).min(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixture_has_the_published_shares() {
        let sizes = Sizes::mixture();
        let share = |wanted: u32| sizes.cells.iter().filter(|&&c| u32::from(c) == wanted).count() as f64 / CELLS as f64;
        for (size, p) in [(200, 0.06), (300, 0.004), (400, 0.0329), (500, 0.001)] {
            assert!((share(size) - p).abs() < 5e-4, "{size}: {}", share(size));
        }
        assert!((share(100) - 0.70).abs() < 1e-3);
        let odd = sizes.cells.iter().filter(|&&c| c % 100 != 0).count() as f64 / CELLS as f64;
        assert!((odd - 0.2).abs() < 2e-3);
        assert!(sizes.cells.iter().all(|&c| (1..=1000).contains(&c)));
        assert_eq!(sizes.cells[CELLS - 1], 1000);
    }

    #[test]
    fn half_of_the_odd_lots_are_below_the_median_of_their_law() {
        // exp(2.9) = 18.2 shares.
        let below = Sizes::mixture().cells.iter().filter(|&&c| c <= 18).count();
        assert!(below.abs_diff(CELLS / 10) < 12, "{below}");
    }

    #[test]
    fn unit_orders_are_one_round_lot() {
        let sizes = Sizes::unit();
        assert!((0..64).all(|i| sizes.of(i << 58) == u32::from(LOT)));
    }
}
