//! Order-flow models and arrival schedules: what a synthetic crowd of traders does next, and when.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod alias;
mod exponential;
mod live;
mod random;
mod real;
mod sizes;

pub use alias::Alias;
pub use exponential::exponential;
pub use live::{Live, LiveOrder};
pub use random::Random;
pub use sizes::Sizes;
