//! What both versions of OUCH can say, apart from how they say it.

mod v42;
mod v50;

use crate::refusal::Refusal;
use crate::trader::Terms;
use hftz_wire::itch::Alpha;
use hftz_wire::ouch;

/// A version of OUCH.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Version {
    /// OUCH 4.2: orders have tokens of 14 characters.
    #[default]
    V42,
    /// OUCH 5.0: orders are numbered, rising.
    V50,
}

/// What a client calls an order: 4.2's token, or 5.0's number in the first four bytes, big-endian, before zeros.
pub type Token = [u8; 14];

/// The token of a 5.0 order.
pub fn numbered(reference: u32) -> Token {
    let mut token = [0; 14];
    token[..4].copy_from_slice(&reference.to_be_bytes());
    token
}

/// The number of a 5.0 order.
pub const fn number_of(token: &Token) -> u32 {
    u32::from_be_bytes([token[0], token[1], token[2], token[3]])
}

/// How long an order lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    Day,
    Immediate,
    Seconds(u32),
}

/// What is new about an order after a replace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    pub token: Token,
    pub client_id: Alpha<14>,
    /// The new total, executed shares included.
    pub shares: u32,
    pub price: u64,
    /// As on the wire.
    pub time_in_force: u32,
    pub life: Result<Life, Refusal>,
    pub display: u8,
    pub sweep: u8,
    pub minimum: u32,
    /// Shares to show, 0 all.
    pub floor: u32,
    /// An option that this venue does not support.
    pub unsupported: Option<Refusal>,
}

/// A client's message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// `Err` in the life or in `unsupported` says why the order cannot be taken.
    Enter {
        terms: Terms,
        life: Result<Life, Refusal>,
        unsupported: Option<Refusal>,
    },
    Replace {
        existing: Token,
        change: Change,
    },
    /// The order's new total; 0 cancels all of it.
    Cancel {
        token: Token,
        shares: u32,
    },
    Modify {
        token: Token,
        side: u8,
        shares: u32,
    },
    /// Only midpoint orders trade now, and there are none here: nothing happens.
    TradeNow,
    MassCancel {
        reference: u32,
        firm: Alpha<4>,
        symbol: Alpha<8>,
        side: Option<u8>,
        unsupported: Option<Refusal>,
    },
    SwitchEntry {
        reference: u32,
        firm: Alpha<4>,
        enable: bool,
    },
    Query,
}

/// What a client is told about an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer<'a> {
    SystemEvent(u8),
    Accepted { terms: &'a Terms, reference: u64 },
    Replaced { terms: &'a Terms, open: u32, previous: Token, reference: u64 },
    Canceled { token: Token, shares: u32, reason: u8 },
    Executed { token: Token, shares: u32, price: i64, liquidity: u8, match_number: u64 },
    Rejected { token: Token, client_id: Alpha<14>, why: Refusal },
    Modified { token: Token, side: u8, open: u32 },
    MassCanceling { reference: u32, firm: Alpha<4>, symbol: Alpha<8> },
    EntrySwitched { reference: u32, firm: Alpha<4>, enabled: bool },
    Next(u32),
}

impl Version {
    /// The number in a URL and in the journal: 42 or 50.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V42 => 42,
            Self::V50 => 50,
        }
    }

    /// Reads it.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            42 => Some(Self::V42),
            50 => Some(Self::V50),
            _ => None,
        }
    }

    /// Whether a message of a client has a known type and its layout.
    ///
    /// # Errors
    /// Names the rule it breaks and the place.
    pub fn check(self, raw: &[u8]) -> Result<(), ouch::Error> {
        match self {
            Self::V42 => ouch::v42::Inbound::of(raw).map(|_| ()),
            Self::V50 => ouch::v50::Inbound::of(raw).map(|_| ()),
        }
    }

    /// Reads a client's message; `None` when [`Self::check`] refuses it.
    pub(crate) fn read(self, raw: &[u8]) -> Option<Ask> {
        match self {
            Self::V42 => v42::read(raw),
            Self::V50 => v50::read(raw),
        }
    }

    /// Writes an answer.
    pub(crate) fn write(self, time_ns: u64, answer: &Answer<'_>, to: &mut Vec<u8>) {
        match self {
            Self::V42 => v42::write(time_ns, answer, to),
            Self::V50 => v50::write(time_ns, answer, to),
        }
    }

    /// The price that means "at any price".
    pub(crate) const fn market_price(price: u64) -> bool {
        // 200,000.0000, 0x7fffffff and the largest 64-bit number all say it.
        price > ouch::v50::MAX_PRICE
    }
}
