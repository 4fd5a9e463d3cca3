//! Random commands over every kind of order, crowded into few prices, ids and accounts so that they meet.
//!
//! One 64-bit seed decides one command: a failing flow shrinks by losing commands.

use hftz_book::matching::{RiskLimits, Settings, SymbolSpec};
use hftz_model::{
    AuctionKind, Command, CommandKind, MassAction, OrderKind, SelfTradeMode, Side, TimeInForce, TradingState,
};

/// A symbol with a coarse tick, a lot, a band and a reference price; symbols 1 and 2 have the defaults.
pub const RULED: (u16, SymbolSpec) =
    (3, SymbolSpec { tick: 5, lot: 10, band: 8, reference: 100, state: TradingState::Trading });

/// Draws from one seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// One of `low..high`.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.next() as usize % values.len()]
    }

    fn symbol(&mut self) -> u16 {
        self.one_of(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 0])
    }

    fn id(&mut self) -> u64 {
        match self.range(0, 80) {
            0 => 0,
            1..=9 => 1 << 48 | self.range(1, 6),
            _ => self.range(1, 24),
        }
    }

    fn price(&mut self) -> i64 {
        match self.range(0, 60) {
            0 => self.one_of(&[-1, 0, 1 << 20, 1 << 40, i64::MAX]),
            1..=2 => self.range(1, 2000) as i64,
            3..=16 => self.range(18, 23) as i64 * 5,
            _ => self.range(95, 106) as i64,
        }
    }

    fn quantity(&mut self) -> u32 {
        match self.range(0, 40) {
            0 => self.one_of(&[0, u32::MAX]),
            1..=20 => self.range(1, 30) as u32,
            _ => self.range(1, 7) as u32 * 10,
        }
    }

    /// Two icebergs of 2^32 shares that show one at a time would trade four thousand million times.
    fn display(&mut self, quantity: u32) -> u32 {
        if quantity < 1000 && self.chance(40) { self.range(1, 12) as u32 } else { 0 }
    }

    fn new_order(&mut self) -> Command {
        let side = self.one_of(&[Side::Buy, Side::Sell]);
        let quantity = self.quantity();
        let mut order = Command::limit(self.symbol(), side, self.id(), self.price(), quantity)
            .with_account(self.range(0, 3) as u16)
            .with_display(self.display(quantity));
        if self.chance(15) {
            order.order_kind = OrderKind::Market.byte();
        }
        if self.chance(50) {
            order = order.long();
            order.self_trade = self.one_of(SelfTradeMode::ALL).byte();
            order.time_ns = self.range(0, 60);
            if self.chance(15) {
                order.minimum = self.range(1, 40) as u32;
            }
            if self.chance(25) {
                order.order_kind = self.one_of(&[OrderKind::Stop, OrderKind::StopLimit]).byte();
                order.trigger = self.price();
            }
        }
        if self.chance(45) {
            let stop = order.order_kind > OrderKind::Market.byte();
            order.time_in_force = match self.one_of(&TimeInForce::ALL[1..]) {
                TimeInForce::PostOnly if order.order_kind != OrderKind::Limit.byte() => 0,
                TimeInForce::AtOpen | TimeInForce::AtClose if stop => 0,
                other if other > TimeInForce::PostOnly && order.kind == CommandKind::New => 0,
                other => other.byte(),
            };
        }
        match self.range(0, 400) {
            0 => order.side = b'X',
            1 => order.order_kind = 4,
            2 => order.time_in_force = 7,
            3 => order.self_trade = 5,
            4 => (order.order_kind, order.time_in_force) = (1, TimeInForce::PostOnly.byte()),
            5 => (order.kind, order.order_kind) = (CommandKind::New, OrderKind::Stop.byte()),
            6 => (order.order_kind, order.time_in_force) = (OrderKind::Stop.byte(), TimeInForce::AtOpen.byte()),
            _ => {}
        }
        order
    }

    fn replace(&mut self) -> Command {
        let quantity = self.quantity();
        let flags = if self.chance(2) { 4 } else { self.one_of(&[0, 0, 1, 2, 3]) };
        let display = self.display(quantity);
        Command::replace(self.symbol(), self.id(), self.price(), quantity).with_display(display).with_flags(flags)
    }

    fn cancel(&mut self) -> Command {
        let quantity = match self.range(0, 4) {
            0 => 0,
            1 => 10,
            _ => self.range(1, 20) as u32,
        };
        Command::cancel(self.symbol(), self.id(), quantity)
    }

    fn state(&mut self) -> Command {
        let state = match self.range(0, 24) {
            0 => TradingState::Halted,
            1 => TradingState::Paused,
            2 => TradingState::Closed,
            3..=12 => TradingState::Auction,
            _ => TradingState::Trading,
        };
        let reference = match self.range(0, 6) {
            0 => -7,
            1..=2 => self.range(95, 106) as i64,
            _ => 0,
        };
        let mut command = Command::state(self.symbol(), state, self.one_of(AuctionKind::ALL), reference);
        match self.range(0, 40) {
            0 => command.state = b'x',
            1 => command.auction = b'x',
            _ => {}
        }
        command
    }

    fn mass(&mut self) -> Command {
        Command {
            scope: self.range(0, 9) as u8,
            then: self.one_of(&[0, 0, 0, 1, 2, 2, 2, 2, 3]),
            symbol: self.symbol(),
            account: self.range(0, 3) as u16,
            session: self.range(0, 2) as u16,
            ..Command::mass_cancel(MassAction::Cancel)
        }
    }

    /// Any command, mostly well-formed.
    pub fn command(&mut self) -> Command {
        match self.range(0, 100) {
            0..=55 => self.new_order(),
            56..=68 => self.cancel(),
            69..=88 => self.replace(),
            89..=95 => self.state(),
            96 => self.mass(),
            _ => Command::clock(self.range(0, 60)),
        }
    }

    /// An engine's settings, now and then small or limited.
    pub fn settings(&mut self) -> Settings {
        let limits = RiskLimits { quantity: 55, notional: 5_000 };
        Settings {
            capacity: if self.chance(15) { self.range(1, 12) as u32 } else { 1000 },
            self_trade: self.one_of(SelfTradeMode::ALL),
            any_symbol: self.chance(95),
            risk: if self.chance(10) { limits } else { RiskLimits::default() },
        }
    }
}
