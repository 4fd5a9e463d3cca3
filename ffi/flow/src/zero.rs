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
use crate::crowd::{Crowd, Dice, Place, Quotes, distance};
use crate::real::pow;
use crate::settings::FlowSettings;
use hftz_model::Command;

/// Distances at which limit orders arrive, in ticks.
pub const LEVELS: usize = 100;
/// Rates of the first five distances, per second: limit orders a side, and cancels an order.
const LIMIT_NEAR: [f64; 5] = [1.85, 1.51, 1.09, 0.88, 0.77];
/// The last one stands for all further distances; an order that meets the opposite best counts as one tick away.
const CANCEL: [f64; 6] = [0.71, 0.71, 0.81, 0.68, 0.56, 0.47];
/// The place of the last one.
const FAR: u32 = CANCEL.len() as u32 - 1;
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
    /// Which event, below the rate.
    point: f64,
    /// Which order if it is a cancel; the fraction is a coin.
    order: f64,
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
            ahead: Event { dice: Dice::default(), live: NOBODY, rate: 0.0, point: 0.0, order: 0.0 },
        }
    }

    /// Draws events until one is a command, and writes it.
    #[inline(always)]
    pub fn next(&mut self, crowd: &mut Crowd, quotes: &impl Quotes, budget: u32, to: &mut Command) {
        let live = crowd.live.len();
        let mut event = self.ahead;
        if event.live != live {
            event = self.event(if event.live == NOBODY { crowd.throw() } else { event.dice }, live);
        }
        loop {
            crowd.reach(&event.dice, event.rate);
            let (made, foreseen) = if event.point < self.limit {
                let (place, ticks) = self.arrival(crowd);
                (crowd.limit(place, crowd.opposite(place, quotes), ticks, to), live + 1)
            } else if event.point < self.fixed {
                (self.other(crowd, quotes, event.point - self.limit, budget, to), live)
            } else {
                (cancel(crowd, quotes, event.order, to), live.wrapping_sub(1))
            };
            let dice = crowd.throw();
            if made {
                self.ahead = self.event(dice, foreseen);
                return;
            }
            event = self.at_rate(dice, live, event.rate);
        }
    }

    /// The event of these draws when `live` orders are.
    #[inline(always)]
    fn event(&self, dice: Dice, live: usize) -> Event {
        self.at_rate(dice, live, self.fixed + CANCEL_TOP * live as i64 as f64)
    }

    #[inline(always)]
    fn at_rate(&self, dice: Dice, live: usize, rate: f64) -> Event {
        let point = dice.point(rate);
        Event { dice, live, rate, point, order: (point - self.fixed) / CANCEL_TOP }
    }

    /// Everything that is rare: market orders and the extras.
    #[inline(never)]
    fn other(&self, crowd: &mut Crowd, quotes: &impl Quotes, mut point: f64, budget: u32, to: &mut Command) -> bool {
        if point < self.market {
            let place = crowd.place();
            return crowd.market(place, budget / 2, to);
        }
        point -= self.market;
        if point < self.immediate {
            let place = crowd.place();
            return crowd.immediate(place, crowd.opposite(place, quotes), budget / 2, to);
        }
        point -= self.immediate;
        let Some(order) = crowd.live.pick(&mut crowd.random) else { return false };
        if point < self.reduce {
            return Crowd::reduce(&order, to);
        }
        let opposite = crowd.opposite(Place { symbol: order.symbol, side: order.side }, quotes);
        let (_, ticks) = self.arrival(crowd);
        budget >= 2 && crowd.replace(&order, opposite, ticks, to)
    }

    /// An order of the opening book, drawn from the equilibrium; `crossing` prices it through the other side.
    pub fn opening(&self, crowd: &mut Crowd, crossing: bool, to: &mut Command) -> bool {
        let place = crowd.place();
        let bits = crowd.random.bits() as u32;
        let ticks = if crossing { -i64::from(bits % 3) } else { i64::from(self.opening.pick(bits)) + 1 };
        crowd.limit(place, crowd.opening_opposite(place), ticks, to)
    }

    /// Where a limit order arrives: any place, and how many ticks from the opposite best.
    #[inline(always)]
    fn arrival(&self, crowd: &mut Crowd) -> (Place, i64) {
        let bits = crowd.random.bits();
        (crowd.place_of((bits >> 32) as u32), i64::from(self.arrivals.pick(bits as u32)) + 1)
    }
}

/// A cancel proposed at the highest rate: the whole part of `order` draws the order, its fraction decides whether the order's
/// distance spares it.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn cancel(crowd: &Crowd, quotes: &impl Quotes, order: f64, to: &mut Command) -> bool {
    let index = order as u32;
    let coin = (order - f64::from(index)) * CANCEL_TOP;
    let Some(order) = crowd.live.nth(index as usize) else { return false };
    let opposite = crowd.opposite(Place { symbol: order.symbol, side: order.side }, quotes);
    if coin >= CANCEL[distance(opposite, order.side, order.price, FAR) as usize] {
        return false;
    }
    *to = Command::cancel(order.symbol, order.id, 0);
    true
}
