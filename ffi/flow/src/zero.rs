//! Zero-intelligence flow (Cont, Stoikov and Talreja, "A stochastic model for order book dynamics", 2010).
//!
//! Limit orders arrive `i` ticks from the opposite best with rate lambda(i), each order at distance `i` is cancelled with rate
//! theta(i), market orders arrive with rate mu a side; nobody remembers anything. Rates for the first five ticks are the paper's
//! estimates, beyond them lambda follows the power law and theta stays. In equilibrium 67.8 orders a side rest within 100 ticks.
//!
//! All symbols are one Poisson process with the sum of the rates. Orders to cancel are found by thinning: an order is drawn from
//! all live ones at the highest theta and spared with the probability its distance grants, so a cancel costs the same
//! however many orders there are, and its age is whatever it is.

mod scout;

use crate::alias::Alias;
use crate::crowd::{Crowd, Dice, Place, Quotes, distance};
use crate::flow::Next;
use crate::real::pow;
use crate::settings::FlowSettings;
use hftz_model::Command;

pub use scout::{Meeting, Pick, ROOM, Scout, Sight, Spot};

/// Distances at which limit orders arrive, in ticks.
pub const LEVELS: usize = 100;
/// Rates of the first five distances, per second: limit orders a side, and cancels an order.
const LIMIT_NEAR: [f64; 5] = [1.85, 1.51, 1.09, 0.88, 0.77];
/// The last one stands for all further distances; an order that meets the opposite best counts as one tick away.
const CANCEL: [f64; 6] = [0.71, 0.71, 0.81, 0.68, 0.56, 0.47];
/// The place of the last one.
const FAR: u32 = CANCEL.len() as u32 - 1;
/// The highest and the lowest of the cancel rates.
const CANCEL_TOP: f64 = 0.81;
const CANCEL_LEAST: f64 = 0.47;
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
    CANCEL[(ticks as u64).min(u64::from(FAR)) as usize]
}

/// Orders a side and symbol at a distance of `ticks` in equilibrium when the best prices stand still: lambda / theta.
#[must_use]
pub fn mean_orders(ticks: usize) -> f64 {
    limit_rate(ticks) / cancel_rate(ticks as i64)
}

/// More orders than can live.
const NOBODY: usize = usize::MAX;

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
    /// The next event, drawn as soon as the last one was a command; before the first there is none.
    ahead: Event,
}

