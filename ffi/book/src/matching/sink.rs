//! Where the engine's output goes: reports in order, and beside them every change of the *shown* book.
//!
//! A sink is a ring, an encoder, a hasher or a test vector; dispatch is static, so the methods a sink does not write
//! cost nothing. The shown-book calls are what a market-data publisher (ITCH) needs and nothing else: stops, waiting
//! orders, market orders and reserve never appear. References are those of rule 16.

use hftz_model::{AuctionKind, Event, Side, TradingState};

/// A displayed order, as it enters the shown book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Sequence number of the report by which the order took this place (rule 16).
    pub reference: u64,
    /// In the symbol's price unit.
    pub price: i64,
    /// The shown part only.
    pub shares: u32,
    pub symbol: u16,
    /// The order's account, 0 none: a feed may attribute the order to it.
    pub account: u16,
    pub side: Side,
}

/// Receives what one command causes, in the order in which it happens.
///
/// A report comes before the change of the shown book that it causes.
pub trait Sink {
    /// One execution report; sequence numbers rise by one from call to call.
    fn report(&mut self, event: &Event);

    /// An order joined the tail of its level: a new order's remainder, a refilled reserve, an order that joined an auction
    /// (ITCH `A`).
    #[inline]
    fn shown_added(&mut self, _order: Shown) {}

    /// A trade at the order's own price took `shares` of its shown part; it is gone when nothing shown is left (ITCH `E`).
    #[inline]
    fn shown_executed(&mut self, _symbol: u16, _reference: u64, _shares: u32, _match_number: u64) {}

    /// An uncross took `shares` of the order's shown part at `price`, all its trades together (ITCH `C`, not printable).
    #[inline]
    fn shown_crossed(&mut self, _symbol: u16, _reference: u64, _shares: u32, _price: i64, _match_number: u64) {}

    /// The shown part shrank by `shares` without losing its place (ITCH `X`).
    #[inline]
    fn shown_reduced(&mut self, _symbol: u16, _reference: u64, _shares: u32) {}

    /// The order left the shown book (ITCH `D`).
    #[inline]
    fn shown_removed(&mut self, _symbol: u16, _reference: u64) {}

    /// The order `original` lost its place to a replace that did not trade and stands, as `order`, at the tail of its
    /// level (ITCH `U`).
    #[inline]
    fn shown_replaced(&mut self, _original: u64, _order: Shown) {}

    /// An uncross is complete: all its shares, both sides counted once (ITCH `Q`). `match_number` is that of its last trade.
    #[inline]
    fn crossed(&mut self, _symbol: u16, _price: i64, _shares: u64, _match_number: u64, _auction: AuctionKind) {}

    /// A `T` command was taken, also one that names the state the symbol is in (ITCH `H`). Comes before what it causes.
    #[inline]
    fn state_changed(&mut self, _symbol: u16, _from: TradingState, _to: TradingState) {}

    /// Engine time moved to `time_ns`. Comes before what it expires.
    #[inline]
    fn time_moved(&mut self, _time_ns: u64) {}
}
