//! What books tell while they follow a feed.

use hftz_model::{Delta, Side, TradingState};

use super::Anomaly;
use crate::store::ladder::Ladder;

/// The best level of each side; an empty side is price 0, size 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Top {
    /// 10^-4.
    pub bid_price: u32,
    /// 10^-4.
    pub ask_price: u32,
    /// Shares of the whole level.
    pub bid_size: u64,
    /// Shares of the whole level.
    pub ask_size: u64,
}

impl Top {
    #[inline(always)]
    pub(super) fn of([bids, asks]: &[Ladder; 2]) -> Self {
        let ((bid_price, bid_size), (ask_price, ask_size)) = (bids.best(), asks.best());
        Self { bid_price, ask_price, bid_size, ask_size }
    }

    /// Price and size of the best bid.
    #[must_use]
    pub const fn bid(&self) -> Option<(u32, u64)> {
        if self.bid_size == 0 { None } else { Some((self.bid_price, self.bid_size)) }
    }

    /// Price and size of the best ask.
    #[must_use]
    pub const fn ask(&self) -> Option<(u32, u64)> {
        if self.ask_size == 0 { None } else { Some((self.ask_price, self.ask_size)) }
    }
}

/// A print on the tape: E, C, P or Q.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trade {
    pub locate: u16,
    /// Side of the resting order; `None` for a cross.
    pub side: Option<Side>,
    /// 10^-4: the resting order's price for E, the message's own for C, P and Q.
    pub price: u32,
    /// Shares, as the feed states them.
    pub size: u64,
    pub match_number: u64,
    /// False for a C that is printed elsewhere.
    pub printable: bool,
}

/// Receives what happens. For each message in this order: anomalies, trade, state, top. All calls are static and every
/// method does nothing by default, so what is not asked for costs nothing.
pub trait Observer {
    /// At least one of the four values of `locate` changed by this message (net: not for steps in between).
    #[inline]
    fn top(&mut self, _delta: &Delta, _locate: u16, _top: &Top) {}

    #[inline]
    fn trade(&mut self, _delta: &Delta, _trade: &Trade) {}

    #[inline]
    fn anomaly(&mut self, _kind: Anomaly, _delta: &Delta) {}

    /// The trading state of `locate` changed.
    #[inline]
    fn state(&mut self, _delta: &Delta, _locate: u16, _state: TradingState) {}
}

/// Nobody is listening.
impl Observer for () {}
