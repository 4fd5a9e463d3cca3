//! The common cases by a short way: a day or IOC limit order (`N`) in a symbol that trades, with nothing waiting beside its
//! book, and a replace of such an order that does not trade. Whatever is unusual, a broken rule too, is left to the long way,
//! which knows every case.

use hftz_model::{Command, Event, OrderKind, Reason, ReportKind, Side, TimeInForce};

use super::Engine;
use super::enter::Taker;
use super::index::Index;
use super::orders::Order;
use super::sink::{Shown, Sink};
use super::symbol::{Symbol, limit_of};

/// One comparison tells the kind and the two times in force that are plain.
const _: () = assert!(OrderKind::Limit.byte() == 0 && TimeInForce::Day.byte() == 0 && TimeInForce::Ioc.byte() == 1);

impl<I: Index> Engine<I> {
    /// `N`.
    #[inline(always)]
    pub(super) fn new_order<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        if !self.new_plain(command, sink) {
            self.new_any(&{ *command }, sink);
        }
    }

    /// Takes the order if it is plain and breaks no rule; `false` when it is not, and then nothing has happened.
    #[inline(always)]
    fn new_plain<S: Sink>(&mut self, command: &Command, sink: &mut S) -> bool {
        let Command { symbol, account, order_id, price, quantity, .. } = *command;
        let Some(side) = Side::from_byte(command.side) else {
            return false;
        };
        let ioc = command.time_in_force == TimeInForce::Ioc.byte();
        let shape = command.order_kind | command.time_in_force & !TimeInForce::Ioc.byte() == 0;
        let sound = (order_id != 0) & (price > 0) & (quantity > 0);
        if !(shape & sound) || self.watched || self.orders.is_full() || !self.takes_plain(symbol, price, quantity) {
            return false;
        }
        let Some(room) = self.orders.room(order_id, &self.ids) else {
            return false;
        };
        let limit = limit_of(side, price);
        let about = &mut self.symbols[symbol as usize];
        let crosses = about.may_meet(side, limit) && self.ladders.tighten(about, &self.specs, side.opposite()) >= limit;
        let accepted = Event {
            tag: Event::TYPE,
            kind: ReportKind::Accepted,
            symbol,
            side: command.side,
            reason: Reason::None,
            account,
            sequence: 0,
            order_id,
            price,
            quantity,
            open: quantity,
            match_number: 0,
        };
        let reference = self.send(sink, accepted);
        if crosses {
            self.cross(&{ *command }, side, reference, limit, sink);
        } else if ioc {
            let (kind, reason) = (ReportKind::Cancelled, Reason::IocRemainder);
            self.send(sink, Event { kind, reason, open: 0, ..accepted });
        } else {
            self.stand(command, side, reference, room, sink);
        }
        true
    }

    /// Whether the symbol takes orders without a look at its queues, and this price and quantity keep its rules.
    #[inline(always)]
    fn takes_plain(&self, symbol: u16, price: i64, quantity: u32) -> bool {
        let about = &self.symbols[symbol as usize];
        about.is_plain() && (!about.has(Symbol::RULED) || self.specs.of(about).holds(price, quantity, about.reference))
    }

    /// A plain order that meets the other side.
    #[inline(never)]
    fn cross<S: Sink>(&mut self, command: &Command, side: Side, reference: u64, limit: i64, sink: &mut S) {
        let ioc = command.time_in_force == TimeInForce::Ioc.byte();
        let order = Order {
            id: command.order_id,
            reference,
            price: command.price,
            open: command.quantity,
            display: command.display,
            account: command.account,
            symbol: command.symbol,
            side,
            time_in_force: if ioc { TimeInForce::Ioc } else { TimeInForce::Day },
            self_trade: self.settings.self_trade,
            ..Order::NONE
        };
        let mut taker = Taker { order, handle: 0, original: 0, minimum: 0 };
        self.trade(&mut taker, limit, sink);
        let open = taker.order.open;
        if open > 0 && ioc {
            self.send(sink, Self::about(&taker.order, ReportKind::Cancelled, Reason::IocRemainder, open, 0));
        } else if open > 0 {
            self.rest(&mut taker, sink);
        }
    }

    /// An order without a slot takes one, and its place at the tail of its level: the slot is written once.
    #[inline(always)]
    fn stand<S: Sink>(&mut self, command: &Command, side: Side, reference: u64, room: I::Room, sink: &mut S) {
        let Command { symbol, account, order_id, price, quantity, display, .. } = *command;
        let handle = self.orders.take();
        let about = &mut self.symbols[symbol as usize];
        let (level, last) = self.ladders.join(about, &self.specs, &mut self.orders, (side, price, quantity), handle);
        let shown = if display == 0 { quantity } else { display.min(quantity) };
        self.orders[handle] = Order {
            id: order_id,
            reference,
            price,
            open: quantity,
            shown,
            display,
            prev: last,
            level,
            account,
            symbol,
            side,
            self_trade: self.settings.self_trade,
            ..Order::NONE
        };
        self.orders.index(room, handle, &mut self.ids);
        sink.shown_added(Shown { reference, price, shares: shown, symbol, account, side });
    }

    /// Takes a replace to the tail of an order that is in the book, keeps every rule and meets nobody; `false` when it is
    /// something else, and then nothing has happened.
    #[inline(always)]
    pub(super) fn replace_plain<S: Sink>(&mut self, command: &Command, handle: u32, sink: &mut S) -> bool {
        let Command { symbol, price, quantity, display, flags, .. } = *command;
        let order = &self.orders[handle];
        let limit = limit_of(order.side, price);
        let plain = handle != 0
            && order.time_in_force <= TimeInForce::PostOnly
            && order.kind == OrderKind::Limit
            && flags & !Command::TO_TAIL == 0
            && (flags != 0 || price != order.price || quantity > order.open)
            && price > 0
            && quantity > 0
            && !self.watched;
        if !plain || !self.takes_plain(symbol, price, quantity) {
            return false;
        }
        let about = &mut self.symbols[symbol as usize];
        if about.may_meet(order.side, limit) && self.ladders.tighten(about, &self.specs, order.side.opposite()) >= limit
        {
            return false;
        }
        let order = *order;
        self.ladders.detach(about, &self.specs, &mut self.orders, &order);
        let &Order { side, account, reference: original, .. } = &order;
        let replaced = Event {
            tag: Event::TYPE,
            kind: ReportKind::Replaced,
            symbol,
            side: side.byte(),
            reason: Reason::None,
            account,
            sequence: 0,
            order_id: command.order_id,
            price,
            quantity,
            open: quantity,
            match_number: 0,
        };
        let reference = self.send(sink, replaced);
        let about = &mut self.symbols[symbol as usize];
        let (level, last) = self.ladders.join(about, &self.specs, &mut self.orders, (side, price, quantity), handle);
        let shown = if display == 0 { quantity } else { display.min(quantity) };
        let order = &mut self.orders[handle];
        (order.reference, order.price) = (reference, price);
        (order.open, order.shown, order.display) = (quantity, shown, display);
        (order.level, order.prev, order.next) = (level, last, 0);
        sink.shown_replaced(original, Shown { reference, price, shares: shown, symbol, account, side });
        true
    }
}
