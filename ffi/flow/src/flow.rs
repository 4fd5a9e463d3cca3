//! One flow, whichever the model: commands with their model times out, reports in.

use crate::crowd::{Crowd, Quotes};
use crate::poisson::Poisson;
use crate::settings::{FlowSettings, Model};
use crate::zero::Zero;
use hftz_model::{Command, Event};

/// A crowd of traders. It sees the best prices and the reports on its own orders, and nothing else of the market.
///
/// Prices are on whole cents; ids rise from 1; every step costs the same however many symbols and orders there are.
#[derive(Clone, Debug)]
pub struct Flow {
    crowd: Crowd,
    model: Tables,
    crossing: f64,
}

#[derive(Clone, Debug)]
enum Tables {
    Zero(Box<Zero>),
    Poisson(Poisson),
}

impl Flow {
    #[must_use]
    pub fn new(settings: &FlowSettings) -> Self {
        let model = match settings.model {
            Model::Zero => Tables::Zero(Box::new(Zero::new(settings))),
            Model::Poisson => Tables::Poisson(Poisson::new(settings)),
        };
        let crowd = Crowd::new(settings, resting(&model));
        Self { crowd, model, crossing: settings.extras.crossing }
    }

    /// The next command and its model time, nanoseconds since midnight.
    ///
    /// `budget` is the number of feed messages that the command may cause at most: it limits the shares of an order that takes
    /// (each share may trade with another order, and that order may show another part of itself). Any value above 2000 limits nothing.
    #[inline]
    pub fn next(&mut self, quotes: &impl Quotes, budget: u32) -> (u64, Command) {
        let command = match &self.model {
            Tables::Zero(model) => model.next(&mut self.crowd, quotes, budget),
            Tables::Poisson(model) => model.next(&mut self.crowd, quotes, budget),
        };
        (self.crowd.time_ns(), command)
    }

    /// An order for the book before the opening. With `may_cross` some are priced through the other side.
    pub fn opening(&mut self, may_cross: bool) -> Command {
        loop {
            let crossing = self.crowd.random.unit() < self.crossing && may_cross;
            let order = match &self.model {
                Tables::Zero(model) => model.opening(&mut self.crowd, crossing),
                Tables::Poisson(model) => model.opening(&mut self.crowd, crossing),
            };
            if let Some(order) = order {
                return order;
            }
        }
    }

    /// Orders that rest in equilibrium, all symbols together: what an opening book should hold.
    #[must_use]
    pub fn resting(&self) -> usize {
        resting(&self.model)
    }

    /// A report of the venue on any order; those of others do no harm.
    #[inline]
    pub fn observe(&mut self, event: &Event) {
        self.crowd.observe(event);
    }

    /// The first price of a symbol, in 10^-4.
    #[must_use]
    pub fn start_price(&self, symbol: u16) -> i64 {
        self.crowd.start_price(symbol)
    }

    /// Orders of this flow that are live.
    #[must_use]
    pub fn live(&self) -> usize {
        self.crowd.live.len()
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn resting(model: &Tables) -> usize {
    match model {
        Tables::Zero(model) => model.resting as usize,
        Tables::Poisson(model) => model.resting() as usize,
    }
}
