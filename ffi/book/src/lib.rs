//! Order books of every symbol, twice: [`replica`] follows a feed and stands on [`store`], [`matching`] makes the market.
//! Both have the same state hash.
//!
//! Freestanding (`no_std` and `alloc`): no I/O, no clock, no global state, and no allocation once the working set has
//! been reached. The same code runs in the command line, in the bare-metal kernel and in the tests.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

extern crate alloc;

pub mod matching;
pub mod replica;
pub mod store;
