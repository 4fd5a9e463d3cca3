//! Elections: stops whose trigger the last trade has reached enter one at a time, oldest acceptance first (rule 7).

use hftz_model::{OrderKind, Reason, ReportKind, Side, TradingState};

use super::enter::Taker;
use super::extras::{ByAcceptance, ByTrigger};
use super::index::Index;
use super::orders::{Order, Place};
use super::sink::Sink;
use super::symbol::key_of;
use super::{Engine, treap};

impl<I: Index> Engine<I> {
    /// A command, or an elected order, is complete: elects until nothing is elected any more.
    #[inline(never)]
    pub(super) fn elect<S: Sink>(&mut self, symbol: u16, sink: &mut S) {
        while self.symbols[symbol as usize].state == TradingState::Trading {
            self.mark_elected(symbol);
            let handle = treap::first(&ByAcceptance(&mut self.extras), self.elected);
            if handle == 0 {
                return;
            }
            treap::remove(&mut ByAcceptance(&mut self.extras), &mut self.elected, handle);
            self.enter_elected(handle, sink);
        }
    }

    /// Moves every stop that the last trade price has reached from its triggers to the elected.
    fn mark_elected(&mut self, symbol: u16) {
        let about = &self.symbols[symbol as usize];
        if about.last == 0 || about.waiting == 0 {
            return;
        }
        for side in [Side::Buy, Side::Sell] {
            let reached = -key_of(side.opposite(), about.last);
            let root = &mut self.waitings.record(about.waiting).triggers[side.index()];
            loop {
                let handle = treap::first(&ByTrigger(&mut self.extras), *root);
                if handle == 0 || self.extras.trigger[handle as usize] > reached {
                    break;
                }
                treap::remove(&mut ByTrigger(&mut self.extras), root, handle);
                treap::insert(&mut ByAcceptance(&mut self.extras), &mut self.elected, handle);
            }
        }
    }

    fn enter_elected<S: Sink>(&mut self, handle: u32, sink: &mut S) {
        let order = &mut self.orders[handle];
        order.kind = if order.kind == OrderKind::Stop { OrderKind::Market } else { OrderKind::Limit };
        let order = *order;
        let symbol = &mut self.symbols[order.symbol as usize];
        if let Some(queue) = self.waitings.record(symbol.waiting).queue(Place::Stops) {
            queue.unlink(&mut self.orders, handle);
        }
        self.waitings.release(&mut symbol.waiting);
        let triggered = Self::about(&order, ReportKind::Triggered, Reason::None, order.open, order.open);
        let reference = self.send(sink, triggered);
        // In no queue any more; a place that means nothing beside the book until it rests.
        let mut order = Order { reference, ..order };
        order.set_place(Place::Level(0));
        self.orders.restore(handle, &order);
        let minimum = self.extras.minimum[handle as usize];
        self.enter(&mut Taker { order, handle, original: 0, minimum }, sink);
    }
}
