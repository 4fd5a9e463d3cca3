//! The closed loop: flow, matching engine, publisher, and the script of the day that drives them.
//!
//! ```text
//! script --Command--> engine --shown book--> publisher --> framed ITCH
//!   ^  |                 |
//!   |  +--> native bytes +--reports--> flow
//!   +---- best prices, next command -----+
//! ```

use super::ahead::{Ahead, EVERY};
use super::board::{Board, Remembered};
use super::config::FeedgenConfig;
use super::day::{CLOSE_NS, CLOSING, Day, OPEN_NS, SPIN_NS, flow_settings};
use super::floor::Floor;
use super::opening::Opening;
use super::tape::Tape;
use crate::publish::{Names, Publisher};
use hftz_book::matching::{CountedIds, Engine, Here, Settings, Steps};
use hftz_flow::{Flow, FlowSettings, Next};
use hftz_model::{AuctionKind, Command, TradingState};

/// A synthetic venue, from its directory to its close.
pub struct Venue {
    day: Day,
    symbols: u16,
    engine: Engine<CountedIds>,
    floor: Floor,
    phase: Phase,
    opening: Opening,
    /// The flow ends with this many messages written, or when the engine's time is at `closes_ns`.
    flow_ends: u64,
    closes_ns: u64,
    commands: u64,
    tape: Option<Tape>,
    /// Whether the books are so large that it pays to look ahead, and who does then.
    wide: bool,
    ahead: Option<Box<Ahead>>,
}

/// Orders from which on looking ahead pays: with half as many it takes more than it saves, and with a third more it saves a third.
const WIDE: usize = 50_000;
/// Commands of a [stride](Venue::stride): what they write fits behind a block without growing it.
const STRIDE: u64 = 64;
const _: () = assert!(STRIDE.is_multiple_of(EVERY));
/// Messages that a command of the flow causes at most: each of its shares may trade with an order that then shows another part of itself.
const MOST: u64 = 2001;

/// Where in its day the venue is; the number is what comes next of that part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Spin(u16),
    Opening(u64),
    Start(u16),
    Trading,
    Closed,
}

impl Venue {
    /// # Errors
    /// When the count does not hold a day, or memory is short.
    pub fn new(config: &FeedgenConfig) -> Result<Self, String> {
        let settings = flow_settings(config);
        let resting = settings.resting();
        let day = Day::plan(config, resting as u64)?;
        let flow = Flow::new(&FlowSettings { activity: f64::from(day.activity), ..settings });
        // Equilibrium fluctuates by the root of its size; a book that is full would reject, not fail.
        let capacity = u32::try_from(resting + resting / 2 + 4096).unwrap_or(u32::MAX);
        let engine =
            Engine::for_counted_ids(&Settings { capacity, ..Settings::default() }).map_err(|e| e.to_string())?;
        let isa = hftz_isa::chosen().map_err(|e| e.to_string())?;
        Ok(Self {
            day,
            symbols: config.symbols,
            engine: engine.run_on(isa),
            floor: Floor { publisher: Publisher::new(Names::default()), flow, board: Board::new(config.symbols) },
            phase: Phase::Spin(1),
            opening: Opening::default(),
            flow_ends: day.total.map_or(u64::MAX, |total| total - CLOSING),
            closes_ns: if day.total.is_some() { u64::MAX } else { CLOSE_NS },
            commands: 0,
            tape: config.orders.then(Tape::default),
            wide: resting >= WIDE,
            ahead: None,
        })
    }

    /// Applies the next command of the day. False when the day is over and its last message is written.
    #[inline(always)]
    pub fn step(&mut self) -> bool {
        if self.phase != Phase::Trading {
            return self.step_around();
        }
        let left = self.left();
        if left == 0 || self.engine.time_ns() >= self.closes_ns {
            self.close();
            return false;
        }
        let budget = u32::try_from(left).unwrap_or(u32::MAX);
        self.engine.apply_steps(Trading { left: 1, budget, tape: self.tape.as_mut() }, &mut self.floor);
        self.commands += 1;
        true
    }

