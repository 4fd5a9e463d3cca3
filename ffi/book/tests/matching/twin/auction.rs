//! Trading states and the uncross (rules 9 and 10).

use super::*;

impl Twin {
    pub(super) fn state(&mut self, c: &Command) {
        let Some(state) = TradingState::from_byte(c.state) else { return self.reject(c, Reason::Malformed, (0, 0, 0)) };
        if !self.known(c.symbol) {
            return self.reject(c, Reason::UnknownSymbol, (0, 0, 0));
        }
        let book = self.book(c.symbol);
        let before = book.state;
        book.state = state;
        book.auction = AuctionKind::Other;
        if c.price > 0 {
            book.reference = c.price;
        }
        match state {
            TradingState::Trading => {
                if before != TradingState::Trading {
                    self.uncross(c.symbol);
                }
                self.elections(c.symbol);
            }
            TradingState::Auction => {
                book.auction = AuctionKind::from_byte(c.auction).unwrap_or(AuctionKind::Other);
                self.join_waiting(c.symbol);
            }
            TradingState::Closed => self.rule_13(Some(c.symbol)).into_iter().for_each(|id| self.expire(id)),
            TradingState::Halted | TradingState::Paused => {}
        }
    }

    /// Both sides of an auction at a price, in the order in which they trade.
    pub(super) fn eligible(&self, symbol: u16, side: Side, price: i64) -> Vec<Order> {
        let market = self.at(symbol, Place::Market);
        let market =
            market.iter().map(|id| *self.live.iter().find(|o| o.id == *id).unwrap()).filter(|o| o.side == side);
        market.chain(self.side(symbol, side).into_iter().filter(|o| can_trade(side, o.price, price))).collect()
    }

    pub(super) fn cross_price(&mut self, symbol: u16) -> Option<i64> {
        let reference = self.book(symbol).reference;
        let mut candidates: BTreeSet<i64> =
            self.live.iter().filter(|o| o.symbol == symbol && o.place == Place::Book).map(|o| o.price).collect();
        if reference > 0 {
            candidates.insert(reference);
        }
        let open = |side, price| self.eligible(symbol, side, price).iter().map(|o| i128::from(o.open)).sum::<i128>();
        let all: Vec<_> = candidates.iter().map(|&p| (p, open(Side::Buy, p), open(Side::Sell, p))).collect();
        let volume = all.iter().map(|&(_, buy, sell)| buy.min(sell)).max().filter(|&volume| volume > 0)?;
        let most: Vec<_> = all.into_iter().filter(|&(_, buy, sell)| buy.min(sell) == volume).collect();
        let imbalance = most.iter().map(|&(_, buy, sell)| (buy - sell).abs()).min().unwrap();
        let tied: Vec<_> = most.into_iter().filter(|&(_, buy, sell)| (buy - sell).abs() == imbalance).collect();
        if tied.iter().all(|&(_, buy, sell)| buy > sell) {
            return tied.last().map(|&(price, ..)| price);
        }
        if tied.iter().all(|&(_, buy, sell)| buy < sell) {
            return tied.first().map(|&(price, ..)| price);
        }
        tied.iter().map(|&(price, ..)| price).min_by_key(|&price| ((price - reference).abs(), price))
    }

    pub(super) fn uncross(&mut self, symbol: u16) {
        if let Some(price) = self.cross_price(symbol) {
            loop {
                let buy = self.eligible(symbol, Side::Buy, price).first().copied();
                let sell = self.eligible(symbol, Side::Sell, price).first().copied();
                let (Some(buy), Some(sell)) = (buy, sell) else { break };
                let quantity = buy.open.min(sell.open);
                self.matches += 1;
                self.auction_fill(buy, price, quantity);
                self.auction_fill(sell, price, quantity);
            }
            let book = self.book(symbol);
            (book.last, book.reference) = (price, price);
        }
        let mut ending: Vec<_> = self
            .live
            .iter()
            .filter(|o| o.symbol == symbol)
            .filter(|o| o.place == Place::Market || o.place == Place::Book && at_auction(o))
            .copied()
            .collect();
        ending.sort_by_key(|o| o.accepted);
        for o in ending {
            if at_auction(&o) {
                self.expire(o.id);
            } else {
                self.cancelled(&o, Reason::MarketRemainder, o.open, 0);
                self.remove(o.id);
            }
        }
    }

    pub(super) fn auction_fill(&mut self, mut o: Order, price: i64, quantity: u32) {
        o.open -= quantity;
        o.traded += u64::from(quantity);
        let m = self.matches;
        let sequence = self.report(&o, ReportKind::Fill, Reason::None, price, quantity, o.open, m);
        // Shown part by shown part, with a refill in its place whenever nothing is shown.
        if o.place == Place::Book {
            let (mut whole, mut left) = (o.open + quantity, quantity);
            while left > 0 {
                let part = left.min(o.shown);
                (o.shown, whole, left) = (o.shown - part, whole - part, left - part);
                if o.shown == 0 {
                    o.shown = if o.display == 0 { whole } else { o.display.min(whole) };
                    o.reference = sequence;
                }
            }
        }
        if o.open == 0 { self.remove(o.id) } else { *self.get(o.id) = o }
    }
}
