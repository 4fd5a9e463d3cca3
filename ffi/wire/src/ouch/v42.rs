//! OUCH 4.2: every message of both directions. Prices are 10^-4 of a dollar in 32 bits, times nanoseconds since midnight.
//!
//! Source: Nasdaq O*U*C*H 4.2; the one byte more of an AIQ cancel is its revision of October 2025.

use super::fixed::messages;
use crate::itch::Alpha;

/// An order token: 14 characters, unique for a day.
pub type Token = Alpha<14>;

/// The price that means "at any price", in a cross.
pub const MARKET_PRICE: u32 = 0x7fff_ffff;
/// The highest limit price, 199,999.9900 dollars.
pub const MAX_PRICE: u32 = 1_999_999_900;
/// The largest order, shares.
pub const MAX_SHARES: u32 = 999_999;
/// Time in force: what cannot trade at once is cancelled.
pub const IMMEDIATE: u32 = 0;
/// Time in force: until the market closes.
pub const MARKET_HOURS: u32 = 99_998;
/// Time in force: until the system closes.
pub const SYSTEM_HOURS: u32 = 99_999;

messages! {
    /// A message from a client.
    Inbound;
    EnterOrder b'O' 49 Nothing "Enter Order" {
        token: Token => 1,
        side: u8 => 15,
        shares: u32 => 16,
        stock: Alpha<8> => 20,
        price: u32 => 28,
        time_in_force: u32 => 32,
        firm: Alpha<4> => 36,
        display: u8 => 40,
        capacity: u8 => 41,
        sweep: u8 => 42,
        minimum: u32 => 43,
        cross: u8 => 47,
        customer: u8 => 48,
    }
    ReplaceOrder b'U' 47 Nothing "Replace Order" {
        existing: Token => 1,
        token: Token => 15,
        shares: u32 => 29,
        price: u32 => 33,
        time_in_force: u32 => 37,
        display: u8 => 41,
        sweep: u8 => 42,
        minimum: u32 => 43,
    }
    CancelOrder b'X' 19 Nothing "Cancel Order" {
        token: Token => 1,
        shares: u32 => 15,
    }
    ModifyOrder b'M' 20 Nothing "Modify Order" {
        token: Token => 1,
        side: u8 => 15,
        shares: u32 => 16,
    }
    TradeNow b'N' 15 Nothing "Trade Now" {
        token: Token => 1,
    }
}

messages! {
    /// A message to a client.
    Outbound;
    SystemEvent b'S' 10 Nothing "System Event" {
        time_ns: u64 => 1,
        event: u8 => 9,
    }
    Accepted b'A' 66 Nothing "Accepted" {
        time_ns: u64 => 1,
        token: Token => 9,
        side: u8 => 23,
        shares: u32 => 24,
        stock: Alpha<8> => 28,
        price: u32 => 36,
        time_in_force: u32 => 40,
        firm: Alpha<4> => 44,
        display: u8 => 48,
        reference: u64 => 49,
        capacity: u8 => 57,
        sweep: u8 => 58,
        minimum: u32 => 59,
        cross: u8 => 63,
        state: u8 => 64,
        bbo_weight: u8 => 65,
    }
    Replaced b'U' 80 Nothing "Replaced" {
        time_ns: u64 => 1,
        token: Token => 9,
        side: u8 => 23,
        shares: u32 => 24,
        stock: Alpha<8> => 28,
        price: u32 => 36,
        time_in_force: u32 => 40,
        firm: Alpha<4> => 44,
        display: u8 => 48,
        reference: u64 => 49,
        capacity: u8 => 57,
        sweep: u8 => 58,
        minimum: u32 => 59,
        cross: u8 => 63,
        state: u8 => 64,
        previous: Token => 65,
        bbo_weight: u8 => 79,
    }
    Canceled b'C' 28 Nothing "Canceled" {
        time_ns: u64 => 1,
        token: Token => 9,
        decrement: u32 => 23,
        reason: u8 => 27,
    }
    AiqCanceled b'D' 37 Byte "AIQ Canceled" {
        time_ns: u64 => 1,
        token: Token => 9,
        decrement: u32 => 23,
        reason: u8 => 27,
        prevented: u32 => 28,
        price: u32 => 32,
        liquidity: u8 => 36,
    }
    Executed b'E' 40 Nothing "Executed" {
        time_ns: u64 => 1,
        token: Token => 9,
        shares: u32 => 23,
        price: u32 => 27,
        liquidity: u8 => 31,
        match_number: u64 => 32,
    }
    BrokenTrade b'B' 32 Nothing "Broken Trade" {
        time_ns: u64 => 1,
        token: Token => 9,
        match_number: u64 => 23,
        reason: u8 => 31,
    }
    ExecutedWithReference b'G' 45 Nothing "Executed with Reference Price" {
        time_ns: u64 => 1,
        token: Token => 9,
        shares: u32 => 23,
        price: u32 => 27,
        liquidity: u8 => 31,
        match_number: u64 => 32,
        reference_price: u32 => 40,
        reference_type: u8 => 44,
    }
    TradeCorrection b'F' 41 Nothing "Trade Correction" {
        time_ns: u64 => 1,
        token: Token => 9,
        shares: u32 => 23,
        price: u32 => 27,
        liquidity: u8 => 31,
        match_number: u64 => 32,
        reason: u8 => 40,
    }
    Rejected b'J' 24 Nothing "Rejected" {
        time_ns: u64 => 1,
        token: Token => 9,
        reason: u8 => 23,
    }
    CancelPending b'P' 23 Nothing "Cancel Pending" {
        time_ns: u64 => 1,
        token: Token => 9,
    }
    CancelReject b'I' 23 Nothing "Cancel Reject" {
        time_ns: u64 => 1,
        token: Token => 9,
    }
    PriorityUpdate b'T' 36 Nothing "Priority Update" {
        time_ns: u64 => 1,
        token: Token => 9,
        price: u32 => 23,
        display: u8 => 27,
        reference: u64 => 28,
    }
    Modified b'M' 28 Nothing "Modified" {
        time_ns: u64 => 1,
        token: Token => 9,
        side: u8 => 23,
        shares: u32 => 24,
    }
}
