//! The lock-free price-level book: 1024 levels of 16 ticks a side, any number of writers and readers.
//!
//! A level is one cache line of 16 quantities, so a writer touches one line and neighbours share it on purpose: prices near each
//! other change together. Quantities change by compare-and-swap with exponential back-off, at most [`TRIES`] times; a price
//! outside the window is refused, never wrapped or clamped.
//!
//! A map or a skip list would take any price, but allocates, and its best price moves by pointer chasing; a mutex would stop every
//! reader while one writer is descheduled. Here the best price is a scan of 32 words that say which levels hold something.

mod ladder;
mod level;
mod quote;

pub use ladder::Ladder;
pub use level::{LEVEL_TICKS, TRIES};
pub use quote::{Book, Quote};

use std::fmt;

/// Why the book did not change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reject {
    /// The price lies outside `low..=high`.
    OutsideWindow { price: i64, low: i64, high: i64 },
    /// There is nothing to take.
    Empty,
    /// The quantity at this price would exceed 2^32 - 1.
    Overflow,
    /// Other writers won [`TRIES`] times in a row.
    Contended,
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OutsideWindow { price, low, high } => {
                write!(f, "price {price} is outside the window {low} to {high}")
            }
            Self::Empty => f.write_str("nothing rests within the limit"),
            Self::Overflow => f.write_str("the quantity at this price would exceed 2^32 - 1"),
            Self::Contended => write!(f, "other writers changed this price {TRIES} times in a row"),
        }
    }
}

impl std::error::Error for Reject {}
