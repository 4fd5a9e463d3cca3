//! The best prices of the venue, remembered between the questions of the flow.
//!
//! The flow asks for a best price with nearly every command. The engine keeps a bound of each and looks for the price itself when it
//! is asked; most commands leave it where it was. So each side's last answer stands here until something may have made it worse: a
//! better order raises it, an order that leaves the best price or trades makes it unknown, and the next question goes to the engine.

use hftz_book::matching::{CountedIds, Engine, Shown};
use hftz_flow::Quotes;
use hftz_isa::prefetch;
use hftz_model::{Event, ReportKind, Side};
use std::cell::Cell;

/// The best price of each side of each symbol as a key, the higher the better: prices of sales are negative.
pub struct Board {
    keys: Vec<[Cell<i64>; 2]>,
}

/// Nobody has asked since it may have changed. Above every key, so that no order raises it.
const UNKNOWN: i64 = i64::MAX;
/// No order. Below every key.
const EMPTY: i64 = i64::MIN;

impl Board {
    /// Of symbols 1 to `symbols`.
    pub fn new(symbols: u16) -> Self {
        Self { keys: vec![const { [Cell::new(UNKNOWN), Cell::new(UNKNOWN)] }; usize::from(symbols) + 1] }
    }

    /// An order has come to rest.
    #[inline(always)]
    pub fn added(&self, order: &Shown) {
        let best = &self.keys[usize::from(order.symbol)][order.side.index()];
        best.set(best.get().max(key_of(order.side, order.price)));
    }

    /// What a report says about the best prices. Always inlined: whoever makes it knows its kind, and then one arm is left.
    #[inline(always)]
    pub fn observe(&self, event: &Event) {
        match event.kind {
            // The order rests only when it is shown.
            ReportKind::Accepted | ReportKind::Rejected => {}
            ReportKind::Cancelled | ReportKind::Expired => {
                let side = [Side::Sell, Side::Buy][usize::from(event.side == Side::Buy.byte())];
                let best = &self.keys[usize::from(event.symbol)][side.index()];
                let key = best.get();
                best.set(if key == key_of(side, event.price) { UNKNOWN } else { key });
            }
            ReportKind::Fill | ReportKind::Replaced | ReportKind::Triggered => self.changed(event.symbol),
        }
    }

    /// Asks for what is known of a symbol.
    #[inline]
    pub fn fetch(&self, symbol: u16) {
        prefetch(&self.keys[usize::from(symbol)]);
    }

    /// The best price of a side, if it is known.
    #[inline]
    pub fn known(&self, symbol: u16, side: Side) -> Option<i64> {
        let key = self.keys[usize::from(symbol)][side.index()].get();
        (key != UNKNOWN && key != EMPTY).then(|| key_of(side, key))
    }

    /// Both sides of a symbol may have changed.
    #[inline]
    pub fn changed(&self, symbol: u16) {
        for best in &self.keys[usize::from(symbol)] {
            best.set(UNKNOWN);
        }
    }
}

/// What the flow may see of the engine, by way of the board.
pub struct Remembered<'a> {
    pub board: &'a Board,
    pub engine: &'a Engine<CountedIds>,
}

impl Remembered<'_> {
    #[inline(never)]
    fn ask(&self, symbol: u16, side: Side) -> i64 {
        let key = self.engine.best(symbol, side).map_or(EMPTY, |price| key_of(side, price));
        self.board.keys[usize::from(symbol)][side.index()].set(key);
        key
    }
}

impl Quotes for Remembered<'_> {
    #[inline(always)]
    fn best(&self, symbol: u16, side: Side) -> Option<i64> {
        let known = self.board.keys[usize::from(symbol)][side.index()].get();
        let key = if known == UNKNOWN { self.ask(symbol, side) } else { known };
        let best = (key != EMPTY).then(|| key_of(side, key));
        debug_assert_eq!(best, self.engine.best(symbol, side), "symbol {symbol}, {side:?}");
        best
    }

    /// By the other side's index and not by its name, which would have to be looked up.
    #[inline(always)]
    fn opposite(&self, symbol: u16, side: Side) -> Option<i64> {
        let known = self.board.keys[usize::from(symbol)][side.index() ^ 1].get();
        let key = if known == UNKNOWN { self.ask(symbol, side.opposite()) } else { known };
        // The key of a price on one side is that of the same price on the other, negated.
        let best = (key != EMPTY).then(|| -key_of(side, key));
        debug_assert_eq!(best, self.engine.best(symbol, side.opposite()), "symbol {symbol}, {side:?}");
        best
    }
}

/// The key of a price, and the price of a key.
#[inline(always)]
const fn key_of(side: Side, price: i64) -> i64 {
    price * (1 - 2 * side.index() as i64)
}

#[cfg(test)]
mod tests {
    use super::super::{FeedgenConfig, Venue};
    use super::*;
    use serde_json::json;

    #[test]
    fn the_board_has_the_engines_best_prices_after_every_command_of_every_model() {
        for model in ["zi", "poisson", "hawkes"] {
            let config = json!({"count": 20_000, "symbols": 3, "model": model, "seed": 5});
            let config: FeedgenConfig = serde_json::from_value(config).unwrap();
            let mut venue = Venue::new(&config).unwrap();
            let mut remembered = 0;
            while venue.step() {
                let (board, engine) = (venue.board(), venue.engine());
                for (symbol, side) in (1..=3).flat_map(|symbol| [(symbol, Side::Buy), (symbol, Side::Sell)]) {
                    let known = board.keys[usize::from(symbol)][side.index()].get();
                    if known != UNKNOWN {
                        let price = (known != EMPTY).then(|| key_of(side, known));
                        assert_eq!(price, engine.best(symbol, side), "{model}: symbol {symbol}, {side:?}");
                        remembered += 1;
                    }
                }
            }
            assert!(remembered > 50_000, "{model}: {remembered} of about 110,000 were known");
        }
    }

    #[test]
    fn a_better_order_raises_what_is_known_and_nothing_else() {
        let board = Board::new(1);
        let order = |side, price| Shown { reference: 1, price, shares: 1, symbol: 1, account: 0, side };
        let keys = || board.keys[1].each_ref().map(Cell::get);
        board.added(&order(Side::Buy, 100));
        assert_eq!(keys(), [UNKNOWN; 2]);
        board.keys[1][Side::Sell.index()].set(EMPTY);
        board.added(&order(Side::Sell, 103));
        board.added(&order(Side::Sell, 104));
        assert_eq!(keys()[Side::Sell.index()], -103);
        board.added(&order(Side::Sell, 102));
        assert_eq!(keys()[Side::Sell.index()], -102);
        board.changed(1);
        assert_eq!(keys(), [UNKNOWN; 2]);
    }
}
