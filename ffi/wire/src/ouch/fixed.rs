//! Messages of fixed layout from one table: a plain struct to write, a zero-copy view to read, an enum over all types.
//!
//! Every field is a value with a width of its own ([`Field`]), so a table row says `name: type @ offset` and nothing can
//! disagree. A test walks each table and checks that the fields lie side by side from the type byte to the end.

use crate::itch::Alpha;

/// A big-endian value of fixed width.
pub trait Field: Sized {
    /// Bytes on the wire.
    const WIDTH: usize;

    /// Reads it at a constant place; panics when it does not fit, which constant offsets rule out.
    fn load(bytes: &[u8], at: usize) -> Self;

    /// Writes it at a constant place.
    fn store(&self, bytes: &mut [u8], at: usize);
}

macro_rules! integers {
    ($($Integer:ident)*) => {
        $(impl Field for $Integer {
            const WIDTH: usize = size_of::<$Integer>();

            #[inline(always)]
            fn load(bytes: &[u8], at: usize) -> Self {
                let mut wide = [0; size_of::<$Integer>()];
                wide.copy_from_slice(&bytes[at..at + Self::WIDTH]);
                Self::from_be_bytes(wide)
            }

            #[inline(always)]
            fn store(&self, bytes: &mut [u8], at: usize) {
                bytes[at..at + Self::WIDTH].copy_from_slice(&self.to_be_bytes());
            }
        })*
    };
}

integers!(u8 u16 u32 u64);

impl<const N: usize> Field for Alpha<N> {
    const WIDTH: usize = N;

    #[inline(always)]
    fn load(bytes: &[u8], at: usize) -> Self {
        let mut text = [0; N];
        text.copy_from_slice(&bytes[at..at + N]);
        Self(text)
    }

    #[inline(always)]
    fn store(&self, bytes: &mut [u8], at: usize) {
        bytes[at..at + N].copy_from_slice(&self.0);
    }
}

/// Expands one direction of a protocol: `Direction`, then rows of `Name b'type' length tail "name" { field: type @ offset, }`.
///
/// `tail` says what follows the fixed part: see [`super::Tail`].
macro_rules! messages {
    ($(#[$doc:meta])* $Direction:ident; $($Name:ident $kind:literal $length:literal $tail:ident $name:literal {
        $($field:ident: $form:ty => $at:literal,)*
    })*) => {
        $(
            #[doc = concat!("\"", $name, "\", ", $length, " bytes without what may follow.")]
            #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
            pub struct $Name {
                $(pub $field: $form,)*
            }

            impl $Name {
                /// The type byte.
                pub const KIND: u8 = $kind;
                /// Bytes of the fixed part.
                pub const LENGTH: usize = $length;

                /// The message as bytes.
                #[inline]
                #[must_use]
                pub fn encode(&self) -> [u8; $length] {
                    let mut to = [0; $length];
                    to[0] = $kind;
                    $($crate::ouch::fixed::Field::store(&self.$field, &mut to, $at);)*
                    to
                }

                /// Reads the fields of a message whose type byte is this one's.
                #[inline]
                #[must_use]
                pub fn decode(from: &[u8; $length]) -> Self {
                    debug_assert_eq!(from[0], $kind);
                    Self { $($field: $crate::ouch::fixed::Field::load(from, $at),)* }
                }
            }
        )*

        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $Direction<'a> {
            $(#[doc = concat!("\"", $name, "\".")] $Name(&'a [u8; $length]),)*
        }

        impl<'a> $Direction<'a> {
            /// Every type: its byte, the length of its fixed part, what may follow, its name.
            pub const TYPES: &'static [(u8, u16, $crate::ouch::Tail, &'static str)] =
                &[$(($kind, $length, $crate::ouch::Tail::$tail, $name),)*];

            /// Looks at one message of exactly these bytes; nothing is copied. Also returns what follows the fixed part.
            ///
            /// # Errors
            /// Names the rule and its place from the type byte on.
            pub fn of(message: &'a [u8]) -> Result<(Self, &'a [u8]), $crate::ouch::Error> {
                let Some(&kind) = message.first() else { return Err($crate::ouch::ErrorKind::Empty.at(0)) };
                match kind {
                    $($kind => match message.split_first_chunk() {
                        Some((fixed, rest)) => {
                            $crate::ouch::Tail::$tail.check(kind, $length, rest)?;
                            Ok((Self::$Name(fixed), rest))
                        }
                        None => Err($crate::ouch::ErrorKind::wrong_length(kind, message.len(), $length)),
                    },)*
                    _ => Err($crate::ouch::ErrorKind::UnknownType(kind).at(0)),
                }
            }

            /// The bytes of the fixed part.
            #[must_use]
            pub const fn bytes(&self) -> &'a [u8] {
                match self {
                    $(Self::$Name(fixed) => *fixed,)*
                }
            }

            /// The fields written again: equal to [`Self::bytes`] for every message.
            pub fn encode_again(&self, to: &mut alloc::vec::Vec<u8>) {
                match self {
                    $(Self::$Name(fixed) => to.extend_from_slice(&$Name::decode(fixed).encode()),)*
                }
            }
        }

        #[cfg(test)]
        impl $Direction<'_> {
            /// Name, length and fields (place, width) of every type, for the test of the table.
            pub(crate) fn places() -> alloc::vec::Vec<(&'static str, usize, alloc::vec::Vec<(usize, usize)>)> {
                alloc::vec![$((
                    $name,
                    $length,
                    alloc::vec![$(($at, <$form as $crate::ouch::fixed::Field>::WIDTH),)*],
                ),)*]
            }
        }
    };
}

pub(crate) use messages;
