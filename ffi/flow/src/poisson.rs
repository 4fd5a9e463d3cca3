//! Plain Poisson flow: commands arrive at a constant rate, their kinds and prices from a fixed mix ([`crate::mix`]).
//!
//! No theory stands behind it; it is the load most simulators call a market.

use crate::crowd::{Crowd, Quotes};
use crate::mix::{Anywhere, Kind};
use crate::settings::FlowSettings;
use hftz_model::Command;

/// Commands a symbol and second.
const RATE: f64 = 150.0;

/// The model; rates are per second over all symbols.
#[derive(Clone, Copy, Debug)]
pub struct Poisson {
    rate: f64,
    books: Anywhere,
}

impl Poisson {
    pub fn new(settings: &FlowSettings) -> Self {
        Self { rate: RATE * f64::from(settings.symbols), books: Anywhere { full: settings.resting() } }
    }

    /// Draws events until one is a command.
    #[inline(never)]
    pub fn next(&self, crowd: &mut Crowd, quotes: &impl Quotes, budget: u32) -> Command {
        loop {
            let kind = Kind::at((crowd.next_event(self.rate) * 100.0 / self.rate) as u32);
            if let Some(command) = kind.make(self.books, crowd, quotes, budget) {
                return command;
            }
        }
    }
}
