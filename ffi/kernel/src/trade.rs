//! The trading crates as the kernel runs them: nothing here but glue, so that what runs on bare metal is what runs in
//! the command line, and the hashes of both can be compared.

pub mod cases;
pub mod drill;
pub mod feed;
