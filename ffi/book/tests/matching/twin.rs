//! The naive twin of the engine: one list of orders, sorted afresh whenever somebody looks, every rule in the words of
//! the contract. Slow, short, and written without looking at how the engine does it.

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

    fn check_new(&mut self, c: &Command) -> Result<Order, Reason> {
        let long = c.kind == CommandKind::NewLong;
        let (side, kind, tif) = (
            Side::from_byte(c.side).ok_or(Reason::Malformed)?,
            OrderKind::from_byte(c.order_kind).ok_or(Reason::Malformed)?,
            TimeInForce::from_byte(c.time_in_force).ok_or(Reason::Malformed)?,
        );
        let mode = if long {
            SelfTradeMode::from_byte(c.self_trade).ok_or(Reason::Malformed)?
        } else {
            self.settings.self_trade
        };
        let stop = kind == OrderKind::Stop || kind == OrderKind::StopLimit;
        let auction_only = tif == TimeInForce::AtOpen || tif == TimeInForce::AtClose;
        if c.order_id == 0
            || tif == TimeInForce::PostOnly && kind != OrderKind::Limit
            || auction_only && stop
            || !long && (stop || auction_only || tif == TimeInForce::Gtd)
        {
            return Err(Reason::Malformed);
        }
        if self.is_blocked(c.symbol, Some(c.account)) {
            return Err(Reason::KillSwitch);
        }
        if !self.known(c.symbol) {
            return Err(Reason::UnknownSymbol);
        }
        let (state, reference, spec) =
            (self.book(c.symbol).state, self.book(c.symbol).reference, self.book(c.symbol).spec);
        if state != TradingState::Trading && state != TradingState::Auction {
            return Err(Reason::Halted);
        }
        if self.live.iter().any(|o| o.id == c.order_id) {
            return Err(Reason::DuplicateId);
        }
        if c.quantity == 0 || c.minimum > c.quantity || c.quantity % spec.lot != 0 {
            return Err(Reason::InvalidQuantity);
        }
        let limited = kind == OrderKind::Limit || kind == OrderKind::StopLimit;
        let valid = |price: i64| price > 0 && price % i64::from(spec.tick) == 0;
        if limited && !valid(c.price) || stop && !valid(c.trigger) {
            return Err(Reason::InvalidPrice);
        }
        if tif == TimeInForce::Gtd && c.time_ns <= self.time {
            return Err(Reason::Expired);
        }
        if limited && spec.band > 0 && reference > 0 && (c.price - reference).abs() > spec.band {
            return Err(Reason::OutsideBand);
        }
        self.check_risk(limited, c.price, c.quantity)?;
        if self.live.len() as u32 == self.settings.capacity {
            return Err(Reason::Capacity);
        }
        let trading = state == TradingState::Trading;
        if tif == TimeInForce::PostOnly && trading && self.crosses(c.symbol, side, false, c.price) {
            return Err(Reason::WouldTake);
        }
        Ok(Order {
            id: c.order_id,
            symbol: c.symbol,
            side,
            kind,
            tif,
            mode,
            account: c.account,
            price: c.price,
            open: c.quantity,
            shown: 0,
            display: c.display,
            traded: 0,
            trigger: c.trigger,
            expiry: c.time_ns,
            minimum: c.minimum,
            accepted: 0,
            reference: 0,
            rank: 0,
            place: Place::Book,
        })
    }

    fn check_risk(&self, limited: bool, price: i64, quantity: u32) -> Result<(), Reason> {
        let risk = self.settings.risk;
        let too_many = risk.quantity > 0 && quantity > risk.quantity;
        let too_much = risk.notional > 0 && limited && price as u128 * u128::from(quantity) > u128::from(risk.notional);
        if too_many || too_much { Err(Reason::RiskLimit) } else { Ok(()) }
    }

    fn new_order(&mut self, c: &Command) {
        let mut o = match self.check_new(c) {
            Ok(order) => order,
            Err(reason) => return self.reject(c, reason, (c.side, c.account, 0)),
        };
        o.accepted = self.report(&o, ReportKind::Accepted, Reason::None, o.price, o.open, o.open, 0);
        o.reference = o.accepted;
        let stop = o.kind == OrderKind::Stop || o.kind == OrderKind::StopLimit;
        if at_auction(&o) {
            if o.minimum > 0 {
                return self.cancelled(&o, Reason::MinimumQuantity, o.open, 0);
            }
            o.place = Place::Wait;
            o.rank = self.rank();
            self.live.push(o);
            self.join_waiting(o.symbol);
        } else if stop {
            o.place = Place::Stop;
            o.rank = self.rank();
            self.live.push(o);
        } else {
            self.arrive(o, None);
        }
        self.elections(o.symbol);
    }

    fn join_waiting(&mut self, symbol: u16) {
        let (state, auction) = (self.book(symbol).state, self.book(symbol).auction);
        let wanted = match auction {
            AuctionKind::Opening => TimeInForce::AtOpen,
            AuctionKind::Closing => TimeInForce::AtClose,
            AuctionKind::Other => return,
        };
        if state != TradingState::Auction {
            return;
        }
        for id in self.at(symbol, Place::Wait) {
            if self.get(id).tif == wanted {
                let o = *self.get(id);
                self.remove(id);
                self.settle(o);
            }
        }
    }

    /// What is left rests in the book, or beside it when it is a market order.
    fn settle(&mut self, mut o: Order) {
        o.rank = self.rank();
        o.place = if o.kind == OrderKind::Market { Place::Market } else { Place::Book };
        o.shown = if o.place == Place::Book { shows(&o) } else { 0 };
        self.live.push(o);
    }

    /// An order that is in no list arrives.
    fn arrive(&mut self, mut o: Order, minimum: Option<u32>) {
        let minimum = minimum.unwrap_or(o.minimum);
        let market = o.kind == OrderKind::Market;
        if self.book(o.symbol).state == TradingState::Auction {
            let reason = if o.tif == TimeInForce::Fok {
                Reason::CannotFill
            } else if minimum > 0 {
                Reason::MinimumQuantity
            } else if o.tif == TimeInForce::Ioc {
                if market { Reason::MarketRemainder } else { Reason::IocRemainder }
            } else {
                return self.settle(o);
            };
            return self.cancelled(&o, reason, o.open, 0);
        }
        if o.tif == TimeInForce::Fok && self.tradable(&o) < u64::from(o.open) {
            return self.cancelled(&o, Reason::CannotFill, o.open, 0);
        }
        if minimum > 0 && self.tradable(&o) < u64::from(minimum) {
            return self.cancelled(&o, Reason::MinimumQuantity, o.open, 0);
        }
        self.sweep(&mut o);
        if o.open == 0 {
        } else if market {
            self.cancelled(&o, Reason::MarketRemainder, o.open, 0);
        } else if o.tif == TimeInForce::Ioc {
            self.cancelled(&o, Reason::IocRemainder, o.open, 0);
        } else {
            self.settle(o);
        }
    }

    /// The first resting order that an incoming one would meet.
    fn opponent(&self, o: &Order) -> Option<Order> {
        let best = *self.side(o.symbol, o.side.opposite()).first()?;
        (o.kind == OrderKind::Market || can_trade(o.side, o.price, best.price)).then_some(best)
    }

    /// What could trade at once: plays the sweep on a copy that nobody sees.
    fn tradable(&self, o: &Order) -> u64 {
        let mut copy = Self {
            settings: self.settings,
            specs: self.specs.clone(),
            books: BTreeMap::new(),
            live: self.live.clone(),
            events: Vec::new(),
            blocked: BTreeSet::new(),
            elected: BTreeSet::new(),
            sequence: 0,
            matches: 0,
            time: 0,
            ranks: self.ranks,
        };
        let mut o = *o;
        let mut sum = 0;
        while o.open > 0 {
            let Some(first) = copy.opponent(&o) else { break };
            let own = o.account != 0 && o.account == first.account && o.mode != SelfTradeMode::Allow;
            if own && o.mode == SelfTradeMode::CancelResting {
                copy.remove(first.id);
            } else if own {
                break;
            } else {
                let quantity = copy.trade(&mut o, first, 0);
                sum += u64::from(quantity);
            }
        }
        sum
    }

    /// One trade of an incoming order with the first resting one.
    fn trade(&mut self, o: &mut Order, mut first: Order, m: u64) -> u32 {
        let quantity = o.open.min(first.shown);
        first.open -= quantity;
        first.shown -= quantity;
        first.traded += u64::from(quantity);
        o.open -= quantity;
        o.traded += u64::from(quantity);
        let emptied = self.report(&first, ReportKind::Fill, Reason::None, first.price, quantity, first.open, m);
        self.report(o, ReportKind::Fill, Reason::None, first.price, quantity, o.open, m);
        if first.open == 0 {
            self.remove(first.id);
        } else {
            if first.shown == 0 {
                first.shown = shows(&first);
                first.reference = emptied;
                first.rank = self.rank();
            }
            *self.get(first.id) = first;
        }
        quantity
    }

    fn sweep(&mut self, o: &mut Order) {
        while o.open > 0 {
            let Some(first) = self.opponent(o) else { break };
            if o.account != 0 && o.account == first.account && o.mode != SelfTradeMode::Allow {
                let common = o.open.min(first.open);
                let (resting, incoming) = match o.mode {
                    SelfTradeMode::CancelIncoming => (0, o.open),
                    SelfTradeMode::CancelResting => (first.open, 0),
                    SelfTradeMode::CancelBoth => (first.open, o.open),
                    SelfTradeMode::Decrement | SelfTradeMode::Allow => (common, common),
                };
                if resting > 0 {
                    self.cancelled(&first, Reason::SelfTrade, resting, first.open - resting);
                    self.reduce(first.id, first.open - resting);
                }
                if incoming > 0 {
                    o.open -= incoming;
                    self.cancelled(o, Reason::SelfTrade, incoming, o.open);
                }
                continue;
            }
            self.book(o.symbol).last = first.price;
            self.matches += 1;
            let m = self.matches;
            self.trade(o, first, m);
        }
    }

    fn reduce(&mut self, id: u64, open: u32) {
        if open == 0 {
            return self.remove(id);
        }
        let o = self.get(id);
        o.open = open;
        o.shown = o.shown.min(open);
    }

    fn named(&mut self, c: &Command) -> Option<Order> {
        self.live.iter().find(|o| o.id == c.order_id && o.symbol == c.symbol).copied()
    }

    fn cancel(&mut self, c: &Command) {
        let named = self.named(c);
        let spec = self.book(c.symbol).spec;
        let reason = if c.order_id == 0 {
            Some(Reason::Malformed)
        } else if !self.known(c.symbol) {
            Some(Reason::UnknownSymbol)
        } else if named.is_none() {
            Some(Reason::UnknownOrder)
        } else {
            (c.quantity % spec.lot != 0).then_some(Reason::InvalidQuantity)
        };
        match (reason, named) {
            (None, Some(o)) => {
                let quantity = if c.quantity == 0 { o.open } else { c.quantity.min(o.open) };
                self.cancelled(&o, Reason::Requested, quantity, o.open - quantity);
                self.reduce(o.id, o.open - quantity);
            }
            (reason, named) => self.reject_named(c, reason.unwrap(), named),
        }
    }

    fn reject_named(&mut self, c: &Command, reason: Reason, named: Option<Order>) {
        self.reject(c, reason, named.map_or((0, 0, 0), |o| (o.side.byte(), o.account, o.open)));
    }

    fn check_replace(&mut self, c: &Command, named: Option<Order>) -> Result<(Order, u32), Reason> {
        if c.order_id == 0 || c.flags > 3 {
            return Err(Reason::Malformed);
        }
        if self.is_blocked(c.symbol, named.map(|o| o.account)) {
            return Err(Reason::KillSwitch);
        }
        if !self.known(c.symbol) {
            return Err(Reason::UnknownSymbol);
        }
        let (state, reference, spec) =
            (self.book(c.symbol).state, self.book(c.symbol).reference, self.book(c.symbol).spec);
        if state != TradingState::Trading && state != TradingState::Auction {
            return Err(Reason::Halted);
        }
        let o = named.ok_or(Reason::UnknownOrder)?;
        if c.quantity == 0 || c.quantity % spec.lot != 0 {
            return Err(Reason::InvalidQuantity);
        }
        let limited = o.kind == OrderKind::Limit || o.kind == OrderKind::StopLimit;
        if limited && (c.price <= 0 || c.price % i64::from(spec.tick) != 0) {
            return Err(Reason::InvalidPrice);
        }
        if limited && spec.band > 0 && reference > 0 && (c.price - reference).abs() > spec.band {
            return Err(Reason::OutsideBand);
        }
        let traded = if c.flags & 1 != 0 { o.traded } else { 0 };
        let open = u64::from(c.quantity).saturating_sub(traded) as u32;
        if open > 0 {
            self.check_risk(limited, c.price, open)?;
            let takes = self.crosses(c.symbol, o.side, false, c.price);
            if o.tif == TimeInForce::PostOnly && state == TradingState::Trading && takes {
                return Err(Reason::WouldTake);
            }
        }
        Ok((o, open))
    }

    fn replace(&mut self, c: &Command) {
        let named = self.named(c);
        let (mut o, open) = match self.check_replace(c, named) {
            Ok(found) => found,
            Err(reason) => return self.reject_named(c, reason, named),
        };
        if open == 0 {
            self.cancelled(&o, Reason::Requested, o.open, 0);
            return self.remove(o.id);
        }
        let to_tail = c.flags & 2 != 0;
        let stays = match o.place {
            Place::Book => !to_tail && c.price == o.price && open <= o.open,
            Place::Market => !to_tail && open <= o.open,
            Place::Stop | Place::Wait => true,
        };
        (o.price, o.open, o.display) = (c.price, open, c.display);
        o.shown = o.shown.min(open);
        let sequence = self.report(&o, ReportKind::Replaced, Reason::None, o.price, open, open, 0);
        if !stays {
            o.reference = if o.place == Place::Book { sequence } else { o.reference };
            o.rank = self.rank();
        }
        if stays || o.place == Place::Market {
            *self.get(o.id) = o;
        } else {
            self.remove(o.id);
            self.arrive(o, Some(0));
        }
        self.elections(o.symbol);
    }

    fn elections(&mut self, symbol: u16) {
        while self.book(symbol).state == TradingState::Trading {
            let last = self.book(symbol).last;
            for id in self.at(symbol, Place::Stop) {
                let o = *self.get(id);
                let reached = if o.side == Side::Buy { last >= o.trigger } else { last <= o.trigger };
                if last > 0 && reached {
                    self.elected.insert(id);
                }
            }
            let Some(id) = self.at(symbol, Place::Stop).into_iter().find(|id| self.elected.contains(id)) else { break };
            self.elected.remove(&id);
            let mut o = *self.get(id);
            self.remove(id);
            o.kind = if o.kind == OrderKind::Stop { OrderKind::Market } else { OrderKind::Limit };
            o.reference = self.report(&o, ReportKind::Triggered, Reason::None, o.price, o.open, o.open, 0);
            self.arrive(o, None);
        }
    }

    fn mass(&mut self, c: &Command) {
        let (symbol, account, session) = (c.scope & 1 != 0, c.scope & 2 != 0, c.scope & 4 != 0);
        if c.scope > 7 || c.then > 2 || c.then != 0 && c.scope > 2 {
            return self.reject(c, Reason::Malformed, (0, 0, 0));
        }
        if symbol && !self.known(c.symbol) {
            return self.reject(c, Reason::UnknownSymbol, (0, 0, 0));
        }
        if c.then != MassAction::Unblock.byte() {
            for id in self.rule_13(symbol.then_some(c.symbol)) {
                let o = *self.get(id);
                if (!account || o.account == c.account) && (!session || o.id >> 48 == u64::from(c.session)) {
                    self.cancelled(&o, Reason::MassCancel, o.open, 0);
                    self.remove(id);
                }
            }
        }
        let key = (c.scope, [0, c.symbol, c.account].get(c.scope as usize).copied().unwrap_or(0));
        match MassAction::from_byte(c.then) {
            Some(MassAction::Block) => drop(self.blocked.insert(key)),
            Some(MassAction::Unblock) => drop(self.blocked.remove(&key)),
            _ => {}
        }
    }

    /// Live orders in the order of rule 13.
    fn rule_13(&self, only: Option<u16>) -> Vec<u64> {
        let symbols: BTreeSet<u16> =
            self.live.iter().map(|o| o.symbol).filter(|&s| only.is_none_or(|o| o == s)).collect();
        let mut ids = Vec::new();
        for symbol in symbols {
            ids.extend(self.side(symbol, Side::Buy).iter().map(|o| o.id));
            ids.extend(self.side(symbol, Side::Sell).iter().map(|o| o.id));
            for place in [Place::Market, Place::Stop, Place::Wait] {
                ids.extend(self.at(symbol, place));
            }
        }
        ids
    }

    fn expire(&mut self, id: u64) {
        let o = *self.get(id);
        self.report(&o, ReportKind::Expired, Reason::Expired, o.price, o.open, 0, 0);
        self.remove(id);
    }

    fn clock(&mut self, time: u64) {
        if time <= self.time {
            return;
        }
        self.time = time;
        let mut due: Vec<_> = self.live.iter().filter(|o| o.tif == TimeInForce::Gtd && o.expiry <= time).collect();
        due.sort_by_key(|o| (o.expiry, o.accepted));
        let due: Vec<_> = due.iter().map(|o| o.id).collect();
        due.into_iter().for_each(|id| self.expire(id));
    }

    fn state(&mut self, c: &Command) {
        let Some(state) = TradingState::from_byte(c.state) else { return self.reject(c, Reason::Malformed, (0, 0, 0)) };
        if !self.known(c.symbol) {
            return self.reject(c, Reason::UnknownSymbol, (0, 0, 0));
        }
        let book = self.book(c.symbol);
        let before = book.state;
        book.state = state;
        book.auction = AuctionKind::Other;
        if c.price > 0 {
            book.reference = c.price;
        }
        match state {
            TradingState::Trading => {
                if before != TradingState::Trading {
                    self.uncross(c.symbol);
                }
                self.elections(c.symbol);
            }
            TradingState::Auction => {
                book.auction = AuctionKind::from_byte(c.auction).unwrap_or(AuctionKind::Other);
                self.join_waiting(c.symbol);
            }
            TradingState::Closed => self.rule_13(Some(c.symbol)).into_iter().for_each(|id| self.expire(id)),
            TradingState::Halted | TradingState::Paused => {}
        }
    }

    /// Both sides of an auction at a price, in the order in which they trade.
    fn eligible(&self, symbol: u16, side: Side, price: i64) -> Vec<Order> {
        let market = self.at(symbol, Place::Market);
        let market =
            market.iter().map(|id| *self.live.iter().find(|o| o.id == *id).unwrap()).filter(|o| o.side == side);
        market.chain(self.side(symbol, side).into_iter().filter(|o| can_trade(side, o.price, price))).collect()
    }

    fn cross_price(&mut self, symbol: u16) -> Option<i64> {
        let reference = self.book(symbol).reference;
        let mut candidates: BTreeSet<i64> =
            self.live.iter().filter(|o| o.symbol == symbol && o.place == Place::Book).map(|o| o.price).collect();
        if reference > 0 {
            candidates.insert(reference);
        }
        let open = |side, price| self.eligible(symbol, side, price).iter().map(|o| i128::from(o.open)).sum::<i128>();
        let all: Vec<_> = candidates.iter().map(|&p| (p, open(Side::Buy, p), open(Side::Sell, p))).collect();
        let volume = all.iter().map(|&(_, buy, sell)| buy.min(sell)).max().filter(|&volume| volume > 0)?;
        let most: Vec<_> = all.into_iter().filter(|&(_, buy, sell)| buy.min(sell) == volume).collect();
        let imbalance = most.iter().map(|&(_, buy, sell)| (buy - sell).abs()).min().unwrap();
        let tied: Vec<_> = most.into_iter().filter(|&(_, buy, sell)| (buy - sell).abs() == imbalance).collect();
        if tied.iter().all(|&(_, buy, sell)| buy > sell) {
            return tied.last().map(|&(price, ..)| price);
        }
        if tied.iter().all(|&(_, buy, sell)| buy < sell) {
            return tied.first().map(|&(price, ..)| price);
        }
        tied.iter().map(|&(price, ..)| price).min_by_key(|&price| ((price - reference).abs(), price))
    }

    fn uncross(&mut self, symbol: u16) {
        if let Some(price) = self.cross_price(symbol) {
            loop {
                let buy = self.eligible(symbol, Side::Buy, price).first().copied();
                let sell = self.eligible(symbol, Side::Sell, price).first().copied();
                let (Some(buy), Some(sell)) = (buy, sell) else { break };
                let quantity = buy.open.min(sell.open);
                self.matches += 1;
                self.auction_fill(buy, price, quantity);
                self.auction_fill(sell, price, quantity);
            }
            let book = self.book(symbol);
            (book.last, book.reference) = (price, price);
        }
        let mut ending: Vec<_> = self
            .live
            .iter()
            .filter(|o| o.symbol == symbol)
            .filter(|o| o.place == Place::Market || o.place == Place::Book && at_auction(o))
            .copied()
            .collect();
        ending.sort_by_key(|o| o.accepted);
        for o in ending {
            if at_auction(&o) {
                self.expire(o.id);
            } else {
                self.cancelled(&o, Reason::MarketRemainder, o.open, 0);
                self.remove(o.id);
            }
        }
    }

    fn auction_fill(&mut self, mut o: Order, price: i64, quantity: u32) {
        o.open -= quantity;
        o.traded += u64::from(quantity);
        let m = self.matches;
        let sequence = self.report(&o, ReportKind::Fill, Reason::None, price, quantity, o.open, m);
        // Shown part by shown part, with a refill in its place whenever nothing is shown.
        if o.place == Place::Book {
            let (mut whole, mut left) = (o.open + quantity, quantity);
            while left > 0 {
                let part = left.min(o.shown);
                (o.shown, whole, left) = (o.shown - part, whole - part, left - part);
                if o.shown == 0 {
                    o.shown = if o.display == 0 { whole } else { o.display.min(whole) };
                    o.reference = sequence;
                }
            }
        }
        if o.open == 0 { self.remove(o.id) } else { *self.get(o.id) = o }
    }
}

