//! One order-entry message, normalised: the form between every order-entry protocol and the matching engine.

use crate::{AuctionKind, CommandKind, MassAction, OrderKind, SelfTradeMode, Side, TimeInForce, TradingState};

/// What a client or operator asks of the engine: 64 bytes, one cache line, whatever the message was.
///
/// The first 56 bytes lie as in the native `L` message, so that decoding the common messages is a copy. Values of closed
/// sets stay raw bytes: what is outside its table reaches the engine and is rejected there (reason 18) with the fields as
/// sent. A field that the message does not carry is 0.
///
/// | field | N L | C | U | K | T | Z |
/// |---|---|---|---|---|---|---|
/// | `price` | limit | 0 | new limit | 0 | reference price | 0 |
/// | `quantity` | quantity | to cancel, 0 all | new open or total | 0 | 0 | 0 |
/// | `time_ns` | expiry | 0 | 0 | 0 | 0 | engine time |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(64))]
pub struct Command {
    pub kind: CommandKind,
    /// [`Side`] byte (`N` `L`).
    pub side: u8,
    /// Stock locate, 1..65535.
    pub symbol: u16,
    /// [`OrderKind`] byte (`N` `L`).
    pub order_kind: u8,
    /// [`TimeInForce`] byte (`N` `L`).
    pub time_in_force: u8,
    /// Owner for self-trade prevention, mass cancel and risk; 0 none.
    pub account: u16,
    /// 1..2^64-1; the top 16 bits are the session.
    pub order_id: u64,
    /// In the symbol's price unit (see the table).
    pub price: i64,
    /// Shares (see the table).
    pub quantity: u32,
    /// Shares to show while resting, 0 all (`N` `L` `U`).
    pub display: u32,
    /// Trigger price of a stop (`L`).
    pub trigger: i64,
    /// Nanoseconds since midnight (see the table).
    pub time_ns: u64,
    /// Minimum quantity (`L`).
    pub minimum: u32,
    /// [`SelfTradeMode`] byte (`L`).
    pub self_trade: u8,
    /// [`Self::TOTAL`] and [`Self::TO_TAIL`] (`U`).
    pub flags: u8,
    /// 0 everything, else [`Self::BY_SYMBOL`], [`Self::BY_ACCOUNT`], [`Self::BY_SESSION`] together (`K`).
    pub scope: u8,
    /// [`MassAction`] byte (`K`).
    pub then: u8,
    /// Session whose orders a `K` means.
    pub session: u16,
    /// [`TradingState`] byte (`T`).
    pub state: u8,
    /// [`AuctionKind`] byte (`T`).
    pub auction: u8,
    /// Explicit tail padding, always 0, so that a block of commands has no uninitialised bytes.
    pub reserved: u32,
}

const _: () = assert!(size_of::<Command>() == 64);

impl Command {
    /// Replace flag: the quantity is the new total, what has traded so far is taken off it.
    pub const TOTAL: u8 = 1;
    /// Replace flag: always to the tail.
    pub const TO_TAIL: u8 = 2;
    /// Mass-cancel scope bit: orders of `symbol`.
    pub const BY_SYMBOL: u8 = 1;
    /// Mass-cancel scope bit: orders of `account`.
    pub const BY_ACCOUNT: u8 = 2;
    /// Mass-cancel scope bit: orders of `session`.
    pub const BY_SESSION: u8 = 4;

    /// A command with nothing but its kind.
    #[inline]
    #[must_use]
    pub const fn empty(kind: CommandKind) -> Self {
        Self {
            kind,
            side: 0,
            symbol: 0,
            order_kind: 0,
            time_in_force: 0,
            account: 0,
            order_id: 0,
            price: 0,
            quantity: 0,
            display: 0,
            trigger: 0,
            time_ns: 0,
            minimum: 0,
            self_trade: 0,
            flags: 0,
            scope: 0,
            then: 0,
            session: 0,
            state: 0,
            auction: 0,
            reserved: 0,
        }
    }

    /// A day limit order (`N`).
    #[inline]
    #[must_use]
    pub const fn limit(symbol: u16, side: Side, order_id: u64, price: i64, quantity: u32) -> Self {
        Self { symbol, side: side.byte(), order_id, price, quantity, ..Self::empty(CommandKind::New) }
    }

    /// A market order (`N`).
    #[inline]
    #[must_use]
    pub const fn market(symbol: u16, side: Side, order_id: u64, quantity: u32) -> Self {
        Self { order_kind: OrderKind::Market.byte(), ..Self::limit(symbol, side, order_id, 0, quantity) }
    }