    /// Applies the next [`STRIDE`] commands of the day, or those that are left of it. False when it is over and its last message is
    /// written. So far from its end that no command can reach it, nothing is asked between them.
    pub fn stride(&mut self) -> bool {
        let far = self.phase == Phase::Trading && self.closes_ns == u64::MAX && self.left() > STRIDE * MOST;
        if !far {
            return (0..STRIDE).all(|_| self.step());
        }
        if self.wide && self.ahead.is_none() {
            self.ahead = Ahead::new(&self.floor).map(Box::new);
        }
        // Between the commands and not among them: small books should not pay for what only large ones need.
        let part = if self.ahead.is_some() { EVERY } else { STRIDE };
        for _ in 0..STRIDE / part {
            if let Some(ahead) = &mut self.ahead {
                ahead.keep(&self.engine, &self.floor);
            }
            let trading = Trading { left: part, budget: u32::MAX, tape: self.tape.as_mut() };
            self.engine.apply_steps(trading, &mut self.floor);
        }
        self.commands += STRIDE;
        true
    }

    /// Messages until the flow ends.
    #[inline(always)]
    const fn left(&self) -> u64 {
        self.flow_ends.saturating_sub(self.floor.publisher.messages())
    }

    /// Ends the day here.
    pub fn close(&mut self) {
        if self.phase != Phase::Closed {
            self.phase = Phase::Closed;
            self.floor.publisher.finish();
        }
    }

    #[cold]
    fn step_around(&mut self) -> bool {
        match self.phase {
            Phase::Spin(symbol) => {
                let start = self.floor.flow.start_price(symbol);
                self.apply(SPIN_NS, &Command::state(symbol, TradingState::Auction, AuctionKind::Opening, start));
                self.phase = if symbol == self.symbols { Phase::Opening(0) } else { Phase::Spin(symbol + 1) };
            }
            Phase::Opening(index) if index < self.day.opening => {
                let left = self.day.opening - index;
                let order = self.opening.next(left, self.day.may_cross, &self.engine, &mut self.floor);
                self.apply(self.day.opening_ns(index), &order);
                self.phase = Phase::Opening(index + 1);
            }
            Phase::Opening(_) => self.phase = Phase::Start(1),
            Phase::Start(symbol) => {
                self.apply(OPEN_NS, &Command::state(symbol, TradingState::Trading, AuctionKind::Other, 0));
                self.phase = if symbol == self.symbols { Phase::Trading } else { Phase::Start(symbol + 1) };
            }
            Phase::Trading | Phase::Closed => return false,
        }
        true
    }

    /// Applies a command at its time.
    fn apply(&mut self, time_ns: u64, command: &Command) {
        come(&mut self.engine, &mut self.floor, self.tape.as_mut(), time_ns, *command);
        self.engine.apply(command, &mut self.floor);
        self.commands += 1;
    }

    /// What is to be written and has not been taken: the feed, or the orders when those were asked for.
    pub fn pending(&self) -> &[u8] {
        match &self.tape {
            None => self.floor.publisher.framed(),
            Some(tape) => tape.bytes(),
        }
    }

    /// The first `count` bytes of [`Self::pending`] are on their way.
    pub fn consume(&mut self, count: usize) {
        match &mut self.tape {
            None => self.floor.publisher.consume(count),
            Some(tape) => {
                tape.consume(count);
                self.floor.publisher.consume(usize::MAX);
            }
        }
    }

    /// [`Self::pending`] as a whole buffer and where it ends, in exchange for an empty one.
    pub fn exchange(&mut self, empty: Vec<u8>) -> (Vec<u8>, usize) {
        match &mut self.tape {
            None => self.floor.publisher.exchange(empty),
            Some(tape) => {
                self.floor.publisher.consume(usize::MAX);
                tape.exchange(empty)
            }
        }
    }

    /// Messages or commands made so far: what a rate counts.
    pub const fn made(&self) -> u64 {
        match &self.tape {
            None => self.floor.publisher.messages(),
            Some(_) => self.commands,
        }
    }

