//! Which side of a book is used up first: 25 cells of queue lengths, run over and over in 25 books at once.
//!
//! A cell `(b, a)` begins with `b` orders at the best bid and `a` at the best ask, a tick apart. The flow goes on until one of the
//! queues is gone and the mid price has moved; then the book is put back and runs again. Deeper orders stay where they are:
//! they have no part in a race that ends before they are reached.

use super::check::Checks;
use super::market::{LOT, Market};
use crate::run::Control;
use hftz_flow::{Extras, FlowSettings, Model, Random, SizeModel, TICK};
use hftz_model::{Command, Side};
use std::collections::VecDeque;

/// By bid queue 1 to 5, then by ask queue 1 to 5.
pub type Table = [[f64; 5]; 5];

/// P(the mid moves up next), Cont, Stoikov and Talreja's rates.
pub const UP: Table = [
    [0.500, 0.336, 0.259, 0.216, 0.188],
    [0.664, 0.500, 0.407, 0.348, 0.307],
    [0.741, 0.593, 0.500, 0.437, 0.391],
    [0.784, 0.652, 0.563, 0.500, 0.452],
    [0.812, 0.693, 0.609, 0.548, 0.500],
];
/// P(an own bid and an own ask, each the last of its queue and never cancelled, both fill before the mid moves).
pub const BOTH: Table = [
    [0.266, 0.308, 0.309, 0.300, 0.288],
    [0.308, 0.386, 0.406, 0.406, 0.400],
    [0.309, 0.406, 0.441, 0.452, 0.452],
    [0.300, 0.406, 0.452, 0.471, 0.478],
    [0.288, 0.400, 0.452, 0.478, 0.491],
];
/// P(up) when orders come and go at equal rates whatever the length (Cont and de Larrard, arXiv 1104.4596).
pub const BALANCED: Table = [
    [0.5000, 0.3023, 0.2094, 0.1585, 0.1271],
    [0.6977, 0.5000, 0.3767, 0.2975, 0.2440],
    [0.7906, 0.6233, 0.5000, 0.4107, 0.3452],
    [0.8415, 0.7025, 0.5893, 0.5000, 0.4301],
    [0.8729, 0.7560, 0.6548, 0.5699, 0.5000],
];
/// How exactly the first two tables are known.
const ROUNDED: f64 = 0.001;
/// And the last.
const ROUNDED_BALANCED: f64 = 0.000_1;

/// One cell, running in the book of its own symbol.
#[derive(Clone, Debug)]
struct Race {
    bids: u64,
    asks: u64,
    /// The best bid at the start; the best ask is a tick above.
    price: i64,
    own: Option<[u64; 2]>,
    runs: u64,
    hits: u64,
}

/// `runs` races a cell with the zero-intelligence flow. `own`: hits are that both own orders fill, else that the mid moves up.
///
/// # Errors
/// When memory is short.
pub fn zero_intelligence(own: bool, runs: u64, seed: u64, control: Control<'_>, to: &mut Checks) -> Result<(), String> {
    let settings = FlowSettings {
        model: Model::Zero,
        symbols: 25,
        seed,
        sizes: SizeModel::Unit,
        extras: Extras::NONE,
        ..FlowSettings::default()
    };
    let mut market = Market::new(&settings, control)?;
    let mut races: Vec<Race> = (0..25).map(|cell| Race::new(cell, &market)).collect();
    for (race, symbol) in races.iter_mut().zip(1..) {
        race.begin(symbol, own, &mut market);
    }
    let mut left = races.len();
    while left > 0 && market.step().is_some() {
        let symbol = market.command.symbol;
        let Some(race) = races.get_mut(usize::from(symbol) - 1) else { continue };
        if let Some(hit) = race.end(symbol, &market) {
            // Books whose cell has its runs go on, so that all are served alike; they are no longer counted.
            if race.runs < runs {
                race.runs += 1;
                race.hits += u64::from(hit);
                left -= usize::from(race.runs == runs);
            }
            race.begin(symbol, own, &mut market);
        }
    }
    let (name, table) = if own { ("P(both own orders fill", &BOTH) } else { ("P(mid moves up", &UP) };
    report(&races, name, table, ROUNDED, to);
    Ok(())
}

fn report(races: &[Race], name: &str, table: &Table, rounding: f64, to: &mut Checks) {
    for race in races {
        let expected = table[race.bids as usize - 1][race.asks as usize - 1];
        let what = format!("{name} | bid queue {}, ask queue {})", race.bids, race.asks);
        to.probability(what, race.hits, race.runs, expected, rounding);
    }
}

impl Race {
    fn new(cell: u64, market: &Market<'_>) -> Self {
        let price = market.flow.start_price(cell as u16 + 1);
        Self { bids: cell / 5 + 1, asks: cell % 5 + 1, price, own: None, runs: 0, hits: 0 }
    }

