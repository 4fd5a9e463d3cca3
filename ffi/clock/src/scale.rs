//! Ticks to nanoseconds and back, in fixed point.
//!
//! A rate is a 64-bit multiplier and a shift of at most 64, so a conversion is one widening multiplication: exact to one part in
//! 2^60 for any real counter, rounded to nearest, and never beyond `u64` (it saturates after five centuries).

use crate::error::ClockError;

const NS_PER_SECOND: u64 = 1_000_000_000;
const SLOWEST: u64 = 1_000_000;
const FASTEST: u64 = 100_000_000_000;

/// `multiplier / 2^shift`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Ratio {
    multiplier: u64,
    shift: u32,
}

impl Ratio {
    /// The nearest ratio to `numerator / denominator`, both below 2^63 and not 0.
    #[allow(clippy::cast_possible_truncation)]
    const fn new(numerator: u64, denominator: u64) -> Self {
        let mut shift = 64;
        loop {
            let wide = (numerator as u128) << shift;
            let nearest = (wide + denominator as u128 / 2) / denominator as u128;
            if nearest <= u64::MAX as u128 {
                return Self { multiplier: nearest as u64, shift };
            }
            shift -= 1;
        }
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    const fn apply(self, value: u64) -> u64 {
        // The product is at most (2^64 - 1)^2, so half a unit (2^63 or less) still fits.
        let half = (1_u128 << self.shift) >> 1;
        let wide = (value as u128 * self.multiplier as u128 + half) >> self.shift;
        if wide > u64::MAX as u128 { u64::MAX } else { wide as u64 }
    }
}

/// The rate of a counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    hz: u64,
    to_ns: Ratio,
    to_ticks: Ratio,
}

impl Scale {
    /// A counter whose ticks are nanoseconds.
    pub const NANOSECONDS: Self = Self::unchecked(NS_PER_SECOND);

    /// A counter of `hz` ticks a second.
    ///
    /// # Errors
    /// [`ClockError::Rate`] outside 1 MHz to 100 GHz.
    pub const fn new(hz: u64) -> Result<Self, ClockError> {
        if hz < SLOWEST || hz > FASTEST { Err(ClockError::Rate { hz }) } else { Ok(Self::unchecked(hz)) }
    }

    const fn unchecked(hz: u64) -> Self {
        Self { hz, to_ns: Ratio::new(NS_PER_SECOND, hz), to_ticks: Ratio::new(hz, NS_PER_SECOND) }
    }

    /// Ticks a second.
    #[must_use]
    pub const fn hz(self) -> u64 {
        self.hz
    }

    /// Nanoseconds in `ticks`, rounded to nearest.
    #[inline]
    #[must_use]
    pub const fn nanoseconds(self, ticks: u64) -> u64 {
        self.to_ns.apply(ticks)
    }

    /// Ticks in `nanoseconds`, rounded to nearest.
    #[inline]
    #[must_use]
    pub const fn ticks(self, nanoseconds: u64) -> u64 {
        self.to_ticks.apply(nanoseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Round-half-up by division, the obvious way.
    fn naive(value: u64, numerator: u64, denominator: u64) -> u64 {
        let exact = (u128::from(value) * u128::from(numerator) + u128::from(denominator) / 2) / u128::from(denominator);
        u64::try_from(exact).unwrap_or(u64::MAX)
    }

    proptest! {
        #[test]
        fn a_day_converts_to_the_nanosecond(hz in SLOWEST..=FASTEST, ns in 0..=86_400_000_000_000_u64) {
            let scale = Scale::new(hz).unwrap();
            let ticks = naive(ns, hz, NS_PER_SECOND);
            prop_assert!(scale.ticks(ns).abs_diff(ticks) <= 1);
            prop_assert!(scale.nanoseconds(ticks).abs_diff(naive(ticks, NS_PER_SECOND, hz)) <= 1);
        }

        #[test]
        fn any_input_keeps_its_order(hz in SLOWEST..=FASTEST, a in any::<u64>(), b in any::<u64>()) {
            let scale = Scale::new(hz).unwrap();
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(scale.nanoseconds(low) <= scale.nanoseconds(high));
            prop_assert!(scale.ticks(low) <= scale.ticks(high));
        }
    }

    #[test]
    fn round_figures_are_exact() {
        let scale = Scale::new(2_500_000_000).unwrap();
        assert_eq!((scale.nanoseconds(5), scale.ticks(2)), (2, 5));
        assert_eq!(scale.nanoseconds(2_500_000_000 * 3600), 3600 * NS_PER_SECOND);
        assert_eq!(Scale::NANOSECONDS.nanoseconds(u64::MAX), u64::MAX);
        assert_eq!(Scale::new(FASTEST).unwrap().ticks(u64::MAX), u64::MAX);
    }

    #[test]
    fn impossible_rates_are_refused() {
        for hz in [0, 999_999, FASTEST + 1, u64::MAX] {
            assert_eq!(Scale::new(hz), Err(ClockError::Rate { hz }));
        }
    }
}
