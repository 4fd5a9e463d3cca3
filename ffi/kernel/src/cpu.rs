//! Processor structures as bits: segment descriptors, task state, gates, and the names of the exceptions.

pub mod descriptor;
pub mod trap;
