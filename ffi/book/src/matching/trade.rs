//! An incoming order against the book: the sweep, self-trade prevention and what could trade (rules 1, 3, 6, 8).

use hftz_model::{Event, Reason, ReportKind, SelfTradeMode};

use super::Engine;
use super::enter::Taker;
use super::index::Index;
use super::orders::Order;
use super::sink::Sink;
use super::symbol::price_of;

impl<I: Index> Engine<I> {
    /// Trades until the order has nothing left or meets no price within its limit.
    pub(super) fn trade<S: Sink>(&mut self, taker: &mut Taker, limit: i64, sink: &mut S) {
        let resting = taker.order.side.opposite();
        while taker.order.open > 0 {
            let symbol = &mut self.symbols[taker.order.symbol as usize];
            let key = self.ladders.tighten(symbol, &self.specs, resting);
            if key < limit {
                return;
            }
            let price = price_of(resting, key);
            let level = self.ladders.find(symbol, &self.specs, resting, price);
            // The level is gone once its last order is.
            loop {
                let maker = self.ladders.level(level).head;
                let last_of_level = self.orders[maker].next == 0;
                let maker_left = if owns_both(&taker.order, &self.orders[maker]) {
                    self.prevent(taker, maker, level, sink)
                } else {
                    self.fill(taker, maker, level, price, sink)
                };
                if taker.order.open == 0 || last_of_level && maker_left {
                    break;
                }
            }
        }
    }

    /// One trade with the first order of a level; whether that order has left the book.
    #[inline]
    fn fill<S: Sink>(&mut self, taker: &mut Taker, maker: u32, level: u32, price: i64, sink: &mut S) -> bool {
        if taker.original != 0 {
            sink.shown_removed(taker.order.symbol, taker.original);
            taker.original = 0;
        }
        let order = &mut self.orders[maker];
        let quantity = order.shown.min(taker.order.open);
        order.shown -= quantity;
        order.open -= quantity;
        order.traded = order.traded.saturating_add(quantity);
        let order = *order;
        taker.order.open -= quantity;
        taker.order.traded = taker.order.traded.saturating_add(quantity);
        self.ladders.level_mut(level).open -= u64::from(quantity);
        self.symbols[order.symbol as usize].last = price;
        self.matches += 1;
        let match_number = self.matches;
        let fill = |of: &Order| Event {
            price,
            match_number,
            ..Self::about(of, ReportKind::Fill, Reason::None, quantity, of.open)
        };
        let emptied = self.send(sink, fill(&order));
        self.send(sink, fill(&taker.order));
        sink.shown_executed(order.symbol, order.reference, quantity, match_number);
        if order.shown > 0 {
            return false;
        }
        if order.open == 0 {
            self.unlink(maker);
            self.retire(maker);
            return true;
        }
        let order = &mut self.orders[maker];
        order.shown = order.shows();
        order.reference = emptied;
        let shown = Self::shown(order);
        self.ladders.rotate(&mut self.orders, level);
        sink.shown_added(shown);
        false
    }

    /// Both sides are one account's and the incoming order's mode acts; whether the resting order has left the book.
    #[inline(never)]
    fn prevent<S: Sink>(&mut self, taker: &mut Taker, maker: u32, level: u32, sink: &mut S) -> bool {
        let mode = taker.order.self_trade;
        let order = self.orders[maker];
        let cancels_resting = matches!(mode, SelfTradeMode::CancelResting | SelfTradeMode::CancelBoth);
        let cancels_incoming = matches!(mode, SelfTradeMode::CancelIncoming | SelfTradeMode::CancelBoth);
        let common = order.open.min(taker.order.open);
        let (resting, incoming) = match mode {
            SelfTradeMode::Decrement => (common, common),
            _ => (u32::from(cancels_resting) * order.open, u32::from(cancels_incoming) * taker.order.open),
        };
        let cancelled =
            |of: &Order, by: u32| Self::about(of, ReportKind::Cancelled, Reason::SelfTrade, by, of.open - by);
        if resting > 0 {
            self.send(sink, cancelled(&order, resting));
            if resting == order.open {
                self.remove(maker, sink);
            } else {
                self.shrink(maker, level, order.open - resting, sink);
            }
        }
        if incoming > 0 {
            self.send(sink, cancelled(&taker.order, incoming));
            taker.order.open -= incoming;
        }
        resting == order.open
    }

    /// How much of `order` could trade at once, reserve included, as far as that is below `wanted`: under mode 2 without
    /// own orders, under 1, 3 and 4 up to the first own order it would meet.
    pub(super) fn available(&self, order: &Order, limit: i64, wanted: u64) -> u64 {
        let symbol = &self.symbols[order.symbol as usize];
        let specs = &self.specs;
        let resting = order.side.opposite();
        let mode = if order.account == 0 { SelfTradeMode::Allow } else { order.self_trade };
        let mut sum = 0;
        let mut at = self.ladders.top(symbol, specs, resting);
        while let Some((price, level)) = at
            && super::symbol::key_of(resting, price) >= limit
            && sum < wanted
        {
            match mode {
                SelfTradeMode::Allow => sum += self.ladders.level(level).open,
                SelfTradeMode::CancelResting => {
                    let others = self.queue(level).filter(|other| other.account != order.account);
                    sum += others.map(|other| u64::from(other.open)).sum::<u64>();
                }
                _ if self.queue(level).any(|other| other.account == order.account) => {
                    // Reserve refills behind the own order: only what is shown before it is met first.
                    let before = self.queue(level).take_while(|other| other.account != order.account);
                    return sum + before.map(|other| u64::from(other.shown)).sum::<u64>();
                }
                _ => sum += self.ladders.level(level).open,
            }
            at = self.ladders.worse(symbol, specs, resting, price);
        }
        sum
    }

    /// The orders of a level, first to last.
    pub(super) fn queue(&self, level: u32) -> impl Iterator<Item = &Order> {
        let mut at = self.ladders.level(level).head;
        core::iter::from_fn(move || {
            let order = (at != 0).then(|| &self.orders[at])?;
            at = order.next;
            Some(order)
        })
    }
}

/// Whether self-trade prevention acts between an incoming and a resting order.
#[inline]
fn owns_both(incoming: &Order, resting: &Order) -> bool {
    incoming.account != 0 && incoming.account == resting.account && incoming.self_trade != SelfTradeMode::Allow
}
