//! Exponential variates by the ziggurat of Marsaglia and Tsang (2000), 256 layers.
//!
//! One draw, one multiplication and one comparison in 98.9 % of all cases; `-ln(U)` would cost five times that, and a feed
//! needs one variate for every event that it proposes. The table is computed at compile time.

use crate::random::{Random, to_unit};
use crate::real::{exp, ln};

const LAYERS: usize = 256;
/// Where the tail begins, and the area of each layer (Marsaglia and Tsang, section 3, n = 256).
const TAIL: f64 = 7.697_117_470_131_487;
const AREA: f64 = 3.949_659_822_581_572e-3;

/// Right edges of the layers, from the widened base layer down to 0, and the density at each.
static EDGES: [(f64, f64); LAYERS + 1] = edges();

const fn edges() -> [(f64, f64); LAYERS + 1] {
    let mut table = [(0.0, 1.0); LAYERS + 1];
    let mut x = TAIL;
    table[0] = (AREA / exp(-TAIL), 0.0);
    let mut layer = 1;
    while layer < LAYERS {
        table[layer] = (x, exp(-x));
        x = -ln(AREA / x + exp(-x));
        layer += 1;
    }
    table
}

/// An exponential variate with mean 1.
#[inline]
pub fn exponential(random: &mut Random) -> f64 {
    let bits = random.bits();
    within((bits & 0xFF) as usize, to_unit(bits), random)
}

/// The same from 32 uniform bits, in steps of 2^-24 of a layer's width; `random` is asked only for the rest of the shape.
#[inline]
pub fn exponential_of(bits: u32, random: &mut Random) -> f64 {
    within((bits & 0xFF) as usize, f64::from(bits >> 8) * STEP, random)
}

const STEP: f64 = 1.0 / 16_777_216.0;

#[inline]
fn within(layer: usize, unit: f64, random: &mut Random) -> f64 {
    let x = unit * EDGES[layer].0;
    if x < EDGES[layer + 1].0 { x } else { beside(random, layer, x) }
}

/// The rest of the shape: the tail, which is again exponential, and the wedges beside the layers.
#[cold]
fn beside(random: &mut Random, layer: usize, x: f64) -> f64 {
    if layer == 0 {
        return TAIL + exponential(random);
    }
    let (low, high) = (EDGES[layer].1, EDGES[layer + 1].1);
    if low + (high - low) * random.unit() < exp(-x) { x } else { exponential(random) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variates_follow_the_exponential_law() {
        follows(exponential);
        follows(|random| exponential_of(random.bits() as u32, random));
    }

    /// Kolmogorov-Smirnov against 1 - e^-x: the 1 % point of sqrt(n) * D is 1.63.
    fn follows(draw: impl Fn(&mut Random) -> f64) {
        let mut random = Random::new(11);
        let n = 200_000;
        let mut drawn: Vec<f64> = (0..n).map(|_| draw(&mut random)).collect();
        drawn.sort_by(f64::total_cmp);
        let distance = drawn.iter().enumerate().map(|(i, x)| {
            let law = 1.0 - (-x).exp();
            (law - i as f64 / f64::from(n)).abs().max(((i + 1) as f64 / f64::from(n) - law).abs())
        });
        let worst = distance.fold(0.0, f64::max) * f64::from(n).sqrt();
        assert!(worst < 1.63, "{worst}");
        assert!(drawn[drawn.len() - 1] > TAIL, "the tail was never drawn");
    }

    #[test]
    fn the_layers_close_at_zero() {
        assert!(EDGES[255].0 > 0.0 && EDGES[255].0 < 0.1, "{}", EDGES[255].0);
        assert_eq!(EDGES[LAYERS].0, 0.0);
    }

    #[test]
    fn the_gaps_have_the_published_shape() {
        // At 1e5/s the mean gap is 10 us, P(gap < 1 us) = 0.0952, P(gap > 100 us) = 4.54e-5.
        let mut random = Random::new(12);
        let n = 2_000_000;
        let (mut sum, mut short, mut long) = (0.0, 0, 0);
        for _ in 0..n {
            let gap = exponential(&mut random) * 10.0;
            sum += gap;
            short += u32::from(gap < 1.0);
            long += u32::from(gap > 100.0);
        }
        let n = f64::from(n);
        assert!((sum / n - 10.0).abs() < 0.03);
        assert!((f64::from(short) / n - 0.095_163).abs() < 0.001);
        assert!((f64::from(long) / n - 4.54e-5).abs() < 2e-5);
    }
}
