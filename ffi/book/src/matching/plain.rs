//! The common case by a short way: a day or IOC limit order (`N`) in a symbol that trades, with nothing waiting beside its
//! book. Whatever is unusual about an order, a broken rule too, is left to the long way, which knows every case.

use hftz_model::{Command, CommandKind, Event, OrderKind, Reason, ReportKind, Side, TimeInForce};

use super::Engine;
use super::enter::Taker;
use super::ids::Home;
use super::orders::{Order, Place};
use super::sink::Sink;
use super::symbol::{Symbol, limit_of};

impl Engine {
    /// Takes the order if it is plain and breaks no rule; `false` when it is not, and then nothing has happened.
    #[inline]
    pub(super) fn new_plain<S: Sink>(&mut self, command: &Command, sink: &mut S) -> bool {
        let ioc = command.time_in_force == TimeInForce::Ioc.byte();
        let shape = command.kind == CommandKind::New
            && command.order_kind == OrderKind::Limit.byte()
            && (ioc || command.time_in_force == TimeInForce::Day.byte());
        let Some(side) = Side::from_byte(command.side) else {
            return false;
        };
        let &Command { symbol, account, order_id, price, quantity, display, .. } = command;
        let about = &self.symbols[symbol as usize];
        let sound = order_id != 0 && price > 0 && quantity > 0 && !self.orders.is_full();
        if !shape || !sound || !about.is_plain() || self.watched {
            return false;
        }
        if about.has(Symbol::RULED) && !self.specs.of(about).holds(price, quantity, about.reference) {
            return false;
        }
        let home = self.orders.home(order_id);
        if self.orders.look_at(home, order_id).handle != 0 {
            return false;
        }
        let limit = limit_of(side, price);
        let crosses = about.meets(side, limit);
        let reference = self.send(
            sink,
            Event {
                tag: Event::TYPE,
                kind: ReportKind::Accepted,
                symbol,
                side: side.byte(),
                reason: Reason::None,
                account,
                sequence: 0,
                order_id,
                price,
                quantity,
                open: quantity,
                match_number: 0,
            },
        );
        let order = Order {
            id: order_id,
            reference,
            price,
            open: quantity,
            shown: if display == 0 { quantity } else { display.min(quantity) },
            display,
            account,
            symbol,
            side,
            time_in_force: if ioc { TimeInForce::Ioc } else { TimeInForce::Day },
            self_trade: self.settings.self_trade,
            ..Order::NONE
        };
        if crosses {
            self.cross(order, limit, sink);
        } else if ioc {
            self.send(sink, Self::about(&order, ReportKind::Cancelled, Reason::IocRemainder, quantity, 0));
        } else {
            self.stand(order, home, sink);
        }
        true
    }

    /// A plain order that meets the other side.
    #[inline(never)]
    fn cross<S: Sink>(&mut self, order: Order, limit: i64, sink: &mut S) {
        let mut taker = Taker { order, handle: 0, original: 0, minimum: 0 };
        self.trade(&mut taker, limit, sink);
        let order = &mut taker.order;
        if order.open == 0 {
            return;
        }
        if order.time_in_force == TimeInForce::Ioc {
            self.send(sink, Self::about(order, ReportKind::Cancelled, Reason::IocRemainder, order.open, 0));
        } else {
            order.shown = order.shows();
            // The trades may have moved entries of the table, but only an insertion makes it grow.
            let home = self.orders.home(order.id);
            self.stand(*order, home, sink);
        }
    }

    /// An order without a slot takes one, and its place at the tail of its level: the slot is written once.
    #[inline(always)]
    fn stand<S: Sink>(&mut self, mut order: Order, home: Home, sink: &mut S) {
        let handle = self.orders.take();
        let about = &mut self.symbols[order.symbol as usize];
        let (level, last) =
            self.ladders.join(about, &self.specs, &mut self.orders, (order.side, order.price, order.open), handle);
        order.set_place(Place::Level(level));
        order.prev = last;
        self.orders[handle] = order;
        self.orders.index(home, handle);
        sink.shown_added(Self::shown(&order));
    }
}
