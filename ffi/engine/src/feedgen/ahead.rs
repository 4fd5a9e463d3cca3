//! What the venue does next, looked into ahead, so that memory brings it while other commands are applied.
//!
//! A few dozen events of the flow are sighted before their time. As they come nearer they are followed, a step for every [`APART`]
//! events: first the flow's order or the symbol is asked for, then what they lead to in the engine, at last the neighbours in the
//! level. Only for books that no cache holds: elsewhere it would take a third of the time and win nothing.

use super::floor::Floor;
use hftz_book::matching::{CountedIds, Engine, LevelHint, OrderHint};
use hftz_flow::zero::{Meeting, ROOM, Scout, Sight};
use hftz_isa::prefetch;
use hftz_model::Side;
use std::ops::Range;

/// Commands from one look to the next: so many that loops have something to do, and few enough for what the caches hold.
pub const EVERY: u64 = 8;
/// Events from one step to the next: memory should answer in that time.
const APART: u64 = 10;
/// Steps after sighting.
const STEPS: u64 = 3;
/// Events that are sighted; those of the commands until the next look have taken all steps.
const SIGHTED: u64 = APART * STEPS + 2 * EVERY;
const _: () = assert!(SIGHTED < ROOM as u64);

/// The events to come.
pub struct Ahead {
    scout: Scout,
    /// Events that have taken each step.
    taken: [u64; STEPS as usize],
    /// What the second step found of picks and spots.
    orders: [OrderHint; ROOM],
    levels: [LevelHint; ROOM],
    /// What the first step made of the ticks of spots.
    prices: [i64; ROOM],
}

impl Ahead {
    /// At the flow's next event; `None` when nobody can look ahead of this flow.
    pub fn new(floor: &Floor) -> Option<Self> {
        let scout = Scout::new(&floor.flow)?;
        Some(Self {
            scout,
            taken: [0; STEPS as usize],
            orders: [OrderHint::default(); ROOM],
            levels: [LevelHint::default(); ROOM],
            prices: [0; ROOM],
        })
    }

    /// Catches up with the flow and goes as far ahead as before.
    #[inline(never)]
    pub fn keep(&mut self, engine: &Engine<CountedIds>, floor: &Floor) {
        match self.scout.meet(&floor.flow) {
            Meeting::AsExpected => {}
            Meeting::OtherCount => self.again(engine, floor),
            Meeting::Elsewhere => {
                if let Some(anew) = Self::new(floor) {
                    *self = anew;
                }
            }
        }
        while self.scout.end() < self.scout.next() + SIGHTED {
            match self.scout.sight(&floor.flow) {
                None => return,
                Some(Sight::Pick(order)) => order.into_iter().for_each(|order| prefetch(order)),
                Some(Sight::Spot(spot)) => fetch(spot.symbol, engine, floor),
            }
        }
        for step in 0..STEPS {
            let from = self.taken[step as usize];
            let to = self.scout.end() - (step + 1) * APART;
            self.taken[step as usize] = to;
            let picks = self.scout.picks_before(from)..self.scout.picks_before(to);
            let spots = self.scout.spots_before(from)..self.scout.spots_before(to);
            self.follow_picks(step, picks, engine, floor);
            self.follow_spots(step, spots, engine, floor);
        }
    }

    /// Takes the steps of the picks to come again: they are of other orders than was thought.
    #[cold]
    #[inline(never)]
    fn again(&mut self, engine: &Engine<CountedIds>, floor: &Floor) {
        let first = self.scout.picks_before(self.scout.next());
        for step in 0..STEPS {
            let end = self.scout.picks_before(self.taken[step as usize]);
            self.follow_picks(step, first..end, engine, floor);
        }
    }

    #[inline(always)]
    fn follow_picks(&mut self, step: u64, picks: Range<u64>, engine: &Engine<CountedIds>, floor: &Floor) {
        for pick in picks {
            if step == 0 {
                if let Some(order) = self.scout.settle(&floor.flow, |symbol, side| best(symbol, side, engine, floor)) {
                    prefetch(floor.flow.entry(order.id));
                    engine.fetch_id(order.id);
                    fetch(order.symbol, engine, floor);
                }
            } else if step == 1 {
                let order = self.scout.pick(pick).order;
                self.orders[at(pick)] = order.map_or(OrderHint::default(), |order| engine.fetch_order(order.id));
            } else {
                engine.fetch_around(self.orders[at(pick)]);
            }
        }
    }

    #[inline(always)]
    fn follow_spots(&mut self, step: u64, spots: Range<u64>, engine: &Engine<CountedIds>, floor: &Floor) {
        for number in spots {
            let spot = self.scout.spot(number);
            let takes = spot.ticks == 0;
            if step == 0 {
                let opposite = best(spot.symbol, spot.side.opposite(), engine, floor).unwrap_or_default();
                self.prices[at(number)] = spot.price(opposite);
                engine.fetch_cell(spot.symbol, self.prices[at(number)]);
            } else if step == 1 {
                let side = if takes { spot.side.opposite() } else { spot.side };
                self.levels[at(number)] = engine.fetch_level(spot.symbol, side, self.prices[at(number)]);
            } else if takes {
                engine.fetch_first(self.levels[at(number)]);
            } else {
                engine.fetch_last(self.levels[at(number)]);
            }
        }
    }
}

/// The best price of a side as far as it is near.
#[inline(always)]
fn best(symbol: u16, side: Side, engine: &Engine<CountedIds>, floor: &Floor) -> Option<i64> {
    floor.board.known(symbol, side).or_else(|| engine.about_best(symbol, side))
}

/// Asks for what all events of a symbol begin with.
#[inline(always)]
pub fn fetch(symbol: u16, engine: &Engine<CountedIds>, floor: &Floor) {
    engine.fetch_symbol(symbol);
    floor.board.fetch(symbol);
    floor.publisher.fetch(symbol);
}

const fn at(number: u64) -> usize {
    number as usize % ROOM
}