    fn begin(&mut self, symbol: u16, own: bool, market: &mut Market<'_>) {
        for id in self.own.take().into_iter().flatten() {
            if market.engine.open(id).is_some() {
                market.apply(&Command::cancel(symbol, id, 0));
            }
        }
        let others = u64::from(own);
        for (side, price, wanted) in [(Side::Buy, self.price, self.bids), (Side::Sell, self.price + TICK, self.asks)] {
            market.set_orders(symbol, side, price, wanted - others);
        }
        if own {
            let ids = [market.own_id(), market.own_id()];
            market.apply(&Command::limit(symbol, Side::Buy, ids[0], self.price, LOT));
            market.apply(&Command::limit(symbol, Side::Sell, ids[1], self.price + TICK, LOT));
            self.own = Some(ids);
        }
    }

    /// Whether the race is over, and won.
    #[inline]
    fn end(&self, symbol: u16, market: &Market<'_>) -> Option<bool> {
        let bid_stands = market.engine.best(symbol, Side::Buy) == Some(self.price);
        let ask_stands = market.engine.best(symbol, Side::Sell) == Some(self.price + TICK);
        match self.own {
            None => (!(bid_stands && ask_stands)).then_some(!ask_stands),
            Some(ids) => {
                let won = ids.iter().all(|&id| market.engine.open(id).is_none());
                (won || !(bid_stands && ask_stands)).then_some(won)
            }
        }
    }
}

/// Steps after which a coin ends a race: those of balanced queues have no mean length, and of those that go on for so long neither
/// side wins more (a random walk that stayed in the quadrant forgets where it began).
const LONGEST: u32 = 20_000;

/// Balanced queues: at each step one order comes or goes, on either side, all four alike; what goes is taken by a market order
/// or cancelled. No flow of feedgen is like that, so this one is made here; it runs through the same engine.
///
/// # Errors
/// When memory is short.
pub fn balanced(runs: u64, seed: u64, control: Control<'_>, to: &mut Checks) -> Result<(), String> {
    let settings = FlowSettings { symbols: 25, seed, sizes: SizeModel::Unit, ..FlowSettings::default() };
    let mut market = Market::new(&settings, control)?;
    let mut random = Random::new(seed);
    let mut races: Vec<Race> = (0..25).map(|cell| Race::new(cell, &market)).collect();
    for (race, symbol) in races.iter_mut().zip(1..) {
        while race.runs < runs && !control.stopped() {
            race.runs += 1;
            race.hits += u64::from(balanced_race(symbol, race, &mut market, &mut random));
        }
    }
    report(&races, "balanced queues, P(up", &BALANCED, ROUNDED_BALANCED, to);
    Ok(())
}

fn balanced_race(symbol: u16, race: &Race, market: &mut Market<'_>, random: &mut Random) -> bool {
    let places = [(Side::Buy, race.price), (Side::Sell, race.price + TICK)];
    let mut queues: [VecDeque<u64>; 2] = Default::default();
    for (index, wanted) in [race.bids, race.asks].into_iter().enumerate() {
        for _ in 0..wanted {
            join(symbol, places[index], market, &mut queues[index]);
        }
    }
    let mut won = None;
    for _ in 0..LONGEST {
        let bits = random.below(8);
        let (index, comes) = ((bits & 1) as usize, bits & 2 == 0);
        if comes {
            join(symbol, places[index], market, &mut queues[index]);
            continue;
        }
        let Some(first) = queues[index].pop_front() else { break };
        let side = places[index].0;
        let leaves = if bits & 4 == 0 {
            Command::cancel(symbol, first, 0)
        } else {
            Command::market(symbol, side.opposite(), market.own_id(), LOT)
        };
        market.apply(&leaves);
        if market.engine.best(symbol, side).is_none() {
            won = Some(index == 1);
            break;
        }
    }
    for id in queues.into_iter().flatten() {
        market.apply(&Command::cancel(symbol, id, 0));
    }
    won.unwrap_or_else(|| random.below(2) == 0)
}

/// An order of one lot joins a queue.
fn join(symbol: u16, (side, price): (Side, i64), market: &mut Market<'_>, queue: &mut VecDeque<u64>) {
    let id = market.own_id();
    market.apply(&Command::limit(symbol, side, id, price, LOT));
    queue.push_back(id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::PageBox;

    #[test]
    fn races_of_another_flow_are_told_apart() {
        let page = PageBox::new();
        let mut checks = Checks::of("zi");
        zero_intelligence(false, 8_000, 5, Control::new(&page), &mut checks).unwrap();
        assert!(checks.list.iter().all(super::super::check::Check::passes));
        // The same races held against queues whose orders do not cancel each for itself.
        for (check, expected) in checks.list.iter_mut().zip(BALANCED.as_flattened()) {
            check.expected = *expected;
        }
        let passed: Vec<usize> = (0..25).filter(|&cell| checks.list[cell].passes()).collect();
        // Equal queues are even in every symmetric flow; hardly anything else agrees.
        assert!(passed.len() <= 8 && (0..5).all(|equal| passed.contains(&(equal * 6))), "{passed:?}");
    }
}
