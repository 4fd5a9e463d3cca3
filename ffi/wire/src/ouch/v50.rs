//! OUCH 5.0: every message of both directions. Orders are numbered by the client (`reference`, rising from 1), prices are
//! 10^-4 of a dollar in 64 bits, optional fields follow in an [`Appendage`](super::Appendage).
//!
//! Source: Nasdaq OUCH 5.0, revision 1.04 of 2024-05-01. Lengths here leave out the appendage and its length field.

use super::fixed::messages;
use crate::itch::Alpha;

/// The price that means "at any price", in a cross.
pub const MARKET_PRICE: u64 = 0x7fff_ffff;
/// The highest limit price, 199,999.9900 dollars.
pub const MAX_PRICE: u64 = 1_999_999_900;
/// The largest order, shares.
pub const MAX_SHARES: u32 = 999_999;

messages! {
    /// A message from a client.
    Inbound;
    EnterOrder b'O' 45 Appendage "Enter Order" {
        reference: u32 => 1,
        side: u8 => 5,
        quantity: u32 => 6,
        symbol: Alpha<8> => 10,
        price: u64 => 18,
        time_in_force: u8 => 26,
        display: u8 => 27,
        capacity: u8 => 28,
        sweep: u8 => 29,
        cross: u8 => 30,
        client_id: Alpha<14> => 31,
    }
    ReplaceOrder b'U' 38 Appendage "Replace Order" {
        original: u32 => 1,
        reference: u32 => 5,
        quantity: u32 => 9,
        price: u64 => 13,
        time_in_force: u8 => 21,
        display: u8 => 22,
        sweep: u8 => 23,
        client_id: Alpha<14> => 24,
    }
    CancelOrder b'X' 9 Maybe "Cancel Order" {
        reference: u32 => 1,
        quantity: u32 => 5,
    }
    ModifyOrder b'M' 10 Maybe "Modify Order" {
        reference: u32 => 1,
        side: u8 => 5,
        quantity: u32 => 6,
    }
    MassCancel b'C' 17 Appendage "Mass Cancel" {
        reference: u32 => 1,
        firm: Alpha<4> => 5,
        symbol: Alpha<8> => 9,
    }
    DisableOrderEntry b'D' 9 Appendage "Disable Order Entry" {
        reference: u32 => 1,
        firm: Alpha<4> => 5,
    }
    EnableOrderEntry b'E' 9 Appendage "Enable Order Entry" {
        reference: u32 => 1,
        firm: Alpha<4> => 5,
    }
    AccountQuery b'Q' 1 Maybe "Account Query" {
    }
}

messages! {
    /// A message to a client.
    Outbound;
    SystemEvent b'S' 10 Nothing "System Event" {
        time_ns: u64 => 1,
        event: u8 => 9,
    }
    Accepted b'A' 62 Appendage "Accepted" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        side: u8 => 13,
        quantity: u32 => 14,
        symbol: Alpha<8> => 18,
        price: u64 => 26,
        time_in_force: u8 => 34,
        display: u8 => 35,
        order_reference: u64 => 36,
        capacity: u8 => 44,
        sweep: u8 => 45,
        cross: u8 => 46,
        state: u8 => 47,
        client_id: Alpha<14> => 48,
    }
    Replaced b'U' 66 Appendage "Replaced" {
        time_ns: u64 => 1,
        original: u32 => 9,
        reference: u32 => 13,
        side: u8 => 17,
        quantity: u32 => 18,
        symbol: Alpha<8> => 22,
        price: u64 => 30,
        time_in_force: u8 => 38,
        display: u8 => 39,
        order_reference: u64 => 40,
        capacity: u8 => 48,
        sweep: u8 => 49,
        cross: u8 => 50,
        state: u8 => 51,
        client_id: Alpha<14> => 52,
    }
    Canceled b'C' 18 Maybe "Canceled" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        quantity: u32 => 13,
        reason: u8 => 17,
    }
    AiqCanceled b'D' 32 Maybe "AIQ Canceled" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        decrement: u32 => 13,
        reason: u8 => 17,
        prevented: u32 => 18,
        price: u64 => 22,
        liquidity: u8 => 30,
        strategy: u8 => 31,
    }
    Executed b'E' 34 Appendage "Executed" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        quantity: u32 => 13,
        price: u64 => 17,
        liquidity: u8 => 25,
        match_number: u64 => 26,
    }
    BrokenTrade b'B' 36 Maybe "Broken Trade" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        match_number: u64 => 13,
        reason: u8 => 21,
        client_id: Alpha<14> => 22,
    }
    Rejected b'J' 29 Maybe "Rejected" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        reason: u16 => 13,
        client_id: Alpha<14> => 15,
    }
    CancelPending b'P' 13 Maybe "Cancel Pending" {
        time_ns: u64 => 1,
        reference: u32 => 9,
    }
    CancelReject b'I' 13 Maybe "Cancel Reject" {
        time_ns: u64 => 1,
        reference: u32 => 9,
    }
    PriorityUpdate b'T' 30 Maybe "Order Priority Update" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        price: u64 => 13,
        display: u8 => 21,
        order_reference: u64 => 22,
    }
    Modified b'M' 18 Maybe "Order Modified" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        side: u8 => 13,
        quantity: u32 => 14,
    }
    Restated b'R' 14 Appendage "Order Restated" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        reason: u8 => 13,
    }
    MassCancelResponse b'X' 25 Appendage "Mass Cancel Response" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        firm: Alpha<4> => 13,
        symbol: Alpha<8> => 17,
    }
    DisableResponse b'G' 17 Appendage "Disable Order Entry Response" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        firm: Alpha<4> => 13,
    }
    EnableResponse b'K' 17 Appendage "Enable Order Entry Response" {
        time_ns: u64 => 1,
        reference: u32 => 9,
        firm: Alpha<4> => 13,
    }
    AccountQueryResponse b'Q' 13 Maybe "Account Query Response" {
        time_ns: u64 => 1,
        next: u32 => 9,
    }
}
