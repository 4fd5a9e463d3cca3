//! The values that every storey shares: plain fixed-layout data, integers only, no behaviour beyond
//! reading their own fields. Everything above speaks in these; protocols meet them only in `wire`.
//!
//! Freestanding (`no_std`, no allocation): the same types serve the command line, the bare-metal kernel and the tests.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod command;
mod delta;
mod event;
mod kinds;
mod side;

pub use command::Command;
pub use delta::Delta;
pub use event::Event;
pub use kinds::{
    AuctionKind, CommandKind, MassAction, OrderKind, Reason, ReportKind, SelfTradeMode, TimeInForce, TradingState,
};
pub use side::Side;
