//! Time as the processor counts it: readings of the time-stamp counter, their conversion to nanoseconds, waiting.
//!
//! A reading costs about 10 ns and no system call; arithmetic is integer multiplication and shift, never a division or a float
//! on a path that repeats. Nothing here knows the date or asks the operating system: whoever does gives pairs of readings to
//! [`Calibration::fit`]. Whatever waits is generic over [`Clock`], so that tests run on [`Manual`] time.
//!
//! Freestanding. x86-64 reads RDTSC, AArch64 reads CNTVCT_EL0.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod calibration;
mod counter;
mod error;
mod manual;
mod scale;
mod wait;

pub use calibration::{Bracket, Calibration};
pub use counter::{CpuCounter, Features, features, ticks, ticks_fenced};
pub use error::ClockError;
pub use manual::Manual;
pub use scale::Scale;
pub use wait::{Clock, Deadline, Tsc, sleep_until, spin_until};
