//! Zero-intelligence flow (Cont, Stoikov and Talreja, "A stochastic model for order book dynamics", 2010).
//!
//! Limit orders arrive `i` ticks from the opposite best with rate lambda(i), each order at distance `i` is cancelled with rate
//! theta(i), market orders arrive with rate mu a side; nobody remembers anything. Rates for the first five ticks are the paper's
//! estimates, beyond them lambda follows the power law and theta stays. In equilibrium 67.8 orders a side rest within 100 ticks.
//!
//! All symbols are one Poisson process with the sum of the rates. Orders to cancel are found by thinning: an order is drawn from
//! all live ones at the highest theta and spared with the probability its distance grants, so a cancel costs the same
//! however many orders there are, and its age is whatever it is.

use crate::alias::Alias;
use crate::crowd::{Crowd, Place, Quotes, distance};
use crate::real::pow;
use crate::settings::FlowSettings;
use hftz_model::Command;

/// Distances at which limit orders arrive, in ticks.
pub const LEVELS: usize = 100;
/// Rates of the first five distances, per second: limit orders a side, and cancels an order.
const LIMIT_NEAR: [f64; 5] = [1.85, 1.51, 1.09, 0.88, 0.77];
const CANCEL_NEAR: [f64; 5] = [0.71, 0.81, 0.68, 0.56, 0.47];
const CANCEL_FAR: f64 = 0.47;
/// The highest of the cancel rates.
const CANCEL_TOP: f64 = 0.81;
/// Market orders a side, per second.
const MARKET: f64 = 0.94;

/// Limit orders a side and second at a distance of `ticks`; 0 outside 1 to [`LEVELS`].
#[must_use]
pub fn limit_rate(ticks: usize) -> f64 {
    match ticks {
        1..=5 => LIMIT_NEAR[ticks - 1],
        6..=LEVELS => 1.92 * pow(ticks as f64, -0.52),
        _ => 0.0,
    }
}

/// Cancels a second of one order at a distance of `ticks`.
#[inline]
#[must_use]
pub fn cancel_rate(ticks: i64) -> f64 {
    let near = usize::try_from(ticks - 1).ok().and_then(|index| CANCEL_NEAR.get(index));
    *near.unwrap_or(&CANCEL_FAR)
}

/// Orders a side and symbol at a distance of `ticks` in equilibrium when the best prices stand still: lambda / theta.
#[must_use]
pub fn mean_orders(ticks: usize) -> f64 {
    limit_rate(ticks) / cancel_rate(ticks as i64)
}

/// The model's tables; rates are per second over all symbols.
#[derive(Clone, Debug)]
pub struct Zero {
    arrivals: Alias,
    opening: Alias,
    market: f64,
    limit: f64,
    immediate: f64,
    reduce: f64,
    /// All of them and replaces; cancels come on top.
    fixed: f64,
    /// Orders that rest in equilibrium, all symbols, both sides.
    pub resting: f64,
}

impl Zero {
    pub fn new(settings: &FlowSettings) -> Self {
        let rates: Vec<f64> = (1..=LEVELS).map(limit_rate).collect();
        let means: Vec<f64> = (1..=LEVELS).map(mean_orders).collect();
        let sides = 2.0 * f64::from(settings.symbols);
        let limit = sides * rates.iter().sum::<f64>();
        let market = sides * MARKET;
        let [replace, immediate, reduce] =
            [settings.extras.replace, settings.extras.immediate, settings.extras.reduce].map(|share| share * limit);
        Self {
            arrivals: Alias::new(&rates),
            opening: Alias::new(&means),
            market,
            limit,
            immediate,
            reduce,
            fixed: limit + market + replace + immediate + reduce,
            resting: sides * means.iter().sum::<f64>(),
        }
    }

    /// Draws events until one is a command.
    #[inline]
    pub fn next(&self, crowd: &mut Crowd, quotes: &impl Quotes, budget: u32) -> Command {
        loop {
            let live = crowd.live.len() as f64;
            let total = self.fixed + CANCEL_TOP * live;
            crowd.wait(total);
            let point = crowd.random.unit() * total;
            let command = if point < self.limit {
                let (place, ticks) = (crowd.place(), self.distance(crowd));
                crowd.limit(place, crowd.opposite(place, quotes), ticks)
            } else if point < self.fixed {
                self.other(crowd, quotes, point - self.limit, budget)
            } else {
                // What is left of the point is uniform below CANCEL_TOP * live: it spares or takes the drawn order.
                let order = crowd.live.pick(&mut crowd.random);
                order
                    .filter(|order| {
                        let opposite = crowd.opposite(Place { symbol: order.symbol, side: order.side }, quotes);
                        point - self.fixed < cancel_rate(distance(opposite, order.side, order.price)) * live
                    })
                    .map(|order| Command::cancel(order.symbol, order.id, 0))
            };
            if let Some(command) = command {
                return command;
            }
        }
    }

    /// Everything that is rare: market orders and the extras.
    fn other(&self, crowd: &mut Crowd, quotes: &impl Quotes, mut point: f64, budget: u32) -> Option<Command> {
        if point < self.market {
            let place = crowd.place();
            return crowd.market(place, budget / 2);
        }
        point -= self.market;
        if point < self.immediate {
            let place = crowd.place();
            return crowd.immediate(place, crowd.opposite(place, quotes), budget / 2);
        }
        point -= self.immediate;
        let order = crowd.live.pick(&mut crowd.random)?;
        if point < self.reduce {
            return crowd.reduce(&order);
        }
        if budget < 2 {
            return None;
        }
        let opposite = crowd.opposite(Place { symbol: order.symbol, side: order.side }, quotes);
        let ticks = self.distance(crowd);
        crowd.replace(&order, opposite, ticks)
    }

    /// An order of the opening book, drawn from the equilibrium; `crossing` prices it through the other side.
    pub fn opening(&self, crowd: &mut Crowd, crossing: bool) -> Option<Command> {
        let place = crowd.place();
        let ticks = if crossing {
            -i64::from(crowd.random.below(3))
        } else {
            i64::from(self.opening.pick(crowd.random.bits())) + 1
        };
        crowd.limit(place, crowd.opening_opposite(place), ticks)
    }

    #[inline]
    fn distance(&self, crowd: &mut Crowd) -> i64 {
        i64::from(self.arrivals.pick(crowd.random.bits())) + 1
    }
}
