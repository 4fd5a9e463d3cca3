//! Zero-copy views: a reference to the bytes of one message and a getter per field.
//!
//! A view holds an array of the type's own length, so a getter is a load at a constant place without a bounds check.
//! What a record carries beyond that length is not part of the view.

use super::error::ErrorKind;
use super::table::{form_read, form_type, message_table};
use super::types::length_of;
use crate::bytes::{be16, be48};

macro_rules! views {
    ($($View:ident $method:ident $kind:literal $length:literal $name:literal {
        $($field:ident: $form:ident @ $at:literal,)*
    })*) => {
        $(
            #[doc = concat!("A view of one \"", $name, "\" message (", $length, " bytes).")]
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub struct $View<'a>(pub(super) &'a [u8; $length]);

            impl<'a> $View<'a> {
                /// The type byte.
                pub const KIND: u8 = $kind;
                /// Bytes of a message.
                pub const LENGTH: usize = $length;

                /// Takes the start of `message`; `None` when it is too short or of another type.
                #[inline]
                #[must_use]
                pub fn of(message: &'a [u8]) -> Option<Self> {
                    message.first_chunk::<$length>().filter(|bytes| bytes[0] == $kind).map(Self)
                }

                /// The bytes of the message.
                #[inline]
                #[must_use]
                pub const fn bytes(&self) -> &'a [u8; $length] {
                    self.0
                }

                /// A small integer for the stock, per day; 0 when the message concerns none.
                #[inline]
                #[must_use]
                pub const fn stock_locate(&self) -> u16 {
                    be16(self.0, 1)
                }

                /// Internal to the exchange.
                #[inline]
                #[must_use]
                pub const fn tracking_number(&self) -> u16 {
                    be16(self.0, 3)
                }

                /// Nanoseconds since midnight.
                #[inline]
                #[must_use]
                pub const fn time_ns(&self) -> u64 {
                    be48(self.0, 5)
                }

                $(
                    #[inline]
                    #[must_use]
                    pub const fn $field(&self) -> form_type!($form) {
                        form_read!($form, self.0, $at)
                    }
                )*
            }
        )*

        /// One message of any type.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum View<'a> {
            $($View($View<'a>),)*
        }

        impl<'a> View<'a> {
            /// Looks at one message without its length prefix. Bytes beyond the type's length are tolerated; an
            /// unknown type and a short message are errors.
            #[inline]
            pub fn of(message: &'a [u8]) -> Result<Self, ErrorKind> {
                let Some(&kind) = message.first() else { return Err(ErrorKind::ZeroLength) };
                let view = match kind {
                    $($kind => message.first_chunk().map(|bytes| Self::$View($View(bytes))),)*
                    _ => None,
                };
                view.ok_or_else(|| refusal(kind, message))
            }

            /// The bytes of the message, without what trails.
            #[must_use]
            pub const fn bytes(&self) -> &'a [u8] {
                match self {
                    $(Self::$View(view) => view.0,)*
                }
            }

            /// The spec's name of the type.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$View(_) => $name,)*
                }
            }
        }
    };
}

message_table!(views);

#[cold]
fn refusal(kind: u8, message: &[u8]) -> ErrorKind {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    match length_of(kind) {
        Some(expected) => ErrorKind::TooShort { kind, length, expected },
        None => ErrorKind::UnknownType { kind, length },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_reads_fields_at_their_places() {
        let mut bytes = [0u8; 40];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = place as u8;
        }
        bytes[0] = b'U';
        let Ok(View::OrderReplace(replace)) = View::of(&bytes) else { panic!("not a replace") };
        assert_eq!(replace.bytes().len(), 35);
        assert_eq!(replace.stock_locate(), 0x0102);
        assert_eq!(replace.tracking_number(), 0x0304);
        assert_eq!(replace.time_ns(), 0x0506_0708_090a);
        assert_eq!(replace.original_order_reference_number(), 0x0b0c_0d0e_0f10_1112);
        assert_eq!(replace.new_order_reference_number(), 0x1314_1516_1718_191a);
        assert_eq!((replace.shares(), replace.price()), (0x1b1c_1d1e, 0x1f20_2122));
        assert_eq!(OrderDelete::of(&bytes), None);
    }

    #[test]
    fn short_and_unknown_messages_are_named() {
        assert_eq!(View::of(&[]), Err(ErrorKind::ZeroLength));
        assert_eq!(View::of(b"z"), Err(ErrorKind::UnknownType { kind: b'z', length: 1 }));
        assert_eq!(View::of(b"D"), Err(ErrorKind::TooShort { kind: b'D', length: 1, expected: 19 }));
    }
}
