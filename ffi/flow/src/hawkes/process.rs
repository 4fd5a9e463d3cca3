//! Exact Hawkes arrivals for many symbols at once, each exciting itself and nobody else.
//!
//! An exponential kernel forgets in one multiplication, so the past of a symbol is one number and the past of all their sum.
//! The next arrival is the earlier of two independent ones (Dassios and Zhao, "Exact simulation of Hawkes process with
//! exponentially decaying intensity", 2013): one that nothing caused, and one caused by the past, which comes never with the
//! probability that the excitation fades first. Both are inversions, nothing is proposed and thrown away as in Ogata's
//! thinning. A caused arrival falls on a symbol in proportion to its excitation.
//!
//! All excitations fade alike, so they are kept as weights that grow instead: an arrival weighs `e^(beta t)`, and nothing else
//! is touched. Long before that overflows, all are divided by it.

use super::kernel::Kernel;
use super::weights::Weights;
use crate::exponential::exponential;
use crate::random::Random;
use crate::real::{exp, ln};

/// One arrival.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Arrival {
    /// Seconds since the one before it.
    pub gap: f64,
    /// Which of the symbols, from 0.
    pub symbol: u16,
}

/// The process; it begins without a past.
#[derive(Clone, Debug)]
pub struct Hawkes {
    kernel: Kernel,
    symbols: u16,
    /// Of each symbol the sum of `e^(beta t)` over its arrivals.
    weights: Weights,
    /// `e^(beta t)` now.
    scale: f64,
}

/// Weights are divided when a new one is as large as this.
const LARGE: f64 = 1e100;
/// What has faded to less is forgotten: beside a new arrival it is nothing even to the last bit.
const FORGOTTEN: f64 = 1e-100;
/// `-ln` of that.
const AGES: f64 = 230.0;

impl Hawkes {
    /// `kernel` must hold its own rules ([`Kernel::check`]).
    #[must_use]
    pub fn new(kernel: Kernel, symbols: u16) -> Self {
        Self { kernel, symbols, weights: Weights::new(usize::from(symbols)), scale: 1.0 }
    }

    /// The next arrival, in as many steps as the number of symbols has bits.
    #[allow(clippy::cast_possible_truncation)]
    pub fn next(&mut self, random: &mut Random) -> Arrival {
        let beta = self.kernel.beta;
        let uncaused = exponential(random) / (self.kernel.mu * f64::from(self.symbols));
        let excitation = self.kernel.alpha * self.weights.total() / self.scale;
        // What the excitation must have faded to when the caused one comes; below 0 it never does.
        let left = if excitation > 0.0 { 1.0 - exponential(random) * beta / excitation } else { 0.0 };
        let caused = if left > 0.0 { -ln(left) / beta } else { f64::INFINITY };
        let (gap, faded, symbol) = if caused < uncaused {
            (caused, left, self.weights.at(random.unit()) as u16)
        } else {
            let age = beta * uncaused;
            (uncaused, if age < AGES { exp(-age) } else { 0.0 }, random.below(u32::from(self.symbols)) as u16)
        };
        self.fade(faded);
        self.weights.add(usize::from(symbol), self.scale);
        Arrival { gap, symbol }
    }

    /// The intensity of one symbol just after the last arrival, per second.
    #[must_use]
    pub fn intensity(&self, symbol: u16) -> f64 {
        self.kernel.mu + self.kernel.alpha * self.weights.get(usize::from(symbol)) / self.scale
    }

    fn fade(&mut self, by: f64) {
        if by < FORGOTTEN {
            self.weights.multiply(0.0);
            self.scale = 1.0;
        } else {
            self.scale /= by;
            if self.scale > LARGE {
                self.weights.multiply(1.0 / self.scale);
                self.scale = 1.0;
            }
        }
    }
}
