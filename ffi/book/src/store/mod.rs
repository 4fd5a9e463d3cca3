//! What books of a feed are made of: the table of live orders, the ladder of price levels, and the state hash.
//!
//! Everything here is O(1), lives in chunks that never move, and allocates only when a working set grows beyond what it
//! has been before.

mod bucket;
mod chunks;
pub(crate) mod ladder;
pub(crate) mod order;
pub(crate) mod orders;
mod overflow;
mod state_hash;
pub(crate) mod tags;

pub use state_hash::StateHasher;
