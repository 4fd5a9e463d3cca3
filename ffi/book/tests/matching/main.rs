//! The matching engine against the rules: each rule in tests of its own, and all of them against a naive twin.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod flow;
mod random;
mod shadow;
mod twin;
