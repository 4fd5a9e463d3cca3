//! A flow in a closed loop with the matching engine, and somebody who watches and takes part.
//!
//! The watcher's own orders have ids far above the flow's, which never hears of them and so never cancels them.

use crate::run::Control;
use hftz_book::matching::{Engine, Settings, Sink};
use hftz_flow::{Flow, FlowSettings, Quotes};
use hftz_model::{Command, CommandKind, Event, Side};

/// One round lot: what every order is worth when sizes are unit.
pub const LOT: u32 = 100;
/// Ids from here on are the watcher's.
const OWN: u64 = 1 << 60;

pub struct Market<'a> {
    pub flow: Flow,
    pub engine: Engine,
    /// The last command of the flow.
    pub command: Command,
    control: Control<'a>,
    last_own: u64,
    steps: u64,
}

/// The flow sees the best prices, whoever made them.
struct Best<'a>(&'a Engine);

impl Quotes for Best<'_> {
    #[inline]
    fn best(&self, symbol: u16, side: Side) -> Option<i64> {
        self.0.best(symbol, side)
    }
}

/// The flow hears of its own orders.
struct Floor<'a>(&'a mut Flow);

impl Sink for Floor<'_> {
    #[inline]
    fn report(&mut self, event: &Event) {
        if event.order_id < OWN {
            self.0.observe(event);
        }
    }
}

/// Steps between two looks at the stop flag.
const STRIDE: u64 = 1 << 14;

impl<'a> Market<'a> {
    /// # Errors
    /// When memory is short.
    pub fn new(settings: &FlowSettings, control: Control<'a>) -> Result<Self, String> {
        let capacity = u32::try_from(settings.resting() * 2 + 65_536).unwrap_or(u32::MAX);
        let engine = Engine::new(&Settings { capacity, ..Settings::default() }).map_err(|e| e.to_string())?;
        let command = Command::empty(CommandKind::New);
        let flow = Flow::new(settings);
        Ok(Self { flow, engine, command, control, last_own: OWN, steps: 0 })
    }

    /// As many orders as rest in equilibrium, none of them crossing.
    pub fn open(&mut self, settings: &FlowSettings) {
        for _ in 0..settings.resting() {
            let order = self.flow.opening(false);
            self.apply(&order);
        }
    }

    /// The flow's next command, applied; returns its model time in nanoseconds. `None` when somebody wants the run to end.
    #[inline]
    pub fn step(&mut self) -> Option<u64> {
        self.steps += 1;
        if self.steps.is_multiple_of(STRIDE) && self.control.stopped() {
            return None;
        }
        self.command = self.flow.next(&Best(&self.engine), u32::MAX).command();
        let time_ns = self.flow.time_ns();
        let mut floor = Floor(&mut self.flow);
        self.engine.advance_to(time_ns, &mut floor);
        self.engine.apply(&self.command, &mut floor);
        Some(time_ns)
    }

    pub fn apply(&mut self, command: &Command) {
        self.engine.apply(command, &mut Floor(&mut self.flow));
    }

    pub fn own_id(&mut self) -> u64 {
        self.last_own += 1;
        self.last_own
    }

    /// The watcher's order that had so many of his before it.
    pub const fn first_own(before: u64) -> u64 {
        OWN + 1 + before
    }

    /// Orders at a price, when each is one lot.
    #[inline]
    pub fn orders_at(&self, symbol: u16, side: Side, price: i64) -> u64 {
        self.engine.depth_at(symbol, side, price) / u64::from(LOT)
    }

    /// Makes exactly so many orders of the flow stand at a price, which must be the best of its side if any do.
    pub fn set_orders(&mut self, symbol: u16, side: Side, price: i64, wanted: u64) {
        let have = self.orders_at(symbol, side, price);
        for _ in have..wanted {
            let order = self.flow.order(symbol, side, price, LOT);
            self.apply(&order);
        }
        if have > wanted {
            let surplus = (have - wanted) as u32 * LOT;
            let taker = Command::market(symbol, side.opposite(), self.own_id(), surplus);
            self.apply(&taker);
        }
    }
}
