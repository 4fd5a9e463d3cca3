//! What the kernel says on its serial port: lines a program can read and a person can follow.
//!
//! - `@phase name=pmm tsc=123` - a step of the boot is done (the time stamp counter now)
//! - `@info key=value ...` - a fact
//! - KTAP version 1 for tests
//! - `@metric name=... class=I unit=insn n=... min=... p50=... p99=... max=...`
//! - `@panic`, `@fault`, `@halt` - the end, with its reason; `@verdict` - the result of a test run
//!
//! A line starts with `@` or belongs to KTAP or is for people.

pub mod ktap;
pub mod metric;
pub mod pattern;

pub use ktap::{Ktap, Outcome};
pub use metric::Summary;
