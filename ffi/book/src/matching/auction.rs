//! Call auctions: who joins, at which price they uncross, who trades and who is left (rule 9).

use hftz_model::{AuctionKind, Event, Reason, ReportKind, Side, TimeInForce};

use super::enter::Taker;
use super::extras::ByAcceptance;
use super::index::Index;
use super::orders::{Order, Place};
use super::sink::Sink;
use super::symbol::{NO_KEY, key_of};
use super::{Engine, treap};

/// An order while it trades in an uncross.
struct Part {
    handle: u32,
    /// 0 for a market order.
    level: u32,
    /// Under which the publisher knows it.
    reference: u64,
    /// Of what the publisher knows, the shares traded.
    crossed: u32,
    /// Whether what the publisher knows is used up.
    renewed: bool,
    match_number: u64,
}

impl<I: Index> Engine<I> {
    /// Whether an at-open or at-close order belongs to the auction its symbol is in.
    pub(super) fn joins_auction(&self, order: &Order) -> bool {
        match self.symbols[order.symbol as usize].auction {
            AuctionKind::Opening => order.time_in_force == TimeInForce::AtOpen,
            AuctionKind::Closing => order.time_in_force == TimeInForce::AtClose,
            AuctionKind::Other => false,
        }
    }

    /// An auction begins: the orders that waited for one of its kind join it in order of acceptance.
    pub(super) fn begin_auction<S: Sink>(&mut self, symbol: u16, sink: &mut S) {
        let mut at = self.waitings.get(self.symbols[symbol as usize].waiting).auction.head;
        while at != 0 {
            let order = self.orders[at];
            if self.joins_auction(&order) {
                self.leave_queue(at, Place::AuctionWait);
                self.join(at, sink);
            }
            at = order.next;
        }
    }

    /// An at-open or at-close order, in no queue, joins the auction.
    pub(super) fn join<S: Sink>(&mut self, handle: u32, sink: &mut S) {
        let order = self.orders[handle];
        if order.is_market() {
            self.wait(handle, Place::MarketQueue);
        } else {
            self.rest(&mut Taker { order, handle, original: 0, minimum: 0 }, sink);
        }
        self.take_part(handle);
    }

    /// Trading begins: everything that can trade at one price does, then what must not outlive the auction ends.
    pub(super) fn uncross<S: Sink>(&mut self, symbol: u16, auction: AuctionKind, sink: &mut S) {
        if let Some(price) = self.cross_price(symbol) {
            self.cross_at(symbol, price, auction, sink);
        }
        loop {
            let participants = self.waitings.get(self.symbols[symbol as usize].waiting).participants;
            let handle = treap::first(&ByAcceptance(&mut self.extras), participants);
            if handle == 0 {
                return;
            }
            if self.orders[handle].auction_only() {
                self.end(handle, ReportKind::Expired, Reason::Expired, sink);
            } else {
                self.end(handle, ReportKind::Cancelled, Reason::MarketRemainder, sink);
            }
        }
    }

    /// The price that trades the most, `None` when nothing can trade.
    fn cross_price(&self, symbol: u16) -> Option<i64> {
        let about = &self.symbols[symbol as usize];
        let specs = &self.specs;
        let best = |side| self.ladders.best(about, specs, side);
        let crossed = best(Side::Buy) != NO_KEY && best(Side::Sell) >= -best(Side::Buy);
        if !crossed && about.waiting == 0 {
            return None;
        }
        let mut market = [0u64; 2];
        let mut at = self.waitings.get(about.waiting).market.head;
        while at != 0 {
            market[self.orders[at].side.index()] += u64::from(self.orders[at].open);
            at = self.orders[at].next;
        }
        let open = |level| self.ladders.level(level).open;
        let above = |side, price| self.ladders.above(about, specs, side, price);
        // Buyers at or above the price looked at, sellers at or below it.
        let [mut demand, mut supply] = market;
        let mut bid = above(Side::Buy, 0);
        while let Some((price, level)) = bid {
            demand += open(level);
            bid = above(Side::Buy, price);
        }
        bid = above(Side::Buy, 0);
        let mut ask = above(Side::Sell, 0);
        let mut reference = Some(about.reference).filter(|&price| price > 0);
        let mut choice = Choice::new(about.reference);
        loop {
            let limits = [bid.map(|(price, _)| price), ask.map(|(price, _)| price), reference];
            let Some(price) = limits.into_iter().flatten().min() else {
                return choice.price();
            };
            if let Some((_, level)) = ask.filter(|&(ask, _)| ask == price) {
                supply += open(level);
                ask = above(Side::Sell, price);
            }
            choice.consider(price, demand, supply);
            if let Some((_, level)) = bid.filter(|&(bid, _)| bid == price) {
                demand -= open(level);
                bid = above(Side::Buy, price);
            }
            reference = reference.filter(|&reference| reference != price);
        }
    }

