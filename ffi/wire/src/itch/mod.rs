//! Nasdaq TotalView-ITCH 5.0: 23 message types, big-endian, fixed length each.
//!
//! Input is always *framed bytes*: records of a big-endian `u16` length and that many message bytes. A BinaryFILE day
//! file has this shape, and so has the block area of a MoldUDP64 packet, so one decoder serves both.
//!
//! Four ways to read, by what the reader needs:
//! - [`Decoder::decode_batch`] turns records into [`hftz_model::Delta`]s, the hot path of every book;
//! - [`count_batch`] only walks and counts;
//! - [`dispatch`] calls a method per message type with a zero-copy view ([`view`]);
//! - [`Records`] hands out each message as a slice, for looking at one closely ([`view::View::of`]).
//!
//! All four hold the same framing rules ([`ErrorKind`]) and stop at the first record that breaks one, with everything
//! before it delivered. [`Error::record_bytes`] says how many bytes to pass over to go on.
//!
//! To write, fill the struct of a type ([`AddOrder`], [`OrderDelete`], ...) and let it [`Message::write_framed`] itself,
//! or append several with a [`Framer`].

mod ahead;
mod alpha;
mod count;
mod decode;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod decode_ssse3;
mod dispatch;
mod encode;
mod error;
mod frame;
mod layout;
mod table;
mod threes;
mod types;
pub mod view;
mod walks;

pub use alpha::Alpha;
pub use count::{Counted, TypeCounts, count_batch};
pub use decode::{Decoder, Progress, Stop};
pub use dispatch::{Handler, dispatch};
pub use encode::*;
pub use error::{Error, ErrorKind};
pub use frame::{Records, finish};
pub(crate) use table::message_table;
pub use types::{MAX_MESSAGE_BYTES, TYPES, is_order, length_of, name_of};
