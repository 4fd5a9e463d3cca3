//! The rate of a counter, from readings of a reference clock between two readings of the counter.
//!
//! Two readings suffice: the tightest bracket near the start and the tightest near the end. A fit through all of them would
//! give weight to the loose ones, which are loose because something interrupted them. What remains uncertain is known exactly:
//! the reference was read somewhere inside each bracket, so the rate is off by at most the two half-widths over the span.

use crate::error::ClockError;
use crate::scale::Scale;

/// The reference clock, read between two readings of the counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bracket {
    pub before: u64,
    pub reference_ns: u64,
    pub after: u64,
}

impl Bracket {
    fn width(&self) -> u64 {
        self.after.wrapping_sub(self.before)
    }

    fn middle(&self) -> u64 {
        self.before.wrapping_add(self.width() / 2)
    }
}

/// A counter tied to a reference clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Calibration {
    pub scale: Scale,
    /// Largest possible error of the rate, in parts in 10^9, as far as the readings tell.
    pub error_ppb: u64,
    /// One moment on both clocks.
    pub origin_ticks: u64,
    pub origin_ns: u64,
}

impl Calibration {
    /// Fits the rate to `brackets`, given in the order of their reading.
    ///
    /// # Errors
    /// Fewer than two, a clock that stood still, or a rate that no counter has.
    pub fn fit(brackets: &[Bracket]) -> Result<Self, ClockError> {
        // A third of the readings at either end, so that the span stays at least a third of the whole.
        let third = (brackets.len() / 3).max(1);
        let tightest = |part: &[Bracket]| part.iter().copied().min_by_key(Bracket::width);
        let (start, end) = (brackets.get(..third), brackets.len().checked_sub(third).and_then(|n| brackets.get(n..)));
        let (Some(first), Some(last)) = (start.and_then(tightest), end.and_then(tightest)) else {
            return Err(ClockError::TooFew { brackets: 0 });
        };
        if brackets.len() == 1 {
            return Err(ClockError::TooFew { brackets: 1 });
        }
        let ticks = last.middle().wrapping_sub(first.middle());
        let ns = last.reference_ns.saturating_sub(first.reference_ns);
        // A counter that ran backwards shows as a span of more than half the circle.
        if ticks == 0 || ticks > u64::MAX / 2 || ns == 0 {
            return Err(ClockError::NotAdvancing);
        }
        let hz = (u128::from(ticks) * 1_000_000_000 + u128::from(ns) / 2) / u128::from(ns);
        let scale = Scale::new(u64::try_from(hz).unwrap_or(u64::MAX))?;
        // Half a width at each end, and one nanosecond of the reference's own resolution at each end.
        let half_widths = (u128::from(first.width()) + u128::from(last.width())) / 2;
        let error = half_widths * 1_000_000_000 / u128::from(ticks) + 2_000_000_000 / u128::from(ns);
        let error_ppb = u64::try_from(error).unwrap_or(u64::MAX);
        Ok(Self { scale, error_ppb, origin_ticks: last.middle(), origin_ns: last.reference_ns })
    }

    /// The reference clock's time at a reading of the counter, in nanoseconds; saturates at 0.
    #[inline]
    #[must_use]
    pub const fn time_ns(&self, ticks: u64) -> u64 {
        let since = ticks.wrapping_sub(self.origin_ticks);
        if since <= u64::MAX / 2 {
            self.origin_ns.saturating_add(self.scale.nanoseconds(since))
        } else {
            self.origin_ns.saturating_sub(self.scale.nanoseconds(since.wrapping_neg()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Readings of a counter of `hz` ticks a second every millisecond, each bracket as wide as `widths` says (in ticks), the
    /// reference read at its very start: the worst place.
    fn readings(hz: u64, start: u64, widths: &[u64]) -> Vec<Bracket> {
        let bracket = |(i, &width): (usize, &u64)| {
            let ns = 1_000_000 * i as u64;
            let before = start.wrapping_add((u128::from(hz) * u128::from(ns) / 1_000_000_000) as u64);
            Bracket { before, reference_ns: 5_000 + ns, after: before.wrapping_add(width) }
        };
        widths.iter().enumerate().map(bracket).collect()
    }

    proptest! {
        #[test]
        fn the_true_rate_lies_within_the_stated_error(
            hz in 1_000_000_000_u64..6_000_000_000,
            start in any::<u64>(),
            widths in proptest::collection::vec(0_u64..5_000, 2..60),
        ) {
            let found = Calibration::fit(&readings(hz, start, &widths)).unwrap();
            let off = u128::from(found.scale.hz().abs_diff(hz)) * 1_000_000_000 / u128::from(hz);
            prop_assert!(off <= u128::from(found.error_ppb) + 1, "{off} > {}", found.error_ppb);
        }
    }

    #[test]
    fn interrupted_readings_do_not_spoil_the_rate() {
        let widths: Vec<u64> = (0..30).map(|i| if i % 3 == 1 { 60 } else { 200_000 }).collect();
        let found = Calibration::fit(&readings(2_600_000_000, 1 << 40, &widths)).unwrap();
        assert_eq!(found.scale.hz(), 2_600_000_000);
        assert!(found.error_ppb < 1_200, "{}", found.error_ppb);
    }

    #[test]
    fn moments_before_and_after_the_origin_convert() {
        let found = Calibration::fit(&readings(2_000_000_000, u64::MAX - 1_000, &[0; 10])).unwrap();
        assert_eq!(found.time_ns(found.origin_ticks.wrapping_add(2_000)), found.origin_ns + 1_000);
        assert_eq!(found.time_ns(found.origin_ticks.wrapping_sub(2_000)), found.origin_ns - 1_000);
    }

    #[test]
    fn clocks_that_stand_still_are_refused() {
        let bracket = |before, reference_ns| Bracket { before, reference_ns, after: before };
        assert_eq!(Calibration::fit(&[]), Err(ClockError::TooFew { brackets: 0 }));
        assert_eq!(Calibration::fit(&[bracket(1, 1)]), Err(ClockError::TooFew { brackets: 1 }));
        for (ticks, ns) in [(100, 7), (200, 5), (50, 7), (200, 4)] {
            assert_eq!(Calibration::fit(&[bracket(100, 5), bracket(ticks, ns)]), Err(ClockError::NotAdvancing));
        }
        assert!(matches!(Calibration::fit(&[bracket(0, 0), bracket(9, 1_000_000)]), Err(ClockError::Rate { .. })));
    }
}
