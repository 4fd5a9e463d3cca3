//! One flow, whichever the model: commands with their model times out, reports in.

use crate::crowd::{Crowd, Quotes};
use crate::hawkes::Excited;
use crate::mix;
use crate::poisson::Poisson;
use crate::settings::{FlowSettings, Model};
use crate::zero::Zero;
use hftz_model::{Command, Event, Side};

/// A crowd of traders. It sees the best prices and the reports on its own orders, and nothing else of the market.
///
/// Prices are on whole cents; ids rise from 1; every step costs the same however many symbols and orders there are.
#[derive(Clone, Debug)]
pub struct Flow {
    crowd: Crowd,
    model: Tables,
    crossing: f64,
}

/// What comes next, the two most common kinds told apart: whoever applies each in a place of its own has no kind to ask for, and
/// the command need not lie in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// A day limit order, perhaps a reserve or an attributed one.
    Limit(Command),
    /// A cancel of a whole order.
    Cancel(Command),
    /// Anything.
    Other(Command),
}

impl Next {
    /// Whichever it is.
    #[inline]
    #[must_use]
    pub const fn command(self) -> Command {
        match self {
            Self::Limit(command) | Self::Cancel(command) | Self::Other(command) => command,
        }
    }
}

#[derive(Clone, Debug)]
enum Tables {
    Zero(Box<Zero>),
    Poisson(Poisson),
    Hawkes(Box<Excited>),
}

impl Flow {
    #[must_use]
    pub fn new(settings: &FlowSettings) -> Self {
        let model = match settings.model {
            Model::Zero => Tables::Zero(Box::new(Zero::new(settings))),
            Model::Poisson => Tables::Poisson(Poisson::new(settings)),
            Model::Hawkes(kernel) => Tables::Hawkes(Box::new(Excited::new(kernel, settings.symbols))),
        };
        let crowd = Crowd::new(settings);
        Self { crowd, model, crossing: settings.extras.crossing }
    }

    /// The next command; its time is then [`Self::time_ns`].
    ///
    /// `budget` is the number of feed messages that the command may cause at most: it limits the shares of an order that takes
    /// (each share may trade with another order, and that order may show another part of itself). Any value above 2000 limits
    /// nothing.
    #[inline(always)]
    pub fn next(&mut self, quotes: &impl Quotes, budget: u32) -> Next {
        match &mut self.model {
            Tables::Zero(model) => model.next(&mut self.crowd, quotes, budget),
            Tables::Poisson(model) => Next::Other(model.next(&mut self.crowd, quotes, budget)),
            Tables::Hawkes(model) => Next::Other(model.next(&mut self.crowd, quotes, budget)),
        }
    }

    /// Model time of the last command, nanoseconds since midnight.
    #[inline(always)]
    pub fn time_ns(&self) -> u64 {
        self.crowd.time_ns()
    }

    /// An order for the book before the opening. With `may_cross` some are priced through the other side.
    pub fn opening(&mut self, may_cross: bool) -> Command {
        loop {
            let crossing = self.crowd.random.unit() < self.crossing && may_cross;
            let made = match &self.model {
                Tables::Zero(model) => model.opening(&mut self.crowd, crossing),
                Tables::Poisson(_) | Tables::Hawkes(_) => mix::opening(&mut self.crowd, crossing),
            };
            if let Some(order) = made {
                return order;
            }
        }
    }

    /// A new order of this crowd, at a price and of a size that the caller chooses: for books that must begin in a given state.
    pub fn order(&mut self, symbol: u16, side: Side, price: i64, quantity: u32) -> Command {
        Command::limit(symbol, side, self.crowd.live.next_id(), price, quantity)
    }

    /// The zero-intelligence model, if this is its flow.
    #[inline(always)]
    pub(crate) const fn zero(&self) -> Option<(&Zero, &Crowd)> {
        match &self.model {
            Tables::Zero(model) => Some((model, &self.crowd)),
            Tables::Poisson(_) | Tables::Hawkes(_) => None,
        }
    }

    /// What a report on this order reads of the flow first.
    #[inline]
    #[must_use]
    pub fn entry(&self, id: u64) -> &u32 {
        self.crowd.live.entry(id)
    }

    /// A report of the venue on any order; those of others do no harm.
    #[inline(always)]
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
