//! How threads and processes hand values to each other without a lock.
//!
//! | type | writers : readers | for |
//! | --- | --- | --- |
//! | [`spsc`] | 1 : 1 | every joint of a pipeline; also in memory shared by two processes |
//! | [`Mpmc`] | n : n | fan-in and fan-out at speed; a stalled thread can hold up its neighbours' slots |
//! | [`Linked`] | n : n | Michael and Scott's queue: lock-free in the strict sense, a stalled thread holds up nobody |
//! | [`SeqLock`] | 1 : n | the latest value of something, read often, never waited for |
//! | [`Counter`] | 1 : n | figures that a monitor reads while a stage counts |
//!
//! [`around`] writes what only another thread will read.
//!
//! A full queue is a value ([`Full`], which gives the item back), never a wait: back-pressure belongs to the caller. Nothing
//! allocates after construction. Freestanding: the same queues serve threads, the bare-metal kernel and, with `--cfg loom`,
//! the model checker, which explores every interleaving that the memory model allows (`tests/loom.rs`).
#![cfg_attr(not(any(test, loom)), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

extern crate alloc;

pub mod around;
mod backoff;
mod counter;
mod error;
mod linked;
mod mpmc;
mod padded;
mod plain;
mod seqlock;
pub mod spsc;
pub mod sync;

pub use backoff::Backoff;
pub use counter::Counter;
pub use error::{Full, RingError};
pub use linked::Linked;
pub use mpmc::Mpmc;
pub use padded::{PADDING, Padded};
pub use plain::Plain;
pub use seqlock::SeqLock;
