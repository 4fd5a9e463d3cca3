//! Latency histograms in the bucket layout of HdrHistogram: constant relative precision, constant cost, constant memory.
//!
//! [`Histogram`] records a value with a few integer instructions and never allocates; beside the buckets it keeps the exact
//! minimum, maximum, count and sum, which buckets can only round. [`Histogram::encode`] and [`log`] write what HdrHistogram's own
//! tools read, [`distribution`] prints their percentile table. Compression of the payload is the caller's (zlib): this crate is
//! freestanding and works in memory that the caller gives.
//!
//! Source: HdrHistogram by Gil Tene (public domain); the V2 encoding and the log format are those of its Java original.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

extern crate alloc;

mod codec;
pub mod distribution;
mod error;
mod histogram;
mod layout;
pub mod log;
mod statistics;

pub use error::{DecodeError, DecodeRule, HistError};
pub use histogram::{Histogram, OwnedHistogram};
pub use layout::{Bucket, Layout};
pub use statistics::Summary;
