//! Trading states and the clock (rules 9, 10, 14).

use hftz_model::{AuctionKind, Command, Reason, ReportKind, TradingState};

use super::extras::ByExpiry;
use super::index::Index;
use super::sink::Sink;
use super::symbol::Symbol;
use super::{Engine, treap};

impl<I: Index> Engine<I> {
    /// `T`.
    #[inline(never)]
    pub(super) fn trading_state<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        let Some(to) = TradingState::from_byte(command.state) else {
            return self.refuse(command, Reason::Malformed, sink);
        };
        let locate = command.symbol;
        let symbol = &mut self.symbols[locate as usize];
        if !symbol.has(Symbol::KNOWN) {
            return self.refuse(command, Reason::UnknownSymbol, sink);
        }
        if command.price > 0 {
            symbol.reference = command.price;
        }
        let (from, auction) = (symbol.state, symbol.auction);
        symbol.state = to;
        symbol.auction = AuctionKind::Other;
        sink.state_changed(locate, from, to);
        match to {
            TradingState::Trading => {
                if from != TradingState::Trading {
                    self.uncross(locate, auction, sink);
                }
                self.elect(locate, sink);
            }
            TradingState::Auction => {
                let kind = AuctionKind::from_byte(command.auction).unwrap_or(AuctionKind::Other);
                self.symbols[locate as usize].auction = kind;
                self.begin_auction(locate, sink);
            }
            TradingState::Closed => self.end_all(locate, ReportKind::Expired, Reason::Expired, |_| true, sink),
            TradingState::Halted | TradingState::Paused => {}
        }
    }

    /// What a `Z` command does, also for callers that have a time and no command.
    #[inline]
    pub fn advance_to<S: Sink>(&mut self, time_ns: u64, sink: &mut S) {
        if time_ns <= self.time_ns {
            return;
        }
        self.time_ns = time_ns;
        sink.time_moved(time_ns);
        if self.expiries != 0 {
            self.expire(sink);
        }
    }

    #[cold]
    #[inline(never)]
    fn expire<S: Sink>(&mut self, sink: &mut S) {
        loop {
            let handle = treap::first(&ByExpiry(&mut self.extras), self.expiries);
            if handle == 0 || self.extras.expiry[handle as usize] > self.time_ns {
                return;
            }
            self.end(handle, ReportKind::Expired, Reason::Expired, sink);
        }
    }
}
