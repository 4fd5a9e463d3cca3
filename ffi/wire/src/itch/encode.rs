//! Encoders: one plain struct per message type, written into the caller's bytes. Nothing allocates.

use super::table::{form_read, form_type, form_write, message_table};
use super::view;
use crate::bytes::{be16, be48};

/// What every message carries besides its type byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// A small integer for the stock, per day; 0 when the message concerns none.
    pub stock_locate: u16,
    /// Internal to the exchange; receivers ignore it.
    pub tracking_number: u16,
    /// Nanoseconds since midnight. 48 bits go on the wire.
    pub time_ns: u64,
}

/// A message that can be written.
pub trait Message {
    /// The type byte.
    const KIND: u8;
    /// Bytes of the message, without framing.
    const LENGTH: usize;

    /// Writes the message to the start of `to`; returns its length, or `None` when `to` is shorter than that.
    fn write(&self, to: &mut [u8]) -> Option<usize>;

    /// Writes the length prefix and the message; returns the length of the record, or `None` when `to` is too short.
    fn write_framed(&self, to: &mut [u8]) -> Option<usize>;
}

macro_rules! messages {
    ($($View:ident $method:ident $kind:literal $length:literal $name:literal {
        $($field:ident: $form:ident @ $at:literal,)*
    })*) => {
        $(
            #[doc = concat!("The fields of one \"", $name, "\" message (", $length, " bytes).")]
            #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
            pub struct $View {
                pub header: Header,
                $(pub $field: form_type!($form),)*
            }

            impl $View {
                /// The message as bytes.
                #[inline]
                #[must_use]
                pub fn encode(&self) -> [u8; $length] {
                    let mut to = [0; $length];
                    self.fill(&mut to);
                    to
                }

                #[inline(always)]
                fn fill(&self, to: &mut [u8; $length]) {
                    to[0] = $kind;
                    to[1..3].copy_from_slice(&self.header.stock_locate.to_be_bytes());
                    // The six low bytes of the time land at 5..11, its two high ones are overwritten by the tracking
                    // number: one store instead of six.
                    to[3..11].copy_from_slice(&self.header.time_ns.to_be_bytes());
                    to[3..5].copy_from_slice(&self.header.tracking_number.to_be_bytes());
                    $(form_write!($form, self.$field, to, $at);)*
                }
            }

            impl Message for $View {
                const KIND: u8 = $kind;
                const LENGTH: usize = $length;

                #[inline]
                fn write(&self, to: &mut [u8]) -> Option<usize> {
                    self.fill(to.first_chunk_mut()?);
                    Some($length)
                }

                #[inline]
                fn write_framed(&self, to: &mut [u8]) -> Option<usize> {
                    let to = to.first_chunk_mut::<{ $length + 2 }>()?;
                    to[..2].copy_from_slice(&($length as u16).to_be_bytes());
                    self.write(&mut to[2..])?;
                    Some($length + 2)
                }
            }

            impl From<view::$View<'_>> for $View {
                fn from(view: view::$View<'_>) -> Self {
                    let bytes = view.bytes();
                    let (stock_locate, tracking_number) = (be16(bytes, 1), be16(bytes, 3));
                    Self {
                        header: Header { stock_locate, tracking_number, time_ns: be48(bytes, 5) },
                        $($field: form_read!($form, bytes, $at),)*
                    }
                }
            }
        )*
    };
}

message_table!(messages);

/// Appends framed messages to a caller's bytes.
#[derive(Debug)]
pub struct Framer<'a> {
    to: &'a mut [u8],
    used: usize,
}

impl<'a> Framer<'a> {
    /// Starts at the beginning of `to`.
    pub const fn new(to: &'a mut [u8]) -> Self {
        Self { to, used: 0 }
    }

    /// Appends one record; false, with nothing written, when the room is too small.
    #[inline]
    #[must_use]
    pub fn push(&mut self, message: &impl Message) -> bool {
        let written = message.write_framed(&mut self.to[self.used..]);
        self.used += written.unwrap_or(0);
        written.is_some()
    }

    /// The records written so far.
    #[must_use]
    pub fn framed(&self) -> &[u8] {
        &self.to[..self.used]
    }

    /// Bytes written so far.
    #[must_use]
    pub const fn used(&self) -> usize {
        self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_message_starts_with_type_locate_tracking_and_48_bits_of_time() {
        let header = Header { stock_locate: 0x0102, tracking_number: 0x0304, time_ns: 0xffff_0506_0708_090a };
        let bytes = OrderDelete { header, order_reference_number: 0x0b0c_0d0e_0f10_1112 }.encode();
        assert_eq!(bytes, [b'D', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    }

    #[test]
    fn a_full_buffer_takes_nothing_more() {
        let mut room = [0xaa; 22];
        let mut framer = Framer::new(&mut room);
        assert!(framer.push(&OrderDelete::default()));
        assert!(!framer.push(&OrderDelete::default()));
        assert_eq!(framer.framed()[..3], [0, 19, b'D']);
        assert_eq!((framer.used(), room[21]), (21, 0xaa));
    }
}
