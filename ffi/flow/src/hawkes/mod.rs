//! Hawkes flow: what happens to a symbol makes more happen to it soon.
//!
//! Commands of each symbol arrive as a Hawkes process of its own with an exponential kernel ([`process`]); what they are is
//! drawn as in the Poisson flow ([`crate::mix`]) and knows no past. An arrival is a command, always: when a kind is impossible
//! just now another is drawn, so that the arrivals keep their law.

mod kernel;
mod process;
mod weights;

pub use kernel::Kernel;
pub use process::{Arrival, Hawkes};

use crate::crowd::{Crowd, Quotes};
use crate::mix::{Kind, Within};
use hftz_model::Command;

/// The model: arrivals, and the mix of what arrives.
#[derive(Clone, Debug)]
pub struct Excited {
    arrivals: Hawkes,
}

impl Excited {
    pub fn new(kernel: Kernel, symbols: u16) -> Self {
        Self { arrivals: Hawkes::new(kernel, symbols) }
    }

    /// The command that the next arrival is.
    #[inline(never)]
    pub fn next(&mut self, crowd: &mut Crowd, quotes: &impl Quotes, budget: u32) -> Command {
        let arrival = self.arrivals.next(&mut crowd.random);
        crowd.pass(arrival.gap);
        let symbol = Within(arrival.symbol + 1);
        loop {
            let kind = Kind::at(crowd.random.below(100));
            if let Some(command) = kind.make(symbol, crowd, quotes, budget) {
                return command;
            }
        }
    }
}
