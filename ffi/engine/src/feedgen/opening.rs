//! The orders of the opening book, drawn in groups: they depend on nobody's answers, and what a group will touch is asked for at once.

use super::ahead;
use super::floor::Floor;
use hftz_book::matching::{CountedIds, Engine, LevelHint};
use hftz_model::{Command, Side};

/// Orders of a group: enough that memory has always something to do.
const GROUP: usize = 32;

/// Orders that are drawn and not yet taken, the next one last.
#[derive(Default)]
pub struct Opening {
    drawn: Vec<Command>,
}

impl Opening {
    /// The next order, of `left` there will be.
    pub fn next(&mut self, left: u64, may_cross: bool, engine: &Engine<CountedIds>, floor: &mut Floor) -> Command {
        if self.drawn.is_empty() {
            let count = usize::try_from(left).unwrap_or(GROUP).clamp(1, GROUP);
            self.drawn.extend((0..count).map(|_| floor.flow.opening(may_cross)));
            fetch(&self.drawn, engine, floor);
            self.drawn.reverse();
        }
        match self.drawn.pop() {
            Some(order) => order,
            None => floor.flow.opening(may_cross),
        }
    }
}

/// Asks for what the orders will touch: in each turn for what is read in the next.
fn fetch(orders: &[Command], engine: &Engine<CountedIds>, floor: &Floor) {
    for order in orders {
        ahead::fetch(order.symbol, engine, floor);
    }
    for order in orders {
        engine.fetch_cell(order.symbol, order.price);
    }
    let mut levels = [LevelHint::default(); GROUP];
    for (level, order) in levels.iter_mut().zip(orders) {
        let side = Side::from_byte(order.side).unwrap_or(Side::Buy);
        *level = engine.fetch_level(order.symbol, side, order.price);
    }
    for level in levels {
        engine.fetch_last(level);
    }
}
