//! The naive twin of the engine: one list of orders, sorted afresh whenever somebody looks, every rule in the words of
//! the contract. Slow, short, and written without looking at how the engine does it.

mod auction;
mod change;
mod enter;
mod hash;

use hftz_book::matching::{Settings, SymbolSpec};
use hftz_model::{
    AuctionKind, Command, CommandKind, Event, MassAction, OrderKind, Reason, ReportKind, SelfTradeMode, Side,
    TimeInForce, TradingState,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Book,
    Market,
    Stop,
    Wait,
}

#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub id: u64,
    pub symbol: u16,
    pub side: Side,
    pub kind: OrderKind,
    pub tif: TimeInForce,
    pub mode: SelfTradeMode,
    pub account: u16,
    pub price: i64,
    pub open: u32,
    pub shown: u32,
    pub display: u32,
    pub traded: u64,
    pub trigger: i64,
    pub expiry: u64,
    pub minimum: u32,
    pub accepted: u64,
    pub reference: u64,
    /// Rises each time an order takes a new place: the time of time priority.
    pub rank: u64,
    pub place: Place,
}

struct Book {
    state: TradingState,
    auction: AuctionKind,
    last: i64,
    reference: i64,
    spec: SymbolSpec,
}

pub struct Twin {
    settings: Settings,
    specs: BTreeMap<u16, SymbolSpec>,
    books: BTreeMap<u16, Book>,
    pub live: Vec<Order>,
    pub events: Vec<Event>,
    blocked: BTreeSet<(u8, u16)>,
    elected: BTreeSet<u64>,
    sequence: u64,
    matches: u64,
    time: u64,
    ranks: u64,
}

impl Twin {
    pub fn new(settings: Settings, specs: &[(u16, SymbolSpec)]) -> Self {
        Self {
            settings,
            specs: specs.iter().copied().collect(),
            books: BTreeMap::new(),
            live: Vec::new(),
            events: Vec::new(),
            blocked: BTreeSet::new(),
            elected: BTreeSet::new(),
            sequence: 0,
            matches: 0,
            time: 0,
            ranks: 0,
        }
    }

    fn known(&self, symbol: u16) -> bool {
        symbol != 0 && (self.settings.any_symbol || self.specs.contains_key(&symbol))
    }

    fn book(&mut self, symbol: u16) -> &mut Book {
        let spec = self.specs.get(&symbol).copied().unwrap_or_default();
        self.books.entry(symbol).or_insert(Book {
            state: spec.state,
            auction: AuctionKind::Other,
            last: 0,
            reference: spec.reference,
            spec,
        })
    }

    fn rank(&mut self) -> u64 {
        self.ranks += 1;
        self.ranks
    }

    /// Ids of a symbol's orders at a place, first to last.
    fn at(&self, symbol: u16, place: Place) -> Vec<u64> {
        let mut found: Vec<_> = self.live.iter().filter(|o| o.symbol == symbol && o.place == place).collect();
        found.sort_by_key(|o| o.rank);
        found.iter().map(|o| o.id).collect()
    }

    /// One side of a book, best price first, then time.
    pub fn side(&self, symbol: u16, side: Side) -> Vec<Order> {
        let mut found: Vec<_> = self
            .live
            .iter()
            .filter(|o| o.symbol == symbol && o.place == Place::Book && o.side == side)
            .copied()
            .collect();
        found.sort_by_key(|o| (if side == Side::Buy { -o.price } else { o.price }, o.rank));
        found
    }

    fn get(&mut self, id: u64) -> &mut Order {
        self.live.iter_mut().find(|o| o.id == id).unwrap()
    }

    fn remove(&mut self, id: u64) {
        self.live.retain(|o| o.id != id);
    }

    #[expect(clippy::too_many_arguments)]
    fn report(
        &mut self,
        o: &Order,
        kind: ReportKind,
        reason: Reason,
        price: i64,
        quantity: u32,
        open: u32,
        m: u64,
    ) -> u64 {
        self.sequence += 1;
        self.events.push(Event {
            tag: b'E',
            kind,
            symbol: o.symbol,
            side: o.side.byte(),
            reason,
            account: o.account,
            sequence: self.sequence,
            order_id: o.id,
            price,
            quantity,
            open,
            match_number: m,
        });
        self.sequence
    }

    fn cancelled(&mut self, o: &Order, reason: Reason, quantity: u32, open: u32) {
        self.report(o, ReportKind::Cancelled, reason, o.price, quantity, open, 0);
    }

    fn reject(&mut self, c: &Command, reason: Reason, about: (u8, u16, u32)) {
        self.sequence += 1;
        let named =
            matches!(c.kind, CommandKind::New | CommandKind::NewLong | CommandKind::Cancel | CommandKind::Replace);
        self.events.push(Event {
            tag: b'E',
            kind: ReportKind::Rejected,
            symbol: c.symbol,
            side: about.0,
            reason,
            account: about.1,
            sequence: self.sequence,
            order_id: if named { c.order_id } else { 0 },
            price: if named && c.kind != CommandKind::Cancel { c.price } else { 0 },
            quantity: if named { c.quantity } else { 0 },
            open: about.2,
            match_number: 0,
        });
    }

    pub fn apply(&mut self, c: &Command) {
        match c.kind {
            CommandKind::New | CommandKind::NewLong => self.new_order(c),
            CommandKind::Cancel => self.cancel(c),
            CommandKind::Replace => self.replace(c),
            CommandKind::MassCancel => self.mass(c),
            CommandKind::State => self.state(c),
            CommandKind::Clock => self.clock(c.time_ns),
        }
    }

    fn is_blocked(&self, symbol: u16, account: Option<u16>) -> bool {
        self.blocked.contains(&(0, 0))
            || self.blocked.contains(&(1, symbol))
            || account.is_some_and(|account| self.blocked.contains(&(2, account)))
    }

    fn crosses(&self, symbol: u16, side: Side, market: bool, price: i64) -> bool {
        self.side(symbol, side.opposite()).first().is_some_and(|best| market || can_trade(side, price, best.price))
    }
}

/// Whether an order of this side and limit may trade at a price.
fn can_trade(side: Side, limit: i64, price: i64) -> bool {
    if side == Side::Buy { price <= limit } else { price >= limit }
}

fn at_auction(o: &Order) -> bool {
    o.tif == TimeInForce::AtOpen || o.tif == TimeInForce::AtClose
}

fn shows(o: &Order) -> u32 {
    if o.display == 0 { o.open } else { o.display.min(o.open) }
}
