//! What a flow is told before it begins.

use crate::burst::Burst;
use crate::hawkes::Kernel;
use crate::{mix, zero};

/// A flow over many symbols. Equal settings give equal flows, on any machine.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FlowSettings {
    pub model: Model,
    /// Stock locates 1 to this.
    pub symbols: u16,
    pub seed: u64,
    /// Model time of the first event at the earliest, nanoseconds since midnight.
    pub start_ns: u64,
    /// All rates are multiplied by this.
    pub activity: f64,
    /// Stretches in which everything happens faster, counted from `start_ns`.
    pub burst: Option<Burst>,
    pub sizes: SizeModel,
    pub extras: Extras,
}

/// Which crowd.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Model {
    /// Zero intelligence, see [`crate::zero`].
    Zero,
    /// Plain Poisson arrivals with a fixed mix, see [`crate::poisson`].
    Poisson,
    /// Arrivals that cause others, see [`crate::hawkes`].
    Hawkes(Kernel),
}

/// How large orders are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SizeModel {
    /// One round lot each, as the zero-intelligence theory assumes.
    Unit,
    /// The mixture seen in practice.
    Mixture,
}

/// What the theory leaves out and a feed should contain. Rates are shares of the rate of new limit orders, on top of the model's
/// own rates; [`Extras::NONE`] leaves the model pure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Extras {
    /// Replaces of a uniformly drawn order (zero-intelligence model only; the Poisson mix has its own).
    pub replace: f64,
    /// Immediate-or-cancel orders at the opposite best (likewise).
    pub immediate: f64,
    /// Cancels of half of a uniformly drawn order.
    pub reduce: f64,
    /// Share of new orders that show a quarter of themselves.
    pub reserve: f64,
    /// Share of new orders that carry an account, and so an attribution in the feed.
    pub attributed: f64,
    /// Share of opening orders priced through the other side, so that the opening has a cross.
    pub crossing: f64,
}

impl Extras {
    /// The pure model.
    pub const NONE: Self =
        Self { replace: 0.0, immediate: 0.0, reduce: 0.0, reserve: 0.0, attributed: 0.0, crossing: 0.0 };
    /// Enough of everything that each kind of message is common.
    pub const FEED: Self =
        Self { replace: 0.05, immediate: 0.01, reduce: 0.03, reserve: 0.01, attributed: 0.05, crossing: 0.02 };
}

impl FlowSettings {
    /// Orders that rest in equilibrium, all symbols together: what an opening book should hold.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn resting(&self) -> usize {
        let side = match self.model {
            Model::Zero => (1..=zero::LEVELS).map(zero::mean_orders).sum::<f64>(),
            Model::Poisson | Model::Hawkes(_) => mix::RESTING_SIDE as f64,
        };
        (side * 2.0 * f64::from(self.symbols)) as usize
    }
}

impl Default for FlowSettings {
    fn default() -> Self {
        Self {
            model: Model::Zero,
            symbols: 8,
            seed: 1,
            start_ns: 34_200_000_000_000,
            activity: 1.0,
            burst: None,
            sizes: SizeModel::Mixture,
            extras: Extras::FEED,
        }
    }
}
