//! What books are made of, whoever drives them.

mod state_hash;

pub use state_hash::StateHasher;
