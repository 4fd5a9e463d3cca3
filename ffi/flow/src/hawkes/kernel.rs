//! The three numbers of a Hawkes process, and what follows from them in closed form.

use crate::real::exp;

/// Intensity of one symbol: `mu + sum of alpha * e^(-beta * age)` over all that happened there; all per second.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Kernel {
    /// Rate of arrivals that nothing caused.
    pub mu: f64,
    /// How much each arrival adds to the rate.
    pub alpha: f64,
    /// How fast that fades.
    pub beta: f64,
}

/// The largest rate that is accepted: a fade of a microsecond.
const FASTEST: f64 = 1e6;
/// The smallest: an arrival in eleven days.
const SLOWEST: f64 = 1e-6;

impl Kernel {
    /// Every arrival causes 0.8 others within about ten milliseconds: 50 a second, in bunches.
    pub const DEFAULT: Self = Self { mu: 10.0, alpha: 80.0, beta: 100.0 };

    /// # Errors
    /// The number that is out of its range, and the range.
    pub fn check(&self) -> Result<(), String> {
        let Self { mu, alpha, beta } = *self;
        for (name, value) in [("mu", mu), ("beta", beta)] {
            if !(SLOWEST..=FASTEST).contains(&value) {
                return Err(format!("{name} must lie between 0.000001 and 1M a second, not {value}"));
            }
        }
        if alpha.is_nan() || alpha < 0.0 {
            return Err(format!("alpha must not be below 0, as {alpha} is"));
        }
        if alpha >= beta {
            return Err(format!(
                "alpha / beta = {alpha} / {beta} = {} must be below 1: each arrival would cause that many others, and the flow \
                 would never calm down",
                alpha / beta
            ));
        }
        Ok(())
    }

    /// Arrivals that one arrival causes, on average: alpha / beta.
    #[must_use]
    pub fn branching(&self) -> f64 {
        self.alpha / self.beta
    }

    /// Arrivals a second in the long run: mu / (1 - n).
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.mu / (1.0 - self.branching())
    }

    /// Variance over mean of the number of arrivals in `tau` seconds (Hawkes, 1971); 1 for independent arrivals.
    #[must_use]
    pub fn fano(&self, tau: f64) -> f64 {
        let (k, g) = (1.0 / (1.0 - self.branching()), self.beta - self.alpha);
        let faded = if g * tau < 700.0 { exp(-g * tau) } else { 0.0 };
        (tau * k * k + (1.0 - k * k) * (1.0 - faded) / g) / tau
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_fano_factors_are_those_of_the_sheet() {
        let busy = Kernel::DEFAULT;
        assert!((busy.rate() - 50.0).abs() < 1e-9);
        for (tau, fano) in [(0.01, 3.2477), (0.1, 14.624), (1.0, 23.80), (10.0, 24.88)] {
            assert!((busy.fano(tau) / fano - 1.0).abs() < 3e-4, "{tau}: {}", busy.fano(tau));
        }
        let calm = Kernel { mu: 1.0, alpha: 0.5, beta: 1.0 };
        assert!((calm.rate() - 2.0).abs() < 1e-12);
        for (tau, fano) in [(0.1, 1.0738), (1.0, 1.6392), (10.0, 3.404)] {
            assert!((calm.fano(tau) - fano).abs() < 1e-3, "{tau}: {}", calm.fano(tau));
        }
        assert!((Kernel { alpha: 0.0, ..calm }.fano(3.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_process_that_would_explode_and_numbers_that_are_none_are_refused_by_name() {
        let refused = |mu, alpha, beta| Kernel { mu, alpha, beta }.check().unwrap_err();
        assert!(refused(1.0, 2.0, 1.0).contains("alpha / beta = 2 / 1 = 2 must be below 1"));
        assert!(refused(1.0, 1.0, 1.0).contains("must be below 1"));
        assert!(refused(0.0, 0.5, 1.0).contains("mu must lie between"));
        assert!(refused(f64::NAN, 0.5, 1.0).contains("mu"));
        assert!(refused(1.0, -0.5, 1.0).contains("alpha"));
        assert!(refused(1.0, f64::NAN, 1.0).contains("alpha"));
        assert!(refused(1.0, f64::INFINITY, 1.0).contains("below 1"));
        assert!(refused(1.0, 0.5, f64::INFINITY).contains("beta"));
        assert_eq!(Kernel::DEFAULT.check(), Ok(()));
        assert_eq!(Kernel { mu: 1.0, alpha: 0.0, beta: 1.0 }.check(), Ok(()));
    }
}