/// An event of the process before its time: which one it is, should as many orders be live as were foreseen.
///
/// The draws do not depend on what the venue answers, and the number of live orders is foreseen but for trades. So an event is
/// worked out while the venue has yet to take the command before it, and the branches on it, which nobody can predict, find
/// their numbers ready.
#[derive(Clone, Copy, Debug)]
struct Event {
    dice: Dice,
    /// Live orders, [`NOBODY`] of no event, and the rate of all events that they make.
    live: usize,
    rate: f64,
    /// From the event before it, in nanoseconds.
    wait_ns: f64,
    /// Which event, below the rate.
    point: f64,
    /// If it is a cancel, which order, and a coin below [`CANCEL_TOP`]: below the rate of the order's distance it is cancelled.
    order: u32,
    coin: f64,
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
            ahead: Event {
                dice: Dice::default(),
                live: NOBODY,
                rate: 0.0,
                wait_ns: 0.0,
                point: 0.0,
                order: 0,
                coin: 0.0,
            },
        }
    }

    /// Draws events until one is a command.
    #[inline(always)]
    pub fn next(&mut self, crowd: &mut Crowd, quotes: &impl Quotes, budget: u32) -> Next {
        let live = crowd.live.len();
        let mut event = self.ahead;
        if event.live != live {
            let dice = if event.live == NOBODY { crowd.throw() } else { event.dice };
            event = self.event(crowd, dice, live);
        }
        loop {
            crowd.wait(event.wait_ns);
            if event.point < self.limit {
                let (place, ticks) = self.arrival(crowd);
                if let Some(order) = crowd.limit(place, crowd.opposite(place, quotes), ticks) {
                    self.ahead = self.foresee(crowd, live + 1);
                    return Next::Limit(order);
                }
            } else if event.point < self.fixed {
                if let Some(command) = self.other(crowd, quotes, event.point - self.limit, budget) {
                    self.ahead = self.foresee(crowd, live);
                    return Next::Other(command);
                }
            } else if let Some(command) = cancel(crowd, quotes, &event) {
                self.ahead = self.foresee(crowd, live.wrapping_sub(1));
                return Next::Cancel(command);
            }
            let dice = crowd.throw();
            event = self.at_rate(crowd, dice, live, event.rate);
        }
    }

    /// The event that comes when so many orders are live.
    #[inline(always)]
    fn foresee(&self, crowd: &mut Crowd, live: usize) -> Event {
        let dice = crowd.throw();
        self.event(crowd, dice, live)
    }

    /// The event of these draws when `live` orders are.
    #[inline(always)]
    fn event(&self, crowd: &Crowd, dice: Dice, live: usize) -> Event {
        self.at_rate(crowd, dice, live, self.fixed + CANCEL_TOP * live as i64 as f64)
    }

    #[inline(always)]
    fn at_rate(&self, crowd: &Crowd, dice: Dice, live: usize, rate: f64) -> Event {
        let point = dice.point(rate);
        let (order, coin) = self.aim(point);
        Event { dice, live, rate, wait_ns: crowd.gap_ns(&dice, rate), point, order, coin }
    }

    /// Which order the cancel at a point proposes, and its coin.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn aim(&self, point: f64) -> (u32, f64) {
        let drawn = (point - self.fixed) / CANCEL_TOP;
        let order = drawn as u32;
        (order, (drawn - f64::from(order)) * CANCEL_TOP)
    }

    /// Everything that is rare: market orders and the extras.
    #[inline(never)]
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
            return Crowd::reduce(&order);
        }
        let opposite = crowd.opposite(Place { symbol: order.symbol, side: order.side }, quotes);
        let (_, ticks) = self.arrival(crowd);
        if budget < 2 { None } else { crowd.replace(&order, opposite, ticks) }
    }

    /// An order of the opening book, drawn from the equilibrium; `crossing` prices it through the other side.
    pub fn opening(&self, crowd: &mut Crowd, crossing: bool) -> Option<Command> {
        let place = crowd.place();
        let bits = crowd.random.bits() as u32;
        let ticks = if crossing { -i64::from(bits % 3) } else { i64::from(self.opening.pick(bits)) + 1 };
        crowd.limit(place, crowd.opening_opposite(place), ticks)
    }

    /// Where a limit order arrives: any place, and how many ticks from the opposite best.
    #[inline(always)]
    fn arrival(&self, crowd: &mut Crowd) -> (Place, i64) {
        let bits = crowd.random.bits();
        (crowd.place_of((bits >> 32) as u32), i64::from(self.arrivals.pick(bits as u32)) + 1)
    }
}

/// A cancel proposed at the highest rate, unless the order's distance spares it. That is asked only where the coin leaves it open: what
/// nobody can guess is then known before the order is looked at, and what is left to ask is nearly always a sparing.
#[inline(always)]
fn cancel(crowd: &Crowd, quotes: &impl Quotes, event: &Event) -> Option<Command> {
    let order = crowd.live.nth(event.order as usize)?;
    let spared = event.coin >= CANCEL_LEAST && {
        let opposite = crowd.opposite(Place { symbol: order.symbol, side: order.side }, quotes);
        event.coin >= CANCEL[distance(opposite, order.side, order.price, FAR) as usize]
    };
    (!spared).then(|| Command::cancel(order.symbol, order.id, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_distance_is_cancelled_faster_or_slower_than_the_bounds_say() {
        assert_eq!(CANCEL.into_iter().fold(0.0, f64::max), CANCEL_TOP);
        assert_eq!(CANCEL.into_iter().fold(f64::MAX, f64::min), CANCEL_LEAST);
    }
}
