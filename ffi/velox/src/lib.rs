//! The Velox pipeline: transactions arrive, update a lock-free price-level book, are bundled and leave.
//!
//! ```text
//! ingress --ring A--> book --ring B--> bundle --ring C--> output
//! Poisson + bursts    CAS price levels  16 or 100 us       latency from intended time
//! drop on full        back-pressure     back-pressure
//! ```
//!
//! Stages are plain step functions ([`stage`]) that know neither threads nor the date: [`pipeline`] runs them on pinned threads or
//! fused on fewer, the tests on a virtual clock. Only ingress drops; between the other stages a full ring holds the sender back,
//! so what was accepted comes out, also when the run is stopped or its stages are stalled on purpose ([`chaos`]).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod book;

#[cfg(not(loom))]
mod arrivals;
#[cfg(not(loom))]
mod builder;
#[cfg(not(loom))]
mod bundle;
#[cfg(not(loom))]
pub mod chaos;
#[cfg(not(loom))]
mod config;
#[cfg(not(loom))]
pub mod host;
#[cfg(not(loom))]
mod interval;
#[cfg(not(loom))]
mod open_loop;
#[cfg(not(loom))]
pub mod pipeline;
#[cfg(not(loom))]
pub mod stage;
#[cfg(not(loom))]
pub mod theory;
#[cfg(not(loom))]
mod traffic;
#[cfg(not(loom))]
mod transaction;

#[cfg(not(loom))]
pub use {
    arrivals::{Arrivals, Pattern},
    builder::{BundleBuilder, Flush},
    bundle::{BUNDLE_MAX, Bundle, Cause},
    config::{Config, ConfigError, Idle, Topology},
    hftz_flow::Burst,
    interval::{Interval, IntervalEnd, IntervalRecorder, intervals},
    open_loop::OpenLoop,
    traffic::Traffic,
    transaction::{Action, Invalid, Transaction, ViewError},
};
