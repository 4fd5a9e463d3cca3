//! The checks before acceptance, in the order of rule 11.

use hftz_model::{Command, CommandKind, OrderKind, Reason, SelfTradeMode, Side, TimeInForce, TradingState};

use super::Engine;
use super::index::Index;
use super::orders::Order;
use super::symbol::{ANY_PRICE, Spec, Symbol, limit_of};

/// What the owner of an engine may have against an order, by rules that need more than the books.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Objection {
    /// Its session has used its id, or a higher one (2).
    UsedId,
    /// It is beyond a limit that needs an account's past (17).
    BeyondRisk,
}

/// The closed-set fields of a well-formed new order.
#[derive(Clone, Copy)]
pub struct Terms {
    pub side: Side,
    pub kind: OrderKind,
    pub time_in_force: TimeInForce,
    pub self_trade: SelfTradeMode,
}

impl Terms {
    /// Reads them; `None` for anything outside the tables or combined against the rules.
    #[inline]
    pub fn read(command: &Command, default_mode: SelfTradeMode) -> Option<Self> {
        let side = Side::from_byte(command.side)?;
        let kind = OrderKind::from_byte(command.order_kind)?;
        let time_in_force = TimeInForce::from_byte(command.time_in_force)?;
        let stop = matches!(kind, OrderKind::Stop | OrderKind::StopLimit);
        let auction_only = matches!(time_in_force, TimeInForce::AtOpen | TimeInForce::AtClose);
        let self_trade = if command.kind == CommandKind::NewLong {
            SelfTradeMode::from_byte(command.self_trade)?
        } else if stop || time_in_force > TimeInForce::PostOnly {
            return None;
        } else {
            default_mode
        };
        let malformed = command.order_id == 0
            || time_in_force == TimeInForce::PostOnly && kind != OrderKind::Limit
            || auction_only && stop;
        (!malformed).then_some(Self { side, kind, time_in_force, self_trade })
    }

    /// The worst opposite key the order may trade with.
    #[inline]
    pub fn limit(&self, price: i64) -> i64 {
        if self.kind == OrderKind::Market { ANY_PRICE } else { limit_of(self.side, price) }
    }
}

impl Spec {
    #[inline]
    fn holds_quantity(&self, quantity: u32) -> bool {
        quantity > 0 && self.holds_lot(quantity)
    }

    #[inline]
    pub fn holds_lot(&self, quantity: u32) -> bool {
        self.lot == 1 || quantity.is_multiple_of(self.lot)
    }

    #[inline]
    fn holds_price(&self, price: i64) -> bool {
        price > 0 && self.holds_tick(price)
    }

    /// Whether a limit order of this price and quantity keeps all of the symbol's rules.
    #[inline]
    pub fn holds(&self, price: i64, quantity: u32, reference: i64) -> bool {
        self.holds_quantity(quantity) && self.holds_price(price) && self.holds_band(price, reference)
    }

    #[inline]
    fn holds_band(&self, price: i64, reference: i64) -> bool {
        self.band == 0 || reference == 0 || price.abs_diff(reference) <= self.band as u64
    }
}

impl<I: Index> Engine<I> {
    /// The reason to reject a new order, or its terms.
    #[inline]
    pub(super) fn check_new(&self, command: &Command) -> Result<Terms, Reason> {
        let terms = Terms::read(command, self.settings.self_trade).ok_or(Reason::Malformed)?;
        let symbol = &self.symbols[command.symbol as usize];
        let spec = self.specs.of(symbol);
        if self.blocks.hold(symbol, Some(command.account)) {
            return Err(Reason::KillSwitch);
        }
        if !symbol.has(Symbol::KNOWN) {
            return Err(Reason::UnknownSymbol);
        }
        if !matches!(symbol.state, TradingState::Trading | TradingState::Auction) {
            return Err(Reason::Halted);
        }
        if self.objection == Some(Objection::UsedId) || self.find(command.order_id) != 0 {
            return Err(Reason::DuplicateId);
        }
        if !spec.holds_quantity(command.quantity) || command.minimum > command.quantity {
            return Err(Reason::InvalidQuantity);
        }
        let priced = matches!(terms.kind, OrderKind::Limit | OrderKind::StopLimit);
        let triggered = matches!(terms.kind, OrderKind::Stop | OrderKind::StopLimit);
        if priced && !spec.holds_price(command.price) || triggered && !spec.holds_price(command.trigger) {
            return Err(Reason::InvalidPrice);
        }
        if terms.time_in_force == TimeInForce::Gtd && command.time_ns <= self.time_ns {
            return Err(Reason::Expired);
        }
        if priced && !spec.holds_band(command.price, symbol.reference) {
            return Err(Reason::OutsideBand);
        }
        if !self.within_risk(priced, command.price, command.quantity) {
            return Err(Reason::RiskLimit);
        }
        if self.orders.is_full() {
            return Err(Reason::Capacity);
        }
        let post_only = terms.time_in_force == TimeInForce::PostOnly;
        if post_only
            && symbol.state == TradingState::Trading
            && self.ladders.meets(symbol, &self.specs, terms.side, terms.limit(command.price))
        {
            return Err(Reason::WouldTake);
        }
        Ok(terms)
    }

    /// The reason to reject a replace, or the order's new open quantity, 0 when all of the new total has traded.
    /// `order` is the live order it names, if there is one.
    #[inline]
    pub(super) fn check_replace(&self, command: &Command, order: Option<&Order>) -> Result<u32, Reason> {
        if command.order_id == 0 || command.flags & !(Command::TOTAL | Command::TO_TAIL) != 0 {
            return Err(Reason::Malformed);
        }
        let symbol = &self.symbols[command.symbol as usize];
        let spec = self.specs.of(symbol);
        if self.blocks.hold(symbol, order.map(|order| order.account)) {
            return Err(Reason::KillSwitch);
        }
        if !symbol.has(Symbol::KNOWN) {
            return Err(Reason::UnknownSymbol);
        }
        if !matches!(symbol.state, TradingState::Trading | TradingState::Auction) {
            return Err(Reason::Halted);
        }
        let order = order.ok_or(Reason::UnknownOrder)?;
        if !spec.holds_quantity(command.quantity) {
            return Err(Reason::InvalidQuantity);
        }
        let priced = matches!(order.kind, OrderKind::Limit | OrderKind::StopLimit);
        if priced && !spec.holds_price(command.price) {
            return Err(Reason::InvalidPrice);
        }
        if priced && !spec.holds_band(command.price, symbol.reference) {
            return Err(Reason::OutsideBand);
        }
        let traded = if command.flags & Command::TOTAL != 0 { order.traded } else { 0 };
        let open = command.quantity.saturating_sub(traded);
        if open == 0 {
            return Ok(0);
        }
        if !self.within_risk(priced, command.price, open) {
            return Err(Reason::RiskLimit);
        }
        let post_only = order.time_in_force == TimeInForce::PostOnly;
        let takes = self.ladders.meets(symbol, &self.specs, order.side, limit_of(order.side, command.price));
        if post_only && symbol.state == TradingState::Trading && takes {
            return Err(Reason::WouldTake);
        }
        Ok(open)
    }

    /// The limits of a single order, and what the caller says of those that need an account's past.
    #[inline]
    fn within_risk(&self, priced: bool, price: i64, quantity: u32) -> bool {
        let limits = &self.settings.risk;
        let small = limits.quantity == 0 || quantity <= limits.quantity;
        let cheap =
            limits.notional == 0 || !priced || price as u128 * u128::from(quantity) <= u128::from(limits.notional);
        small && cheap && self.objection != Some(Objection::BeyondRisk)
    }
}