    /// A stop (`L`): a market order once the last trade reaches `trigger`.
    #[inline]
    #[must_use]
    pub const fn stop(symbol: u16, side: Side, order_id: u64, trigger: i64, quantity: u32) -> Self {
        let order_kind = OrderKind::Stop.byte();
        Self { order_kind, trigger, ..Self::limit(symbol, side, order_id, 0, quantity).long() }
    }

    /// A stop-limit (`L`): a limit order at `price` once the last trade reaches `trigger`.
    #[inline]
    #[must_use]
    pub const fn stop_limit(symbol: u16, side: Side, order_id: u64, trigger: i64, price: i64, quantity: u32) -> Self {
        let order_kind = OrderKind::StopLimit.byte();
        Self { order_kind, trigger, ..Self::limit(symbol, side, order_id, price, quantity).long() }
    }

    /// Cancels `quantity` of a live order, 0 all of it.
    #[inline]
    #[must_use]
    pub const fn cancel(symbol: u16, order_id: u64, quantity: u32) -> Self {
        Self { symbol, order_id, quantity, ..Self::empty(CommandKind::Cancel) }
    }

    /// Gives a live order a new price and open quantity; all of it is shown.
    #[inline]
    #[must_use]
    pub const fn replace(symbol: u16, order_id: u64, price: i64, quantity: u32) -> Self {
        Self { symbol, order_id, price, quantity, ..Self::empty(CommandKind::Replace) }
    }

    /// Cancels every order; narrow it with the scope fields.
    #[inline]
    #[must_use]
    pub const fn mass_cancel(then: MassAction) -> Self {
        Self { then: then.byte(), ..Self::empty(CommandKind::MassCancel) }
    }

    /// Puts a symbol into a state; a reference price of 0 leaves it as it was.
    #[inline]
    #[must_use]
    pub const fn state(symbol: u16, state: TradingState, auction: AuctionKind, reference: i64) -> Self {
        let (state, auction) = (state.byte(), auction.byte());
        Self { symbol, state, auction, price: reference, ..Self::empty(CommandKind::State) }
    }

    /// Engine time, nanoseconds since midnight.
    #[inline]
    #[must_use]
    pub const fn clock(time_ns: u64) -> Self {
        Self { time_ns, ..Self::empty(CommandKind::Clock) }
    }

    /// The same order with another time in force; the ones that only `L` carries make it an `L`.
    #[inline]
    #[must_use]
    pub const fn with_time_in_force(mut self, time_in_force: TimeInForce) -> Self {
        self.time_in_force = time_in_force.byte();
        if self.time_in_force > TimeInForce::PostOnly.byte() {
            self.kind = CommandKind::NewLong;
        }
        self
    }

    /// The same command for an account.
    #[inline]
    #[must_use]
    pub const fn with_account(mut self, account: u16) -> Self {
        self.account = account;
        self
    }

    /// The same order showing at most `display`.
    #[inline]
    #[must_use]
    pub const fn with_display(mut self, display: u32) -> Self {
        self.display = display;
        self
    }

    /// The same order good till `expiry` (engine time, ns), as an `L`.
    #[inline]
    #[must_use]
    pub const fn good_till(mut self, expiry: u64) -> Self {
        self.time_ns = expiry;
        self.with_time_in_force(TimeInForce::Gtd)
    }

    /// The same order with a minimum quantity, as an `L`.
    #[inline]
    #[must_use]
    pub const fn with_minimum(mut self, minimum: u32) -> Self {
        self.minimum = minimum;
        self.long()
    }

    /// The same order with its own self-trade mode, as an `L`.
    #[inline]
    #[must_use]
    pub const fn with_self_trade(mut self, mode: SelfTradeMode) -> Self {
        self.self_trade = mode.byte();
        self.long()
    }

    /// The same replace with flags.
    #[inline]
    #[must_use]
    pub const fn with_flags(mut self, flags: u8) -> Self {
        self.flags = flags;
        self
    }

    /// The same order as an `L`, whose own fields then count (its self-trade mode instead of the engine's default).
    #[inline]
    #[must_use]
    pub const fn long(mut self) -> Self {
        self.kind = CommandKind::NewLong;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_only_the_long_form_carries_makes_the_order_long() {
        let plain = Command::limit(1, Side::Buy, 7, 100, 5);
        assert_eq!(plain.with_time_in_force(TimeInForce::PostOnly).kind, CommandKind::New);
        assert_eq!(plain.with_time_in_force(TimeInForce::AtOpen).kind, CommandKind::NewLong);
        assert_eq!(plain.good_till(9).kind, CommandKind::NewLong);
        assert_eq!(plain.with_minimum(1).kind, CommandKind::NewLong);
        assert_eq!(Command::stop(1, Side::Sell, 8, 90, 5).kind, CommandKind::NewLong);
    }
}