    /// Bytes of the first `count` pending messages or commands.
    pub fn bytes_of(&self, count: u64) -> usize {
        match &self.tape {
            None => record_bytes(self.floor.publisher.framed(), count),
            Some(tape) => tape.bytes_of(count),
        }
    }

    /// Commands applied, clocks not counted.
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// Model time of the last command, nanoseconds since midnight.
    pub fn time_ns(&self) -> u64 {
        self.engine.time_ns()
    }

    /// The feed.
    pub const fn publisher(&self) -> &Publisher {
        &self.floor.publisher
    }

    pub const fn day(&self) -> &Day {
        &self.day
    }

    pub const fn engine(&self) -> &Engine<CountedIds> {
        &self.engine
    }

    #[cfg(test)]
    pub const fn board(&self) -> &Board {
        &self.floor.board
    }
}

/// So many commands of the flow, each made when the one before it is done.
struct Trading<'a> {
    left: u64,
    /// Messages that each may cause.
    budget: u32,
    tape: Option<&'a mut Tape>,
}

impl Steps<CountedIds, Floor> for Trading<'_> {
    #[inline(always)]
    fn step(&mut self, engine: &mut Engine<CountedIds>, floor: &mut Floor, here: Here) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let tape = self.tape.as_deref_mut();
        match floor.flow.next(&Remembered { board: &floor.board, engine }, self.budget) {
            Next::Limit(order) => {
                come(engine, floor, tape, floor.flow.time_ns(), order);
                here.apply(engine, &order, floor);
            }
            Next::Cancel(cancel) => {
                come(engine, floor, tape, floor.flow.time_ns(), cancel);
                here.apply(engine, &cancel, floor);
            }
            Next::Other(command) => {
                come(engine, floor, tape, floor.flow.time_ns(), command);
                engine.apply(&command, floor);
            }
        }
        true
    }
}

/// A command's time comes.
#[inline(always)]
fn come(engine: &mut Engine<CountedIds>, floor: &mut Floor, tape: Option<&mut Tape>, time_ns: u64, command: Command) {
    if let Some(tape) = tape {
        // Of a copy: a command that nobody records need not lie in memory.
        tape.record(engine.time_ns(), time_ns, &{ command });
    }
    engine.advance_to(time_ns, floor);
}

/// Bytes of the first `count` records.
fn record_bytes(framed: &[u8], count: u64) -> usize {
    let mut at = 0;
    for _ in 0..count {
        let Some(prefix) = framed.get(at..at + 2) else { break };
        at += 2 + usize::from(u16::from_be_bytes([prefix[0], prefix[1]]));
    }
    at.min(framed.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn strides_and_single_steps_make_the_same_day() {
        for model in ["zi", "poisson", "hawkes"] {
            let config = json!({"count": 2 * STRIDE * MOST, "symbols": 3, "model": model, "seed": 5});
            let config: FeedgenConfig = serde_json::from_value(config).unwrap();
            let (mut strides, mut steps) = (Venue::new(&config).unwrap(), Venue::new(&config).unwrap());
            let mut open = true;
            while open {
                open = strides.stride();
                let single = (0..STRIDE).all(|_| steps.step());
                assert_eq!(single, open);
                assert!(strides.pending() == steps.pending(), "{model}, message {}", steps.made());
                strides.consume(usize::MAX);
                steps.consume(usize::MAX);
            }
            assert_eq!(strides.made(), 2 * STRIDE * MOST);
        }
    }

    #[test]
    fn looking_ahead_changes_no_byte() {
        let config = json!({"count": 2 * STRIDE * MOST, "symbols": 60, "seed": 6});
        let config: FeedgenConfig = serde_json::from_value(config).unwrap();
        let (mut far, mut near) = (Venue::new(&config).unwrap(), Venue::new(&config).unwrap());
        assert!(!far.wide, "these books are small");
        far.wide = true;
        let mut open = true;
        while open {
            open = far.stride();
            assert_eq!(near.stride(), open);
            assert!(far.pending() == near.pending(), "message {}", near.made());
            far.consume(usize::MAX);
            near.consume(usize::MAX);
        }
        assert!(far.ahead.is_some() && near.ahead.is_none());
    }
}
