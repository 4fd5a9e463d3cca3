//! One method call per message: for readers that want every field of every type as a view.
//!
//! The type selects the method through one jump. A jump that the processor predicts also predicts where the next
//! record starts, because each branch knows its message's length; one that it mispredicts costs more than reading all
//! fields, which is why books are fed from batches ([`super::Decoder`]) instead.

use super::Counted;
use super::decode::Stop;
use super::error::Error;
use super::frame::{Frame, frame};
use super::table::message_table;
use super::types::MAX_MESSAGE_BYTES;
use super::view;

/// The longest record without trailing bytes, with its prefix.
const RECORD: usize = 2 + MAX_MESSAGE_BYTES;

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

        /// Hands a record of exactly its type's length to its method and returns the record's length; 0 when it is
        /// any other record.
        #[inline(always)]
        fn quick(record: &[u8; RECORD], offset: u64, handler: &mut impl Handler) -> usize {
            let message: &[u8; MAX_MESSAGE_BYTES] = match record.last_chunk() {
                Some(message) => message,
                None => return 0,
            };
            match message[0] {
                $(
                    $kind if record[0] == 0 && record[1] == $length => {
                        let Some(bytes) = message.first_chunk() else { return 0 };
                        handler.$method(offset, view::$View(bytes));
                        2 + $length
                    }
                )*
                _ => 0,
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
        while let Some(record) = input[done.consumed..].first_chunk::<RECORD>() {
            let bytes = quick(record, base + done.consumed as u64 + 2, handler);
            if bytes == 0 {
                break;
            }
            done.consumed += bytes;
            done.messages += 1;
        }
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
