//! Runs: which threads, which stages and which bytes make up each subcommand.
//!
//! Everything long is a [`run::Run`]: opened with one JSON block, watched through a shared [`run::Page`], ended with one JSON
//! block. A module here joins parts of the storeys below into one such run and holds no protocol and no book of its own.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod bench;
pub mod demo;
pub mod exchange;
pub mod feedgen;
pub mod kernel;
mod output;
mod plan;
pub mod publish;
pub mod replay;
pub mod run;

/// What the allocator of the program tells of each block to.
pub use hftz_velox::host::allocations::note as note_allocation;
pub use plan::{KINDS, plan};
