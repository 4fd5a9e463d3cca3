//! Protocol codecs: slices in, slices out. ITCH 5.0, MoldUDP64, native order entry, OUCH over SoupBinTCP, capture
//! files, LOBSTER.
//!
//! Nothing here opens a file, reads a clock or keeps global state. The binary codecs do not allocate; only the text
//! writers grow a buffer that the caller owns. Bad input is a value: every decoder answers with a small `Copy` error
//! that names the offset and the rule, never panics, never reads outside its slice, and never trusts a length that it
//! has not compared with what is there.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

extern crate alloc;

mod bytes;
pub mod capture;
mod detect;
pub mod itch;
pub mod link;
pub mod lobster;
pub mod mold;
pub mod native;
pub mod ouch;
pub mod soup;
pub mod text;

pub use detect::{Format, detect};