/// FNV-1a as its authors define it.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |state, &byte| (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

impl Twin {
    /// The stream of `docs/state-hash.md`.
    pub fn books_hash(&self) -> u64 {
        let mut stream = Vec::new();
        for symbol in self.books.keys().copied() {
            for side in [Side::Buy, Side::Sell] {
                for (n, o) in self.side(symbol, side).iter().enumerate() {
                    if n == 0 {
                        stream.extend(symbol.to_le_bytes());
                        stream.push(side.byte());
                    }
                    stream.extend(o.reference.to_le_bytes());
                    stream.extend(o.price.to_le_bytes());
                    stream.extend(o.shown.to_le_bytes());
                }
            }
        }
        fnv(&stream)
    }

    /// The stream of `docs/engine-rules.md`.
    pub fn state_hash(&self) -> u64 {
        let mut stream = Vec::new();
        stream.extend(self.sequence.to_le_bytes());
        stream.extend(self.matches.to_le_bytes());
        stream.push(u8::from(self.blocked.contains(&(0, 0))));
        self.blocked.iter().filter(|key| key.0 == 2).for_each(|key| stream.extend(key.1.to_le_bytes()));
        let symbols: BTreeSet<u16> = self.books.keys().chain(self.specs.keys()).copied().collect();
        for symbol in symbols {
            let spec = self.specs.get(&symbol).copied().unwrap_or_default();
            let (state, auction, last, reference) =
                self.books.get(&symbol).map_or((spec.state, AuctionKind::Other, 0, spec.reference), |b| {
                    (b.state, b.auction, b.last, b.reference)
                });
            let blocked = self.blocked.contains(&(1, symbol));
            let ids = self.rule_13(Some(symbol));
            if state == TradingState::Trading && last == 0 && reference == 0 && !blocked && ids.is_empty() {
                continue;
            }
            stream.extend(symbol.to_le_bytes());
            stream.extend([state.byte(), auction.byte(), u8::from(blocked)]);
            stream.extend(last.to_le_bytes());
            stream.extend(reference.to_le_bytes());
            for id in ids {
                self.write_order(self.live.iter().find(|o| o.id == id).unwrap(), &mut stream);
            }
        }
        fnv(&stream)
    }

    fn write_order(&self, o: &Order, stream: &mut Vec<u8>) {
        let place = match o.place {
            Place::Book => b'B',
            Place::Market => b'M',
            Place::Stop => b'S',
            Place::Wait => b'W',
        };
        let stop = o.place == Place::Stop;
        let dated = o.tif == TimeInForce::Gtd;
        let ranked = dated || at_auction(o) || o.place != Place::Book;
        stream.extend([place, o.side.byte(), o.kind.byte(), o.tif.byte(), o.mode.byte()]);
        stream.extend(o.account.to_le_bytes());
        stream.extend(o.id.to_le_bytes());
        stream.extend(o.reference.to_le_bytes());
        stream.extend(o.price.to_le_bytes());
        for shares in [o.open, o.shown, o.display, o.traded as u32] {
            stream.extend(shares.to_le_bytes());
        }
        stream.extend(if stop { o.trigger } else { 0 }.to_le_bytes());
        stream.extend(if stop { o.minimum } else { 0 }.to_le_bytes());
        stream.extend(if dated { o.expiry } else { 0 }.to_le_bytes());
        stream.extend(if ranked { o.accepted } else { 0 }.to_le_bytes());
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
