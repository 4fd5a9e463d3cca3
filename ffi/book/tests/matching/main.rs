//! The matching engine against the rules: each rule in tests of its own, and all of them against a naive twin.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod builds;
mod desk;
mod dice;
mod flow;
mod random;
mod rule_auction;
mod rule_change;
mod rule_checks;
mod rule_reserve;
mod rule_self_trade;
mod rule_states;
mod rule_stops;
mod rule_trading;
mod saved;
mod shadow;
mod twin;
