//! One method call per message: for readers that want every field of every type as a view.
//!
//! Records of exactly their type's length go by three a jump ([`threes`]); what is left, and the last few of a slice, go one by one.
//! Books are fed from batches ([`super::Decoder`]) instead, which do not branch on the type at all.

use super::count::Counted;
use super::decode::Stop;
use super::error::Error;
use super::frame::{Frame, frame};
use super::table::message_table;
use super::threes;
use super::view;

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

        /// Hands any message that [`frame`] accepted to its method.
        pub(super) fn hand(message: &[u8], offset: u64, handler: &mut impl Handler) {
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
        threes::quick(input, base, handler, &mut done);
        let rest = &input[done.consumed..];
        let offset = base + done.consumed as u64;
        match frame(rest) {
            Frame::Partial => return done,
            Frame::Bad(kind) => return Counted { stop: Stop::Error(Error { offset, kind }), ..done },
            Frame::Message { length, expected } => {
                hand(&rest[2..2 + usize::from(length)], offset + 2, handler);
                done.consumed += 2 + usize::from(length);
                done.messages += 1;
                done.trailing += u64::from(length - expected);
            }
        }
    }
}
