//! Which instructions the hot paths use, chosen in this one place.
//!
//! Everything is built for x86-64-v2. A hot path that gains by more is built a second time, for x86-64-v3 (AVX2, BMI1, BMI2, LZCNT,
//! FMA, MOVBE), as a function of its own whose callers need a [`V3`]. Such a value is the proof that this processor and its system
//! have all of them; [`V3::find`] alone makes one, and [`chosen`] is what programs ask. So the choice is made once, by whoever makes an
//! engine or a decoder, and what it costs later is one comparison of a burst or a command.
//!
//! There is no path for AVX-512: what is hot here moves single orders of 64 bytes and looks for bits in words of 64, and compiled for it
//! takes a little longer (docs/engine-rules.md). A path is built when it was measured to gain.
//!
//! Without the feature `std` nobody can be asked: [`V3`] has no values then, and compilers leave out what would need one.
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

#[cfg(feature = "std")]
mod choice;
mod prefetch;

#[cfg(feature = "std")]
pub use choice::{UnknownChoice, V3, VARIABLE, chosen, name};
pub use prefetch::{prefetch, prefetch_later};

/// Proof that the processor has x86-64-v3; nobody can have it in this build.
#[cfg(not(feature = "std"))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum V3 {}
