//! A new order's way in: accepted, then traded, then what happens to its remainder (rules 2, 3, 6).

use hftz_model::{Command, Event, OrderKind, Reason, ReportKind, TimeInForce, TradingState};

use super::Engine;
use super::check::Terms;
use super::extras::{ByAcceptance, ByExpiry, ByTrigger};
use super::index::Index;
use super::orders::{Order, Place};
use super::sink::{Shown, Sink};
use super::symbol::{ANY_PRICE, Symbol, key_of, limit_of};
use super::treap;

/// An order on its way into the book, outside any level or queue.
pub struct Taker {
    pub order: Order,
    /// Its slot, 0 while it has none: a plain order takes one when it rests.
    pub handle: u32,
    /// The reference under which it was shown before a replace took its place, 0 when it was not. The publisher hears
    /// of the end of that place before the first trade, or with the new one.
    pub original: u64,
    /// The least it must trade at once.
    pub minimum: u32,
}

impl Taker {
    /// The worst opposite key it may trade with.
    #[inline]
    pub fn limit(&self) -> i64 {
        if self.order.is_market() { ANY_PRICE } else { limit_of(self.order.side, self.order.price) }
    }
}

impl<I: Index> Engine<I> {
    /// `N` that is not plain, and `L`.
    #[inline(never)]
    pub(super) fn new_any<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        match self.check_new(command) {
            Ok(terms) => self.accept(command, terms, sink),
            Err(reason) => self.reject_new(command, reason, sink),
        }
    }

    fn accept<S: Sink>(&mut self, command: &Command, terms: Terms, sink: &mut S) {
        let mut order = Order {
            id: command.order_id,
            price: command.price,
            open: command.quantity,
            display: command.display,
            account: command.account,
            symbol: command.symbol,
            side: terms.side,
            kind: terms.kind,
            time_in_force: terms.time_in_force,
            self_trade: terms.self_trade,
            ..Order::NONE
        };
        let accepted = Self::about(&order, ReportKind::Accepted, Reason::None, order.open, order.open);
        order.reference = self.send(sink, accepted);
        self.list(order.symbol);
        let symbol = &self.symbols[order.symbol as usize];
        let plain = terms.kind <= OrderKind::Market
            && terms.time_in_force <= TimeInForce::PostOnly
            && symbol.state == TradingState::Trading;
        let mut taker = Taker { order, handle: 0, original: 0, minimum: command.minimum };
        if plain {
            self.enter(&mut taker, sink);
        } else {
            self.accept_special(command, taker, sink);
        }
        if self.symbols[order.symbol as usize].waiting != 0 {
            self.elect(order.symbol, sink);
        }
    }

    /// An order that may live outside the book or for a time: it has a slot from the start.
    #[inline(never)]
    fn accept_special<S: Sink>(&mut self, command: &Command, mut taker: Taker, sink: &mut S) {
        let order = taker.order;
        if order.auction_only() && taker.minimum > 0 {
            // It cannot trade at once, whatever the state.
            let event = Self::about(&order, ReportKind::Cancelled, Reason::MinimumQuantity, order.open, 0);
            self.send(sink, event);
            return;
        }
        let handle = self.orders.insert(&order, &mut self.ids);
        taker.handle = handle;
        let at = handle as usize;
        self.extras.accepted[at] = order.reference;
        if order.time_in_force == TimeInForce::Gtd {
            self.extras.expiry[at] = command.time_ns;
            treap::insert(&mut ByExpiry(&mut self.extras), &mut self.expiries, handle);
        }
        if matches!(order.kind, OrderKind::Stop | OrderKind::StopLimit) {
            self.extras.minimum[at] = command.minimum;
            // Like a price key of the other side: a buy stop is reached from below, the lowest first.
            self.extras.trigger[at] = -key_of(order.side.opposite(), command.trigger);
            self.wait(handle, Place::Stops);
            let Symbol { waiting, .. } = &mut self.symbols[order.symbol as usize];
            let root = &mut self.waitings.ensure(waiting).triggers[order.side.index()];
            treap::insert(&mut ByTrigger(&mut self.extras), root, handle);
        } else if order.auction_only() {
            if self.joins_auction(&order) {
                self.join(handle, sink);
            } else {
                self.wait(handle, Place::AuctionWait);
            }
        } else {
            self.enter(&mut taker, sink);
        }
    }

    /// Puts an order into a queue of its symbol.
    pub(super) fn wait(&mut self, handle: u32, place: Place) {
        self.orders[handle].set_place(place);
        let symbol = self.orders[handle].symbol;
        let waiting = self.waitings.ensure(&mut self.symbols[symbol as usize].waiting);
        if let Some(queue) = waiting.queue(place) {
            queue.push(&mut self.orders, handle);
        }
    }

    /// An order arrives now, without checks: it trades, and what is left rests or ends.
    #[inline]
    pub(super) fn enter<S: Sink>(&mut self, taker: &mut Taker, sink: &mut S) {
        let symbol = &self.symbols[taker.order.symbol as usize];
        if symbol.state != TradingState::Trading {
            return self.enter_auction(taker, sink);
        }
        let limit = taker.limit();
        let all_or_nothing = taker.order.time_in_force == TimeInForce::Fok;
        if (all_or_nothing || taker.minimum > 0) && !self.can_begin(taker, limit, sink) {
            return;
        }
        if self.symbols[taker.order.symbol as usize].may_meet(taker.order.side, limit) {
            self.trade(taker, limit, sink);
        }
        if taker.order.open == 0 {
            self.leave(taker, sink);
        } else if taker.order.is_market() {
            self.end_remainder(taker, Reason::MarketRemainder, sink);
        } else if taker.order.time_in_force == TimeInForce::Ioc {
            self.end_remainder(taker, Reason::IocRemainder, sink);
        } else {
            self.rest(taker, sink);
        }
    }

    /// Fill-or-kill and minimum quantity: whether enough can trade at once. If not, the order is over.
    #[inline(never)]
    fn can_begin<S: Sink>(&mut self, taker: &mut Taker, limit: i64, sink: &mut S) -> bool {
        let order = &taker.order;
        let can_trade =
            |wanted: u32| wanted <= order.open && self.available(order, limit, wanted.into()) >= wanted.into();
        let reason = if order.time_in_force == TimeInForce::Fok && !can_trade(order.open) {
            Reason::CannotFill
        } else if !can_trade(taker.minimum) {
            // A stop may have been replaced to less than its minimum.
            Reason::MinimumQuantity
        } else {
            return true;
        };
        self.end_remainder(taker, reason, sink);
        false
    }

    /// In an auction nothing trades: what cannot rest is over (rule 9).
    #[inline(never)]
    fn enter_auction<S: Sink>(&mut self, taker: &mut Taker, sink: &mut S) {
        let order = &taker.order;
        let reason = match order.time_in_force {
            TimeInForce::Fok => Reason::CannotFill,
            _ if taker.minimum > 0 => Reason::MinimumQuantity,
            TimeInForce::Ioc if order.is_market() => Reason::MarketRemainder,
            TimeInForce::Ioc => Reason::IocRemainder,
            _ if order.is_market() => {
                let handle = if taker.handle == 0 { self.orders.insert(order, &mut self.ids) } else { taker.handle };
                self.extras.accepted[handle as usize] = taker.order.reference;
                self.wait(handle, Place::MarketQueue);
                self.take_part(handle);
                return;
            }
            _ => return self.rest(taker, sink),
        };
        self.end_remainder(taker, reason, sink);
    }

    /// Marks an order as one that the end of the auction ends.
    pub(super) fn take_part(&mut self, handle: u32) {
        let symbol = self.orders[handle].symbol;
        let waiting = self.waitings.ensure(&mut self.symbols[symbol as usize].waiting);
        treap::insert(&mut ByAcceptance(&mut self.extras), &mut waiting.participants, handle);
    }

    /// The rest of an order takes its place at the tail of its level.
    #[inline]
    pub(super) fn rest<S: Sink>(&mut self, taker: &mut Taker, sink: &mut S) {
        taker.order.shown = taker.order.shows();
        if taker.handle == 0 {
            taker.handle = self.orders.insert(&taker.order, &mut self.ids);
        } else {
            self.orders.restore(taker.handle, &taker.order);
        }
        let order = &taker.order;
        let symbol = &mut self.symbols[order.symbol as usize];
        self.ladders.append(symbol, &self.specs, &mut self.orders, taker.handle);
        let shown = Self::shown(order);
        if taker.original == 0 { sink.shown_added(shown) } else { sink.shown_replaced(taker.original, shown) }
    }

    /// Cancels what is left of an order that does not rest.
    #[inline]
    fn end_remainder<S: Sink>(&mut self, taker: &mut Taker, reason: Reason, sink: &mut S) {
        let event = Self::about(&taker.order, ReportKind::Cancelled, reason, taker.order.open, 0);
        self.send(sink, event);
        self.leave(taker, sink);
    }

    /// An order on its way in has nothing left: its slot and its former place go.
    #[inline]
    fn leave<S: Sink>(&mut self, taker: &Taker, sink: &mut S) {
        if taker.original != 0 {
            sink.shown_removed(taker.order.symbol, taker.original);
        }
        if taker.handle != 0 {
            self.retire(taker.handle);
        }
    }

    #[inline]
    pub(super) fn shown(order: &Order) -> Shown {
        Shown {
            reference: order.reference,
            price: order.price,
            shares: order.shown,
            symbol: order.symbol,
            account: order.account,
            side: order.side,
        }
    }

    #[cold]
    #[inline(never)]
    fn reject_new<S: Sink>(&mut self, command: &Command, reason: Reason, sink: &mut S) {
        let event = Event {
            tag: Event::TYPE,
            kind: ReportKind::Rejected,
            symbol: command.symbol,
            side: command.side,
            reason,
            account: command.account,
            sequence: 0,
            order_id: command.order_id,
            price: command.price,
            quantity: command.quantity,
            open: 0,
            match_number: 0,
        };
        self.send(sink, event);
    }
}
