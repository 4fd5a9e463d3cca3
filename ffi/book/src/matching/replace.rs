//! Replace: same id, new price, quantity and display (rule 5).

use hftz_model::{Command, Reason, ReportKind};

use super::Engine;
use super::enter::Taker;
use super::index::Index;
use super::orders::Place;
use super::sink::Sink;

impl<I: Index> Engine<I> {
    /// `U`.
    #[inline(always)]
    pub(super) fn replace<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        let handle = self.live(command.symbol, command.order_id);
        if !self.replace_plain(command, handle, sink) {
            self.replace_any(&{ *command }, handle, sink);
        }
    }

    #[inline(never)]
    pub(super) fn replace_any<S: Sink>(&mut self, command: &Command, handle: u32, sink: &mut S) {
        let order = (handle != 0).then(|| &self.orders[handle]);
        match self.check_replace(command, order) {
            Err(reason) => self.reject_live(command, handle, reason, sink),
            Ok(0) => self.end(handle, ReportKind::Cancelled, Reason::Requested, sink),
            Ok(open) => self.replace_with(command, handle, open, sink),
        }
    }

    #[inline]
    fn replace_with<S: Sink>(&mut self, command: &Command, handle: u32, open: u32, sink: &mut S) {
        let before = self.orders[handle];
        let to_tail = command.flags & Command::TO_TAIL != 0;
        let mut order = before;
        order.price = command.price;
        order.display = command.display;
        match before.place() {
            Place::Level(level) => {
                let stays = !to_tail && command.price == before.price && open <= before.open;
                if !stays {
                    self.unlink(handle);
                }
                order.open = open;
                let sequence = self.send(sink, Self::about(&order, ReportKind::Replaced, Reason::None, open, open));
                if stays {
                    self.orders[handle].display = order.display;
                    self.shrink(handle, level, open, sink);
                    return;
                }
                order.reference = sequence;
                let mut taker = Taker { order, handle, original: before.reference, minimum: 0 };
                self.enter(&mut taker, sink);
                if self.symbols[order.symbol as usize].waiting != 0 {
                    self.elect(order.symbol, sink);
                }
            }
            place => {
                order.open = open;
                let sequence = self.send(sink, Self::about(&order, ReportKind::Replaced, Reason::None, open, open));
                let moves = place == Place::MarketQueue && (to_tail || open > before.open);
                if moves {
                    order.reference = sequence;
                }
                self.orders.restore(handle, &order);
                if moves {
                    let waiting = self.waitings.ensure(&mut self.symbols[order.symbol as usize].waiting);
                    waiting.market.unlink(&mut self.orders, handle);
                    waiting.market.push(&mut self.orders, handle);
                }
            }
        }
    }
}
