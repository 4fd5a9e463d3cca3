//! How orders leave: cancels, reductions, mass cancels, expiry (rules 4, 13).

use hftz_model::{Command, Event, MassAction, Reason, ReportKind, Side, TimeInForce};

use super::extras::{ByAcceptance, ByExpiry, ByTrigger};
use super::index::Index;
use super::orders::{Order, Place};
use super::sink::Sink;
use super::symbol::Symbol;
use super::{Engine, SYMBOLS, treap};

impl<I: Index> Engine<I> {
    /// The live order of this id and symbol, 0 when there is none; an id live in another symbol counts as none.
    #[inline(always)]
    pub(super) fn live(&self, symbol: u16, id: u64) -> u32 {
        let handle = self.find(id);
        if self.orders[handle].symbol == symbol { handle } else { 0 }
    }

    /// `C`.
    #[inline(always)]
    pub(super) fn cancel<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        let found = self.orders.look(command.order_id, &self.ids);
        let order = &self.orders[found.handle];
        let about = &self.symbols[command.symbol as usize];
        let plain = order.time_in_force <= TimeInForce::PostOnly && about.waiting == 0;
        if found.handle == 0 || order.symbol != command.symbol || command.quantity != 0 || !plain {
            return self.cancel_any(&{ *command }, sink);
        }
        // Nothing orders it beside its level: with no record of waiting orders it can only be in the book.
        let order = *order;
        let about = &mut self.symbols[command.symbol as usize];
        self.ladders.detach(about, &self.specs, &mut self.orders, &order);
        self.orders.remove_found(found, &mut self.ids);
        // Read again: a slot says what it said until somebody takes it, and nothing has to be kept meanwhile.
        let order = &self.orders[found.handle];
        let reference = order.reference;
        let cancelled = Event {
            tag: Event::TYPE,
            kind: ReportKind::Cancelled,
            symbol: command.symbol,
            side: order.side.byte(),
            reason: Reason::Requested,
            account: order.account,
            sequence: 0,
            order_id: command.order_id,
            price: order.price,
            quantity: order.open,
            open: 0,
            match_number: 0,
        };
        self.send(sink, cancelled);
        sink.shown_removed(command.symbol, reference);
    }

    /// `C` of a part, of an order that is more than its place in the book, or of none.
    #[inline(never)]
    fn cancel_any<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        let handle = self.live(command.symbol, command.order_id);
        let lot_holds =
            command.quantity == 0 || self.specs.of(&self.symbols[command.symbol as usize]).holds_lot(command.quantity);
        if handle == 0 || !lot_holds {
            return self.reject_cancel(command, handle, sink);
        }
        let order = self.orders[handle];
        if command.quantity == 0 || command.quantity >= order.open {
            self.end(handle, ReportKind::Cancelled, Reason::Requested, sink);
        } else {
            let open = order.open - command.quantity;
            self.send(sink, Self::about(&order, ReportKind::Cancelled, Reason::Requested, command.quantity, open));
            match order.place() {
                Place::Level(level) => self.shrink(handle, level, open, sink),
                _ => self.orders[handle].open = open,
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn reject_cancel<S: Sink>(&mut self, command: &Command, handle: u32, sink: &mut S) {
        let known = self.symbols[command.symbol as usize].has(Symbol::KNOWN);
        let reason = match (command.order_id, known, handle) {
            (0, ..) => Reason::Malformed,
            (_, false, _) => Reason::UnknownSymbol,
            (_, _, 0) => Reason::UnknownOrder,
            _ => Reason::InvalidQuantity,
        };
        self.reject_live(command, handle, reason, sink);
    }

    /// Rejects a `C` or `U`, with side, account and open quantity of the live order it names.
    #[cold]
    #[inline(never)]
    pub(super) fn reject_live<S: Sink>(&mut self, command: &Command, handle: u32, reason: Reason, sink: &mut S) {
        let order = if handle == 0 { None } else { Some(self.orders[handle]) };
        let event = Event {
            tag: Event::TYPE,
            kind: ReportKind::Rejected,
            symbol: command.symbol,
            side: order.map_or(0, |order| order.side.byte()),
            reason,
            account: order.map_or(0, |order| order.account),
            sequence: 0,
            order_id: command.order_id,
            price: command.price,
            quantity: command.quantity,
            open: order.map_or(0, |order| order.open),
            match_number: 0,
        };
        self.send(sink, event);
    }

    /// Reports the end of a live order, wherever it is, and removes it.
    #[inline]
    pub(super) fn end<S: Sink>(&mut self, handle: u32, kind: ReportKind, reason: Reason, sink: &mut S) {
        let order = &self.orders[handle];
        let event = Self::about(order, kind, reason, order.open, 0);
        self.send(sink, event);
        self.remove(handle, sink);
    }

    /// Takes a live order out of the book or its queue, and frees it.
    #[inline]
    pub(super) fn remove<S: Sink>(&mut self, handle: u32, sink: &mut S) {
        let Order { symbol, reference, .. } = self.orders[handle];
        match self.orders[handle].place() {
            Place::Level(_) => {
                self.unlink(handle);
                sink.shown_removed(symbol, reference);
            }
            place => self.leave_queue(handle, place),
        }
        self.retire(handle);
    }

    /// Takes an order out of its level.
    #[inline]
    pub(super) fn unlink(&mut self, handle: u32) {
        let order = self.orders[handle];
        let symbol = &mut self.symbols[order.symbol as usize];
        self.ladders.detach(symbol, &self.specs, &mut self.orders, &order);
    }

    /// Takes an order out of the queue it waits in; a stop out of the triggers too, unless it is elected.
    #[inline(never)]
    pub(super) fn leave_queue(&mut self, handle: u32, place: Place) {
        let order = self.orders[handle];
        let waiting = self.waitings.ensure(&mut self.symbols[order.symbol as usize].waiting);
        if let Some(queue) = waiting.queue(place) {
            queue.unlink(&mut self.orders, handle);
        }
        if place == Place::Stops {
            let root = &mut waiting.triggers[order.side.index()];
            treap::remove(&mut ByTrigger(&mut self.extras), root, handle);
        }
    }

    /// Reduces the open quantity of an order in the book, reserve first.
    #[inline]
    pub(super) fn shrink<S: Sink>(&mut self, handle: u32, level: u32, open: u32, sink: &mut S) {
        let order = &mut self.orders[handle];
        self.ladders.level_mut(level).open -= u64::from(order.open - open);
        order.open = open;
        let hidden = order.shown.saturating_sub(open);
        if hidden > 0 {
            order.shown = open;
            sink.shown_reduced(order.symbol, order.reference, hidden);
        }
    }

    /// Frees the slot of an order that is in no level and no queue any more.
    #[inline]
    pub(super) fn retire(&mut self, handle: u32) {
        let order = &self.orders[handle];
        let symbol = &self.symbols[order.symbol as usize];
        if order.time_in_force > TimeInForce::PostOnly || symbol.waiting != 0 {
            self.forget(handle);
        }
        self.orders.remove(handle, &mut self.ids);
    }

    /// Takes an order that ends out of what orders it beside the book.
    #[inline(never)]
    fn forget(&mut self, handle: u32) {
        let order = self.orders[handle];
        if order.time_in_force == TimeInForce::Gtd {
            treap::remove(&mut ByExpiry(&mut self.extras), &mut self.expiries, handle);
        }
        let symbol = &mut self.symbols[order.symbol as usize];
        if symbol.waiting != 0 {
            let in_auction = match order.place() {
                Place::MarketQueue => true,
                Place::Level(_) => order.auction_only(),
                Place::Stops | Place::AuctionWait => false,
            };
            if in_auction {
                let root = &mut self.waitings.ensure(&mut symbol.waiting).participants;
                treap::remove(&mut ByAcceptance(&mut self.extras), root, handle);
            }
            self.waitings.release(&mut symbol.waiting);
        }
    }

    /// `K`.
    #[inline(never)]
    pub(super) fn mass_cancel<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        let by = |bit| command.scope & bit != 0;
        let then = MassAction::from_byte(command.then);
        let scopes = Command::BY_SYMBOL | Command::BY_ACCOUNT | Command::BY_SESSION;
        let blockable = matches!(command.scope, 0 | Command::BY_SYMBOL | Command::BY_ACCOUNT);
        let Some(then) = then.filter(|&then| command.scope <= scopes && (blockable || then == MassAction::Cancel))
        else {
            return self.refuse(command, Reason::Malformed, sink);
        };
        if by(Command::BY_SYMBOL) && !self.symbols[command.symbol as usize].has(Symbol::KNOWN) {
            return self.refuse(command, Reason::UnknownSymbol, sink);
        }
        if then != MassAction::Unblock {
            let meant = |order: &Order| {
                (!by(Command::BY_ACCOUNT) || order.account == command.account)
                    && (!by(Command::BY_SESSION) || order.session() == command.session)
            };
            if by(Command::BY_SYMBOL) {
                self.end_all(command.symbol, ReportKind::Cancelled, Reason::MassCancel, meant, sink);
            } else {
                self.end_everywhere(meant, sink);
            }
        }
        if then != MassAction::Cancel {
            self.watched = true;
            let on = then == MassAction::Block;
            match command.scope {
                Command::BY_SYMBOL => self.blocks.set_symbol(&mut self.symbols[command.symbol as usize], on),
                Command::BY_ACCOUNT => self.blocks.set_account(command.account, on),
                _ => self.blocks.set_everything(on),
            }
        }
    }

    /// Cancels the orders meant in every symbol that may have some, ascending.
    fn end_everywhere<S: Sink>(&mut self, meant: impl Fn(&Order) -> bool, sink: &mut S) {
        for word in 0..SYMBOLS / 64 {
            let mut bits = self.touched[word];
            while bits != 0 {
                let symbol = word as u16 * 64 + bits.trailing_zeros() as u16;
                bits &= bits - 1;
                self.end_all(symbol, ReportKind::Cancelled, Reason::MassCancel, &meant, sink);
            }
        }
    }

    /// Ends the orders meant of one symbol, in the order of rule 13.
    pub(super) fn end_all<S: Sink>(
        &mut self,
        symbol: u16,
        kind: ReportKind,
        reason: Reason,
        meant: impl Fn(&Order) -> bool,
        sink: &mut S,
    ) {
        for side in [Side::Buy, Side::Sell] {
            let about = &self.symbols[symbol as usize];
            let mut next = self.ladders.top(about, &self.specs, side);
            while let Some((price, level)) = next {
                self.end_queue(self.ladders.level(level).head, kind, reason, &meant, sink);
                let about = &self.symbols[symbol as usize];
                next = self.ladders.worse(about, &self.specs, side, price);
            }
        }
        for place in [Place::MarketQueue, Place::Stops, Place::AuctionWait] {
            let record = self.symbols[symbol as usize].waiting;
            // Record 0 is nobody's and its queues are empty.
            let mut waiting = *self.waitings.get(record);
            let head = waiting.queue(place).map_or(0, |queue| queue.head);
            self.end_queue(head, kind, reason, &meant, sink);
        }
    }

    fn end_queue<S: Sink>(
        &mut self,
        head: u32,
        kind: ReportKind,
        reason: Reason,
        meant: impl Fn(&Order) -> bool,
        sink: &mut S,
    ) {
        let mut at = head;
        while at != 0 {
            let next = self.orders[at].next;
            if meant(&self.orders[at]) {
                self.end(at, kind, reason, sink);
            }
            at = next;
        }
    }

    /// Rejects a `T` or `K`, which name no order.
    #[cold]
    #[inline(never)]
    pub(super) fn refuse<S: Sink>(&mut self, command: &Command, reason: Reason, sink: &mut S) {
        let nothing = Self::about(&Order::NONE, ReportKind::Rejected, reason, 0, 0);
        let event = Event { symbol: command.symbol, side: 0, ..nothing };
        self.send(sink, event);
    }
}
