//! New orders: checks, arrival, trading (rules 1 to 3, 6, 8, 11).

use super::*;

impl Twin {
    pub(super) fn check_new(&mut self, c: &Command) -> Result<Order, Reason> {
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
        if c.quantity == 0 || c.minimum > c.quantity || !c.quantity.is_multiple_of(spec.lot) {
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

    pub(super) fn check_risk(&self, limited: bool, price: i64, quantity: u32) -> Result<(), Reason> {
        let risk = self.settings.risk;
        let too_many = risk.quantity > 0 && quantity > risk.quantity;
        let too_much = risk.notional > 0 && limited && price as u128 * u128::from(quantity) > u128::from(risk.notional);
        if too_many || too_much { Err(Reason::RiskLimit) } else { Ok(()) }
    }

    pub(super) fn new_order(&mut self, c: &Command) {
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

    pub(super) fn join_waiting(&mut self, symbol: u16) {
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
    pub(super) fn settle(&mut self, mut o: Order) {
        o.rank = self.rank();
        o.place = if o.kind == OrderKind::Market { Place::Market } else { Place::Book };
        o.shown = if o.place == Place::Book { shows(&o) } else { 0 };
        self.live.push(o);
    }

    /// An order that is in no list arrives.
    pub(super) fn arrive(&mut self, mut o: Order, minimum: Option<u32>) {
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
    pub(super) fn opponent(&self, o: &Order) -> Option<Order> {
        let best = *self.side(o.symbol, o.side.opposite()).first()?;
        (o.kind == OrderKind::Market || can_trade(o.side, o.price, best.price)).then_some(best)
    }

    /// What could trade at once: plays the sweep on a copy that nobody sees.
    pub(super) fn tradable(&self, o: &Order) -> u64 {
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
    pub(super) fn trade(&mut self, o: &mut Order, mut first: Order, m: u64) -> u32 {
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

    pub(super) fn sweep(&mut self, o: &mut Order) {
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
}
