//! The gateway before a real engine, driven by bytes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod dissect;
mod flow;
mod fuzz;
mod orders_42;
mod orders_50;
mod sessions;
mod support;
