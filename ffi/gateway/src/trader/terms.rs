//! An order in its client's words, and what the engine is asked to do with it.

use crate::dialect::{Life, Token, Version};
use crate::refusal::Refusal;
use crate::symbols::Symbols;
use hftz_model::{Command, CommandKind, SelfTradeMode, Side, TimeInForce};
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v50::MAX_SHARES;

/// The fields of an order as its client sent them: they come back in every answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// 4.2's token, or 5.0's number in the first four bytes.
    pub token: Token,
    /// 5.0's own name of the client for the order; the token in 4.2.
    pub client_id: Alpha<14>,
    /// `B` buy, `S` sell, `T` sell short, `E` sell short exempt.
    pub side: u8,
    pub shares: u32,
    pub stock: Alpha<8>,
    /// 10^-4 dollars; above 199,999.9900 dollars: at any price.
    pub price: u64,
    /// As on the wire: 4.2's seconds, 5.0's letter.
    pub time_in_force: u32,
    pub firm: Alpha<4>,
    pub display: u8,
    pub post_only: bool,
    pub capacity: u8,
    pub sweep: u8,
    pub minimum: u32,
    pub cross: u8,
    /// Shares to show at a time, 0 all.
    pub floor: u32,
    /// 5.0's options as they came.
    pub options: Box<[u8]>,
}

/// What an order's command depends on besides its terms.
pub(super) struct Venue<'a> {
    pub symbols: &'a Symbols,
    pub self_trade: SelfTradeMode,
    pub time_ns: u64,
}

pub(super) const fn side_of(side: u8) -> Option<Side> {
    match side {
        b'B' => Some(Side::Buy),
        b'S' | b'T' | b'E' => Some(Side::Sell),
        _ => None,
    }
}

impl Terms {
    /// The command that enters the order, or why this venue does not take it. Checks are those that need no engine.
    pub(super) fn command(&self, life: Life, id: u64, account: u16, venue: &Venue<'_>) -> Result<Command, Refusal> {
        let side = side_of(self.side).ok_or(Refusal::Side)?;
        if self.shares == 0 || self.shares > MAX_SHARES {
            return Err(Refusal::Quantity);
        }
        if self.minimum > self.shares {
            return Err(Refusal::Minimum);
        }
        let displayed = matches!(self.display, b'A' | b'Y') || self.display == b'P' && self.post_only;
        if !displayed {
            return Err(Refusal::Display);
        }
        if !matches!(self.capacity, b'A' | b'O' | b'P' | b'R') {
            return Err(Refusal::Other);
        }
        let locate = venue.symbols.locate(self.stock).ok_or(Refusal::Symbol)?;
        let crossing = matches!(self.cross, b'O' | b'C');
        let mut command = match Version::market_price(self.price) {
            true if crossing => Command::market(locate, side, id, self.shares),
            true => return Err(Refusal::Price),
            false if self.price == 0 => return Err(Refusal::Price),
            false => Command::limit(locate, side, id, self.price as i64, self.shares),
        };
        command = command.with_account(account).with_display(self.floor);
        command = match (self.cross, life) {
            (b'O', Life::Day | Life::Immediate) => command.with_time_in_force(TimeInForce::AtOpen),
            (b'C', Life::Day | Life::Immediate) => command.with_time_in_force(TimeInForce::AtClose),
            (b'N', Life::Day) if self.post_only => command.with_time_in_force(TimeInForce::PostOnly),
            (b'N', Life::Day) => command,
            (b'N', _) if self.post_only => return Err(Refusal::Display),
            (b'N', Life::Immediate) => command.with_time_in_force(TimeInForce::Ioc),
            (b'N', Life::Seconds(seconds)) => {
                command.good_till(venue.time_ns.saturating_add(u64::from(seconds) * 1_000_000_000))
            }
            _ => return Err(Refusal::Cross),
        };
        if crossing && (self.post_only || self.minimum != 0) {
            return Err(Refusal::Cross);
        }
        if self.minimum != 0 {
            command = command.with_minimum(self.minimum);
        }
        if command.kind == CommandKind::NewLong {
            // The long form says its own mode; the short one takes the venue's.
            command.self_trade = venue.self_trade.byte();
        }
        Ok(command)
    }
}
