//! What the engine is told before the first command: its size, its default self-trade mode and its symbols.
//!
//! All of it is part of the input (rule 12): the same settings and the same commands give the same reports.

use hftz_model::{SelfTradeMode, TradingState};

/// The size and the defaults of an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Live orders of every kind together; one more is rejected (reason 13). At least 1, at most 2^30.
    pub capacity: u32,
    /// The mode of orders that bring none (`N`).
    pub self_trade: SelfTradeMode,
    /// Whether every symbol number is known, with tick 1 and lot 1; else only those defined.
    pub any_symbol: bool,
    /// Limits that hold for every order (reason 17).
    pub risk: RiskLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self { capacity: 1 << 20, self_trade: SelfTradeMode::Allow, any_symbol: true, risk: RiskLimits::default() }
    }
}

/// Limits of a single order; 0 is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RiskLimits {
    /// Shares of one order.
    pub quantity: u32,
    /// Price times shares of one order; of limit and stop-limit orders, the others have no price.
    pub notional: u64,
}

/// One symbol's entry in the symbol table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SymbolSpec {
    /// Prices are multiples of it, at least 1.
    pub tick: u32,
    /// Quantities are multiples of it, at least 1.
    pub lot: u32,
    /// How far a limit price may lie from the reference price; 0 is no band.
    pub band: i64,
    /// Reference price at the start; 0 is none.
    pub reference: i64,
    /// State at the start.
    pub state: TradingState,
}

impl Default for SymbolSpec {
    fn default() -> Self {
        Self { tick: 1, lot: 1, band: 0, reference: 0, state: TradingState::Trading }
    }
}

/// Why an engine could not be made or a symbol not be defined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetupError {
    /// The capacity is 0 or above 2^30.
    Capacity(u32),
    /// There is not enough memory for this capacity.
    Memory(u32),
    /// A symbol number is 0.
    Symbol,
    /// A symbol's tick or lot is 0, or its band or reference is negative.
    Spec(u16),
    /// Commands have already been applied.
    Started(u16),
}

impl core::fmt::Display for SetupError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Capacity(capacity) => write!(out, "a capacity of {capacity} orders is outside 1..=1073741824"),
            Self::Memory(capacity) => write!(out, "not enough memory for {capacity} orders"),
            Self::Symbol => write!(out, "symbol 0 is no symbol: locates are 1..65535"),
            Self::Spec(symbol) => {
                write!(out, "symbol {symbol}: tick and lot must be at least 1, band and reference not negative")
            }
            Self::Started(symbol) => write!(out, "symbol {symbol} is defined after the first command"),
        }
    }
}

impl core::error::Error for SetupError {}
