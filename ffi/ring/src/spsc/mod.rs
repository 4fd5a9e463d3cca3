//! One producer, one consumer: the joint between two stages.
//!
//! **Storage.** A power-of-two array of slots and two positions that only grow; a slot is `position & mask`, full is
//! `tail - head = capacity`, so no slot is wasted and no index wraps by division.
//!
//! **Why it is fast.** Each end keeps its own position in a register and a *cached* copy of the other's, and looks at the shared
//! word only when the copy says full (or empty): most operations touch no line that the other core writes. Positions lie on
//! cache lines of their own. Batches publish once; what comes one by one and may leave together does so through a [`Burst`]. (Cached indices: Lee et al., FastForward/MCRingBuffer, 2008-2010; in
//! practice rigtorp's SPSCQueue.)
//!
//! **Order.** The producer writes the slot and then stores `tail` with release; the consumer loads `tail` with acquire and then
//! reads the slot; the same the other way round with `head`. Nothing needs a locked instruction.
//!
//! **Ends.** Dropping the producer closes the ring: the consumer sees [`Consumer::is_closed`], drains what is left and knows that
//! nothing more will come. Dropping the consumer tells the producer by [`Producer::is_abandoned`].
//!
//! **Memory.** [`channel`] owns its memory. [`format`], [`Producer::attach`] and [`Consumer::attach`] work in any memory: huge
//! pages, or memory that two processes share. What stands there is not trusted: a peer that writes nonsense can make a ring
//! look full, empty or filled with nonsense, but no access leaves the slots.

mod burst;
mod consumer;
mod heap;
#[cfg(not(loom))]
mod memory;
mod producer;
mod shared;
mod slots;

pub use burst::Burst;
pub use consumer::Consumer;
pub use heap::{Heap, channel};
#[cfg(not(loom))]
pub use memory::{bytes, format};
pub use producer::Producer;

/// Where a ring's memory must begin: a multiple of this many bytes.
pub const ALIGNMENT: usize = crate::PADDING;
