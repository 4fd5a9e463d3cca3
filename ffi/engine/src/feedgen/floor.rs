//! Who listens to the engine of a venue.

use super::board::Board;
use crate::publish::Publisher;
use hftz_book::matching::{Shown, Sink};
use hftz_flow::Flow;
use hftz_model::{AuctionKind, Event, TradingState};

/// The publisher hears all of it, the flow and the board the reports. Not a pair of any two listeners: each call is inlined where the engine
/// makes it, so that what does not concern one costs nothing.
pub struct Floor {
    pub publisher: Publisher,
    pub flow: Flow,
    pub board: Board,
}

impl Sink for Floor {
    #[inline(always)]
    fn report(&mut self, event: &Event) {
        self.publisher.report(event);
        self.flow.observe(event);
        self.board.observe(event);
    }

    #[inline(always)]
    fn shown_added(&mut self, order: Shown) {
        self.board.added(&order);
        self.publisher.shown_added(order);
    }

    #[inline(always)]
    fn shown_executed(&mut self, symbol: u16, reference: u64, shares: u32, match_number: u64) {
        self.publisher.shown_executed(symbol, reference, shares, match_number);
    }

    fn shown_crossed(&mut self, symbol: u16, reference: u64, shares: u32, price: i64, match_number: u64) {
        self.publisher.shown_crossed(symbol, reference, shares, price, match_number);
    }

    #[inline(always)]
    fn shown_reduced(&mut self, symbol: u16, reference: u64, shares: u32) {
        self.publisher.shown_reduced(symbol, reference, shares);
    }

    #[inline(always)]
    fn shown_removed(&mut self, symbol: u16, reference: u64) {
        self.publisher.shown_removed(symbol, reference);
    }

    #[inline(always)]
    fn shown_replaced(&mut self, original: u64, order: Shown) {
        self.publisher.shown_replaced(original, order);
    }

    fn crossed(&mut self, symbol: u16, price: i64, shares: u64, match_number: u64, auction: AuctionKind) {
        self.publisher.crossed(symbol, price, shares, match_number, auction);
    }

    fn state_changed(&mut self, symbol: u16, from: TradingState, to: TradingState) {
        self.board.changed(symbol);
        self.publisher.state_changed(symbol, from, to);
    }

    #[inline(always)]
    fn time_moved(&mut self, time_ns: u64) {
        self.publisher.time_moved(time_ns);
    }
}
