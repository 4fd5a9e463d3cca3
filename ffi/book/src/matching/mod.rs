//! The matching engine: one [`Command`] in, its reports and book changes out, by the rules of `docs/engine-rules.md`.
//!
//! It keeps the live orders of every symbol in one arena ([`orders`]), their price levels in another ([`ladders`]), and for
//! each symbol one cache line ([`symbol`]). All memory is taken at construction; one writer; no clock, no randomness, no
//! recursion, nothing unordered: the same settings and commands give the same reports on every machine.
//!
//! Rule numbers in comments and tests are those of the rules document.

mod ahead;
mod auction;
mod blocks;
mod builds;
mod check;
mod counted;
mod enter;
mod extras;
mod hash;
mod ids;
mod index;
mod ladders;
mod leave;
mod listeners;
mod memory;
mod orders;
mod plain;
mod query;
mod replace;
mod saved;
mod settings;
mod sink;
mod state;
mod stops;
mod symbol;
mod trade;
mod treap;
mod waiting;

use alloc::{boxed::Box, vec::Vec};

use hftz_isa::V3;
use hftz_model::{Command, CommandKind, Event, Reason, ReportKind};

use blocks::Blocks;
use extras::Extras;
use index::Index;
use ladders::Ladders;
use orders::{Order, Orders};
use symbol::{Specs, Symbol};
use waiting::Waitings;

pub use ahead::{LevelHint, OrderHint};
pub use builds::{Here, Steps};
pub use check::Objection;
pub use counted::CountedIds;
pub use ids::Ids;
pub use listeners::Both;
pub use query::LiveOrder;
pub use saved::RestoreError;
pub use settings::{RiskLimits, Settings, SetupError, SymbolSpec};
pub use sink::{Shown, Sink};

/// Symbol numbers are 16 bits: indexing by one needs no check.
const SYMBOLS: usize = 1 << 16;

/// The books of every symbol and the rules that move them.
///
/// ```
/// use hftz_book::matching::{Engine, Settings, Sink};
/// use hftz_model::{Command, Event, ReportKind, Side};
///
/// struct Reports(Vec<Event>);
/// impl Sink for Reports {
///     fn report(&mut self, event: &Event) {
///         self.0.push(*event);
///     }
/// }
///
/// let mut engine = Engine::new(&Settings { capacity: 1000, ..Settings::default() })?;
/// let mut reports = Reports(Vec::new());
/// engine.apply(&Command::limit(1, Side::Sell, 7, 10_050, 100), &mut reports);
/// engine.apply(&Command::limit(1, Side::Buy, 8, 10_060, 40), &mut reports);
/// let fill = reports.0[2];
/// assert_eq!((fill.kind, fill.order_id, fill.price, fill.open), (ReportKind::Fill, 7, 10_050, 60));
/// assert_eq!(engine.best_ask(1), Some(10_050));
/// # Ok::<(), hftz_book::matching::SetupError>(())
/// ```
///
/// `I` finds orders by id: [`Ids`] whatever the ids, [`CountedIds`] sooner where one source counts them.
pub struct Engine<I = Ids> {
    orders: Orders,
    ids: I,
    extras: Extras,
    ladders: Ladders,
    waitings: Waitings,
    symbols: Box<[Symbol; SYMBOLS]>,
    specs: Specs,
    settings: Settings,
    /// Which build of the common commands runs.
    v3: Option<V3>,
    blocks: Blocks,
    /// Whether accounts are blocked or limits hold, so that every order must be looked at closely.
    watched: bool,
    /// What the owner has against the command under way.
    objection: Option<Objection>,
    /// Symbols that may have orders, a bit each: what a mass cancel has to look at.
    touched: Box<[u64; SYMBOLS / 64]>,
    /// Root of the orders that expire at a time.
    expiries: u32,
    /// Root of the stops that are elected and have not entered yet; empty between commands.
    elected: u32,
    sequence: u64,
    matches: u64,
    time_ns: u64,
}

impl Engine {
    /// Takes all the memory the engine will ever use.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        Self::with_index(settings)
    }
}

impl Engine<CountedIds> {
    /// [`Engine::new`] for orders whose ids one source counts.
    pub fn for_counted_ids(settings: &Settings) -> Result<Self, SetupError> {
        Self::with_index(settings)
    }
}

