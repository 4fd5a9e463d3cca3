//! Drawing from a fixed list of weights in one step: Walker's alias table.
//!
//! A cumulative sum would need a search of seven steps for a hundred distances; here a column and a coin decide.

/// Draws `0..weights.len()` with probability proportional to the weight. 8 bytes a weight.
#[derive(Clone, Debug)]
pub struct Alias {
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    /// Stay in this column when the coin is below it; of 2^32.
    keep: u32,
    other: u32,
}

impl Alias {
    /// `weights` must be non-negative with a positive sum, and far fewer than 2^32.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub fn new(weights: &[f64]) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut share: Vec<f64> = weights.iter().map(|w| w / mean).collect();
        let mut columns: Vec<Column> = (0..weights.len() as u32).map(|i| Column { keep: u32::MAX, other: i }).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..share.len()).partition(|&i| share[i] < 1.0);
        while let (Some(&poor), Some(&rich)) = (small.last(), large.last()) {
            small.pop();
            columns[poor] = Column { keep: (share[poor] * 4_294_967_296.0) as u32, other: rich as u32 };
            share[rich] -= 1.0 - share[poor];
            if share[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self { columns }
    }

    /// An index, from 32 uniform bits: what they choose of the columns, and as a coin the fraction that this leaves.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub fn pick(&self, bits: u32) -> u32 {
        let point = u64::from(bits) * self.columns.len() as u64;
        let (index, coin) = ((point >> 32) as u32, point as u32);
        let column = self.columns[index as usize];
        // A mask, not a branch: the coin cannot be predicted.
        let stay = u32::from(coin < column.keep).wrapping_neg();
        column.other ^ ((column.other ^ index) & stay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn every_index_comes_as_often_as_its_weight_says() {
        let weights = [1.85, 1.51, 0.0, 0.88, 0.77, 12.0];
        let total: f64 = weights.iter().sum();
        let (alias, mut random, n) = (Alias::new(&weights), Random::new(3), 1_000_000);
        let mut seen = [0_u32; 6];
        for _ in 0..n {
            seen[alias.pick(random.bits() as u32) as usize] += 1;
        }
        for (count, weight) in seen.iter().zip(weights) {
            let p = weight / total;
            let spread = (p * (1.0 - p) * f64::from(n)).sqrt();
            assert!((f64::from(*count) - p * f64::from(n)).abs() <= 4.5 * spread, "{seen:?}");
        }
    }
}
