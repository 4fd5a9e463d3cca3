//! What happens to live orders: cancel, replace, elections, mass cancel, the clock (rules 4, 5, 7, 13, 14).

use super::*;

impl Twin {
    pub(super) fn reduce(&mut self, id: u64, open: u32) {
        if open == 0 {
            return self.remove(id);
        }
        let o = self.get(id);
        o.open = open;
        o.shown = o.shown.min(open);
    }

    pub(super) fn named(&mut self, c: &Command) -> Option<Order> {
        self.live.iter().find(|o| o.id == c.order_id && o.symbol == c.symbol).copied()
    }

    pub(super) fn cancel(&mut self, c: &Command) {
        let named = self.named(c);
        let spec = self.book(c.symbol).spec;
        let reason = if c.order_id == 0 {
            Some(Reason::Malformed)
        } else if !self.known(c.symbol) {
            Some(Reason::UnknownSymbol)
        } else if named.is_none() {
            Some(Reason::UnknownOrder)
        } else {
            (!c.quantity.is_multiple_of(spec.lot)).then_some(Reason::InvalidQuantity)
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

    pub(super) fn reject_named(&mut self, c: &Command, reason: Reason, named: Option<Order>) {
        self.reject(c, reason, named.map_or((0, 0, 0), |o| (o.side.byte(), o.account, o.open)));
    }

    pub(super) fn check_replace(&mut self, c: &Command, named: Option<Order>) -> Result<(Order, u32), Reason> {
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
        if c.quantity == 0 || !c.quantity.is_multiple_of(spec.lot) {
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

    pub(super) fn replace(&mut self, c: &Command) {
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
            o.reference = sequence;
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

    pub(super) fn elections(&mut self, symbol: u16) {
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

    pub(super) fn mass(&mut self, c: &Command) {
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
    pub(super) fn rule_13(&self, only: Option<u16>) -> Vec<u64> {
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

    pub(super) fn expire(&mut self, id: u64) {
        let o = *self.get(id);
        self.report(&o, ReportKind::Expired, Reason::Expired, o.price, o.open, 0, 0);
        self.remove(id);
    }

    pub(super) fn clock(&mut self, time: u64) {
        if time <= self.time {
            return;
        }
        self.time = time;
        let mut due: Vec<_> = self.live.iter().filter(|o| o.tif == TimeInForce::Gtd && o.expiry <= time).collect();
        due.sort_by_key(|o| (o.expiry, o.accepted));
        let due: Vec<_> = due.iter().map(|o| o.id).collect();
        due.into_iter().for_each(|id| self.expire(id));
    }
}