    /// Trades everything that can trade at `price`.
    fn cross_at<S: Sink>(&mut self, symbol: u16, price: i64, auction: AuctionKind, sink: &mut S) {
        let head = self.waitings.get(self.symbols[symbol as usize].waiting).market.head;
        let mut market = [head; 2];
        let mut shares = 0;
        let (mut buy, mut sell) = (None, None);
        loop {
            buy = buy.or_else(|| self.next_part(symbol, Side::Buy, price, &mut market[0]));
            sell = sell.or_else(|| self.next_part(symbol, Side::Sell, price, &mut market[1]));
            let (Some(buyer), Some(seller)) = (&mut buy, &mut sell) else {
                break;
            };
            let quantity = self.orders[buyer.handle].open.min(self.orders[seller.handle].open);
            shares += u64::from(quantity);
            self.matches += 1;
            for part in [buyer, seller] {
                self.cross_fill(part, price, quantity, sink);
            }
            for part in [&mut buy, &mut sell] {
                if let Some(filled) = part.take_if(|part| self.orders[part.handle].open == 0) {
                    self.finish_part(&filled, price, &mut market, sink);
                }
            }
        }
        for part in [buy, sell].into_iter().flatten() {
            self.finish_part(&part, price, &mut market, sink);
        }
        let about = &mut self.symbols[symbol as usize];
        (about.last, about.reference) = (price, price);
        sink.crossed(symbol, price, shares, self.matches, auction);
    }

    /// The next order of a side: market orders first, then by price and time as far as the price allows.
    fn next_part(&self, symbol: u16, side: Side, price: i64, market: &mut u32) -> Option<Part> {
        let part = |handle, level| Part {
            handle,
            level,
            reference: self.orders[handle].reference,
            crossed: 0,
            renewed: false,
            match_number: 0,
        };
        while *market != 0 {
            let handle = *market;
            *market = self.orders[handle].next;
            if self.orders[handle].side == side {
                return Some(part(handle, 0));
            }
        }
        let about = &self.symbols[symbol as usize];
        let (best, level) = self.ladders.top(about, &self.specs, side)?;
        (key_of(side, best) >= key_of(side, price)).then(|| part(self.ladders.level(level).head, level))
    }

    /// One side of one trade of an uncross.
    fn cross_fill<S: Sink>(&mut self, part: &mut Part, price: i64, quantity: u32, sink: &mut S) {
        let match_number = self.matches;
        let order = &mut self.orders[part.handle];
        let shown = order.shown;
        order.open -= quantity;
        order.traded = order.traded.saturating_add(quantity);
        let order = *order;
        let fill = Self::about(&order, ReportKind::Fill, Reason::None, quantity, order.open);
        let sequence = self.send(sink, Event { price, match_number, ..fill });
        part.match_number = match_number;
        if part.level == 0 {
            return;
        }
        self.ladders.level_mut(part.level).open -= u64::from(quantity);
        let order = &mut self.orders[part.handle];
        if !part.renewed {
            part.crossed += quantity.min(shown);
        }
        if quantity < shown {
            order.shown -= quantity;
        } else {
            part.renewed = true;
            order.reference = sequence;
            order.shown = refilled(order, quantity - shown);
        }
    }

    /// An order's part in an uncross is over: the publisher hears of it, and a filled order goes.
    fn finish_part<S: Sink>(&mut self, part: &Part, price: i64, market: &mut [u32; 2], sink: &mut S) {
        let order = self.orders[part.handle];
        if part.crossed > 0 {
            sink.shown_crossed(order.symbol, part.reference, part.crossed, price, part.match_number);
        }
        if order.open > 0 {
            if part.renewed {
                sink.shown_added(Self::shown(&order));
            }
            return;
        }
        if part.level == 0 {
            // The other side's walk may be about to look at this order.
            for cursor in market {
                if *cursor == part.handle {
                    *cursor = order.next;
                }
            }
            self.leave_queue(part.handle, Place::MarketQueue);
        } else {
            self.unlink(part.handle);
        }
        self.retire(part.handle);
    }
}

/// What an iceberg shows after `beyond` more than its shown part has traded, each refill by the rule of resting.
fn refilled(order: &Order, beyond: u32) -> u32 {
    let before = u64::from(order.open) + u64::from(beyond);
    let display = if order.display == 0 { before } else { u64::from(order.display) };
    if display == 0 {
        return 0;
    }
    let into = u64::from(beyond) % display;
    // At most `display` or the open quantity, both of which fit.
    (display.min(u64::from(order.open) + into) - into) as u32
}

/// The best price so far, candidates coming in ascending order.
struct Choice {
    reference: i64,
    volume: u64,
    imbalance: u64,
    low: i64,
    high: i64,
    nearest: i64,
    all_buy: bool,
    all_sell: bool,
}

impl Choice {
    fn new(reference: i64) -> Self {
        let (all_buy, all_sell) = (true, true);
        Self { reference, volume: 0, imbalance: 0, low: 0, high: 0, nearest: 0, all_buy, all_sell }
    }

    fn consider(&mut self, price: i64, demand: u64, supply: u64) {
        let (volume, imbalance) = (demand.min(supply), demand.abs_diff(supply));
        if volume == 0 || volume < self.volume || volume == self.volume && imbalance > self.imbalance {
            return;
        }
        if volume > self.volume || imbalance < self.imbalance {
            *self = Self { volume, imbalance, low: price, nearest: price, ..Self::new(self.reference) };
        }
        self.high = price;
        self.all_buy &= demand > supply;
        self.all_sell &= supply > demand;
        if price.abs_diff(self.reference) < self.nearest.abs_diff(self.reference) {
            self.nearest = price;
        }
    }

    fn price(&self) -> Option<i64> {
        if self.volume == 0 {
            None
        } else if self.all_buy {
            Some(self.high)
        } else if self.all_sell {
            Some(self.low)
        } else {
            Some(self.nearest)
        }
    }
}
