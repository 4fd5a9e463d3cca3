//! The seeded generator: xoshiro256++ (Blackman and Vigna, 2019), its state filled from the seed by SplitMix64.
//!
//! Written here because its output is part of the product: the same seed gives the same feed on every machine and in every
//! release, which no general-purpose crate promises. 256 bits of state, period 2^256 - 1, about a nanosecond a draw.

/// A stream of uniform 64-bit numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

/// 2^-53, the spacing of [`Random::unit`].
const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;

impl Random {
    /// The stream of `seed`; neighbouring seeds give unrelated streams.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut mix = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut mix)) }
    }

    /// A uniform 64-bit number.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A part of the state: where two copies of a stream agree in it, they are at the same place.
    #[inline]
    #[must_use]
    pub const fn mark(&self) -> u64 {
        self.state[0]
    }

    /// A uniform number in `[0, 1)` with 53 bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        to_unit(self.bits())
    }

    /// A uniform number in `0..bound` (0 when `bound` is 0).
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        scale(self.bits(), bound)
    }
}

/// The top 53 bits of `bits` as a number in `[0, 1)`.
#[inline]
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)]
pub fn to_unit(bits: u64) -> f64 {
    // Signed: x86-64 has one instruction for that and eight for unsigned.
    (bits >> 11) as i64 as f64 * UNIT
}

/// Maps 64 uniform bits to `0..bound` by multiplication. The bias is at most `bound` / 2^64, far under what any run can
/// show, and unlike rejection it costs every caller exactly one draw.
#[inline]
#[must_use]
#[allow(clippy::cast_possible_truncation)]
pub fn scale(bits: u64, bound: u32) -> u32 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u32
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        let mut random = Random { state: [1, 2, 3, 4] };
        let drawn: [u64; 5] = std::array::from_fn(|_| random.bits());
        let published =
            [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386, 9_228_616_714_210_784_205];
        assert_eq!(drawn, published);
        let mut state = 1_234_567;
        assert_eq!(
            (split_mix(&mut state), split_mix(&mut state)),
            (6_457_827_717_110_365_317, 3_203_168_211_198_807_973)
        );
    }

    #[test]
    fn a_bounded_draw_fills_its_range_evenly() {
        let mut random = Random::new(7);
        let mut seen = [0_u32; 10];
        for _ in 0..100_000 {
            seen[random.below(10) as usize] += 1;
        }
        // Standard deviation of a cell is 95.
        assert!(seen.iter().all(|&n| n.abs_diff(10_000) < 475), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn a_unit_draw_lies_in_its_interval_and_averages_one_half() {
        let mut random = Random::new(8);
        let draws: Vec<f64> = (0..100_000).map(|_| random.unit()).collect();
        assert!(draws.iter().all(|&u| (0.0..1.0).contains(&u)));
        assert!((draws.iter().sum::<f64>() / 1e5 - 0.5).abs() < 0.005);
        assert!(to_unit(u64::MAX) < 1.0);
    }
}
