//! What the venue does next, looked into ahead, so that memory brings it while other commands are applied.
//!
//! A few dozen events of the flow are sighted before their time. As each comes nearer it is followed one step further every [`APART`]
//! events: first the flow's order or the symbol is asked for, then what they lead to in the engine, at last the neighbours in the
//! level. Only for books that no cache holds: elsewhere it would cost a third of the time and win nothing.

use super::floor::Floor;
use hftz_book::matching::{CountedIds, Engine, Trail};
use hftz_book::store::prefetch;
use hftz_flow::zero::{About, Meeting, Scout, Sight};
use hftz_model::Side;

/// Events from one step to the next: memory should answer in that time.
const APART: u32 = 6;
/// Steps after the first.
const STEPS: u32 = 4;
/// Events that are sighted.
const SIGHTED: u32 = APART * STEPS + 2;
/// Room for them, a power of two.
const ROOM: usize = 64;
const _: () = assert!(SIGHTED < ROOM as u32 && ROOM.is_power_of_two());

/// The events to come.
pub struct Ahead {
    scout: Scout,
    events: [(Sight, Trail); ROOM],
    /// The number of the flow's next event, and of the next to be sighted.
    next: u32,
    end: u32,
}

impl Ahead {
    /// At the flow's next event; `None` when nobody can look ahead of this flow.
    pub fn new(floor: &Floor) -> Option<Self> {
        let (scout, next) = Scout::new(&floor.flow)?;
        let mut ahead = Self { scout, events: [Default::default(); ROOM], next: 0, end: 1 };
        ahead.events[0].0 = next;
        Some(ahead)
    }

    /// Catches up with the flow and goes as far ahead as before.
    #[inline(never)]
    pub fn keep(&mut self, engine: &Engine<CountedIds>, floor: &Floor) {
        loop {
            match self.scout.meet(&floor.flow, &self.events[at(self.next)].0) {
                Meeting::AsExpected => break,
                Meeting::OtherCount => {
                    self.again(engine, floor);
                    break;
                }
                Meeting::Elsewhere => self.next = self.next.wrapping_add(1),
            }
            if self.next == self.end {
                // It came otherwise than was thought: from here on anew.
                if let Some(anew) = Self::new(floor) {
                    *self = anew;
                }
                break;
            }
        }
        while self.end.wrapping_sub(self.next) < SIGHTED {
            self.sight(engine, floor);
            for step in 1..=STEPS {
                self.step(step, self.end.wrapping_sub(step * APART), engine, floor);
            }
            self.end = self.end.wrapping_add(1);
        }
    }

    /// Takes again the steps of all events that have taken some: the cancels among them are of other orders than was thought.
    #[cold]
    fn again(&mut self, engine: &Engine<CountedIds>, floor: &Floor) {
        for step in 1..=STEPS {
            let stepped = self.end.wrapping_sub(self.next).saturating_sub(step * APART);
            for event in 0..stepped {
                self.step(step, self.next.wrapping_add(event), engine, floor);
            }
        }
    }

    /// Adds an event.
    fn sight(&mut self, engine: &Engine<CountedIds>, floor: &Floor) {
        let sight = self.scout.sight(&floor.flow);
        match sight.about(&floor.flow) {
            About::Nothing => {}
            About::Place(symbol, ..) => {
                engine.fetch_symbol(symbol);
                floor.board.fetch(symbol);
            }
            About::Order(order) => prefetch(order),
        }
        self.events[at(self.end)] = (sight, Trail::default());
    }

    fn step(&mut self, step: u32, event: u32, engine: &Engine<CountedIds>, floor: &Floor) {
        let (sight, trail) = &mut self.events[at(event)];
        *trail = if step == 1 { begin(&mut self.scout, sight, engine, floor) } else { engine.follow(*trail) };
    }
}

/// Finds out what an event is about, which was asked for when it was sighted, and where its trail begins.
fn begin(scout: &mut Scout, sight: &mut Sight, engine: &Engine<CountedIds>, floor: &Floor) -> Trail {
    let best = |symbol: u16, side: Side| floor.board.known(symbol, side).or_else(|| engine.about_best(symbol, side));
    if let Some(order) = scout.settle(&floor.flow, sight, best) {
        prefetch(floor.flow.entry(order.id));
        engine.fetch_symbol(order.symbol);
        return engine.trail_of(order.id);
    }
    match sight.about(&floor.flow) {
        About::Place(symbol, side, 0) => engine.trail_to_best(symbol, side.opposite()),
        About::Place(symbol, side, ticks) => {
            let opposite = best(symbol, side.opposite());
            opposite.map_or(Trail::default(), |opposite| engine.trail_to(symbol, side, Sight::price(opposite, side, ticks)))
        }
        About::Nothing | About::Order(_) => Trail::default(),
    }
}

const fn at(event: u32) -> usize {
    event as usize % ROOM
}