impl<I: Index> Engine<I> {
    fn with_index(settings: &Settings) -> Result<Self, SetupError> {
        let capacity = settings.capacity;
        if capacity == 0 || capacity > 1 << 30 {
            return Err(SetupError::Capacity(capacity));
        }
        let plain = SymbolSpec::default();
        let mut symbols = memory::reserved(SYMBOLS, capacity)?;
        symbols.resize(SYMBOLS, Symbol::new(0, &plain, settings.any_symbol));
        symbols[0] = Symbol::new(0, &plain, false);
        let too_little = |_| SetupError::Memory(capacity);
        Ok(Self {
            orders: Orders::new(capacity)?,
            ids: I::new(capacity)?,
            extras: Extras::new(capacity)?,
            ladders: Ladders::new(capacity)?,
            waitings: Waitings::new(capacity)?,
            symbols: Box::try_from(symbols).map_err(|_| SetupError::Memory(capacity))?,
            specs: Specs::new(&plain),
            settings: *settings,
            v3: None,
            watched: settings.risk != RiskLimits::default(),
            objection: None,
            blocks: Blocks::new(capacity)?,
            touched: Box::try_from(memory::zeroed::<u64>(SYMBOLS / 64, capacity)?)
                .map_err(|_: Vec<_>| too_little(()))?,
            expiries: 0,
            elected: 0,
            sequence: 0,
            matches: 0,
            time_ns: 0,
        })
    }

    /// Enters a symbol into the symbol table; before the first command.
    pub fn define_symbol(&mut self, locate: u16, spec: &SymbolSpec) -> Result<(), SetupError> {
        if locate == 0 {
            return Err(SetupError::Symbol);
        }
        if self.sequence != 0 || self.time_ns != 0 {
            return Err(SetupError::Started(locate));
        }
        if spec.tick == 0 || spec.lot == 0 || spec.band < 0 || spec.reference < 0 {
            return Err(SetupError::Spec(locate));
        }
        let index = self.specs.define(self.symbols[locate as usize].spec, spec);
        self.symbols[locate as usize] = Symbol::new(index, spec, true);
        Ok(())
    }

    /// [`Self::apply`] of a new order or replace that the caller has something against: rejected with the objection's reason, unless
    /// a rule that comes first (rule 11) has another. Other commands are not applied.
    pub fn apply_against<S: Sink>(&mut self, command: &Command, objection: Objection, sink: &mut S) {
        // Watched, so that the order takes the long way, which looks at the objection.
        let watched = core::mem::replace(&mut self.watched, true);
        self.objection = Some(objection);
        match command.kind {
            CommandKind::New | CommandKind::NewLong => self.new_any(command, sink),
            CommandKind::Replace => {
                let handle = self.live(command.symbol, command.order_id);
                self.replace_any(command, handle, sink);
            }
            _ => {}
        }
        self.objection = None;
        self.watched = watched;
    }

    /// Notes that a symbol may have orders.
    #[inline]
    fn list(&mut self, symbol: u16) {
        let about = &mut self.symbols[symbol as usize];
        if !about.has(Symbol::LISTED) {
            about.flags |= Symbol::LISTED;
            self.touched[usize::from(symbol) / 64] |= 1 << (symbol % 64);
        }
    }

    /// Sends the next report and returns its sequence number.
    #[inline]
    fn send<S: Sink>(&mut self, sink: &mut S, event: Event) -> u64 {
        self.sequence += 1;
        sink.report(&Event { sequence: self.sequence, ..event });
        self.sequence
    }

    /// A report about an order, with what most of them say; the sequence number is given when it is sent.
    #[inline]
    fn about(order: &Order, kind: ReportKind, reason: Reason, quantity: u32, open: u32) -> Event {
        Event {
            tag: Event::TYPE,
            kind,
            symbol: order.symbol,
            side: order.side.byte(),
            reason,
            account: order.account,
            sequence: 0,
            order_id: order.id,
            price: order.price,
            quantity,
            open,
            match_number: 0,
        }
    }
}

/// The numbers of the bits that are set, ascending: a set of symbols or accounts.
fn set_bits(words: &[u64]) -> impl Iterator<Item = u16> {
    words.iter().enumerate().flat_map(|(at, &word)| {
        let mut left = word;
        core::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros())?;
            left &= left - 1;
            Some((at * 64) as u16 + bit as u16)
        })
    })
}
