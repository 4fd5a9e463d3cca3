//! Order flow: what a synthetic crowd of traders does next, and when.
//!
//! A [`Flow`] is closed with a venue by its caller: it gives a [`hftz_model::Command`] with a model time, the venue applies it, and
//! the reports come back to [`Flow::observe`]. It reads best prices through [`Quotes`] and knows no book. Everything is
//! drawn from one seeded stream with arithmetic that rounds the same way everywhere, so a seed names a flow for ever.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![allow(clippy::cast_precision_loss)]

mod alias;
mod burst;
mod by_symbol;
mod crowd;
mod exponential;
mod flow;
pub mod hawkes;
mod live;
mod mix;
mod poisson;
mod random;
mod real;
mod settings;
mod sizes;
pub mod zero;

pub use burst::Burst;
pub use crowd::{Quotes, TICK};
pub use exponential::exponential;
pub use flow::{Flow, Next};
pub use live::LiveOrder;
pub use random::Random;
pub use settings::{Extras, FlowSettings, Model, SizeModel};
