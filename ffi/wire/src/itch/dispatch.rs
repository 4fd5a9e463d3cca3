//! One method call per message: for readers that want every field of every type as a view.
//!
//! What this costs is mispredicted branches: in a random mix of types more than half of the messages have one, at some
//! 20 cycles each, against 8 for reading the fields. Two things keep the price down. The type is found by comparisons,
//! not by a jump through a table: those resolve sooner, and the processor learns them better. And the *next* record's
//! type is loaded before this one is branched on, so that after a wrong guess the following comparison has its value.
//! Books are fed from batches ([`super::Decoder`]) instead, which do not branch on the type at all.

use super::count::Counted;
use super::decode::Stop;
use super::error::Error;
use super::frame::{Frame, frame};
use super::table::message_table;
use super::view;

/// Bytes that may be looked at from a record's start on: the next record's prefix and type, were this one 255 long.
const REACH: usize = 2 + 255 + 3;

/// The low byte of a length prefix and the type byte after it, in one load. The high byte is looked at separately.
#[inline(always)]
const fn key(window: &[u8; REACH], record: usize) -> u16 {
    u16::from_le_bytes([window[record + 1], window[record + 2]])
}

macro_rules! dispatch {
    ($($View:ident $method:ident $kind:literal $length:literal $name:literal { $($fields:tt)* })*) => {
        /// A method per message type; a type that is not overridden is ignored. `offset` is the absolute position of
        /// the message's type byte.
        #[allow(unused_variables)]
        pub trait Handler {
            $(
                #[inline(always)]
                fn $method(&mut self, offset: u64, message: view::$View<'_>) {}
            )*
        }

        /// Hands over records of exactly their type's length while `REACH` bytes remain; stops at the first other one.
        fn quick(input: &[u8], base: u64, handler: &mut impl Handler, done: &mut Counted) {
            let Some(window) = input[done.consumed..].first_chunk::<REACH>() else { return };
            let mut next = key(window, 0);
            while let Some(window) = input[done.consumed..].first_chunk::<REACH>() {
                let this = next;
                let bytes = 2 + usize::from(this as u8);
                next = key(window, bytes);
                let offset = base + done.consumed as u64 + 2;
                if window[0] != 0 {
                    return;
                }
                $(if this == u16::from_le_bytes([$length, $kind]) {
                    let Some(message) = window[2..].first_chunk() else { return };
                    handler.$method(offset, view::$View(message));
                } else)* {
                    return;
                }
                done.consumed += bytes;
                done.messages += 1;
            }
        }

        /// Hands any message that [`frame`] accepted to its method.
        fn slow(message: &[u8], offset: u64, handler: &mut impl Handler) {
            match view::View::of(message) {
                $(Ok(view::View::$View(view)) => handler.$method(offset, view),)*
                Err(_) => {}
            }
        }
    };
}

message_table!(dispatch);

/// Hands every whole record of `input` to `handler`, under the framing rules of [`super::Decoder::decode_batch`].
/// `base` is the absolute position of `input[0]`.
pub fn dispatch(input: &[u8], base: u64, handler: &mut impl Handler) -> Counted {
    let mut done = Counted { consumed: 0, messages: 0, trailing: 0, stop: Stop::MoreInput };
    loop {
        quick(input, base, handler, &mut done);
        let rest = &input[done.consumed..];
        let offset = base + done.consumed as u64;
        match frame(rest) {
            Frame::Partial => return done,
            Frame::Bad(kind) => return Counted { stop: Stop::Error(Error { offset, kind }), ..done },
            Frame::Message { length, expected } => {
                slow(&rest[2..2 + usize::from(length)], offset + 2, handler);
                done.consumed += 2 + usize::from(length);
                done.messages += 1;
                done.trailing += u64::from(length - expected);
            }
        }
    }
}
