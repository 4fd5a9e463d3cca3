//! The message types and their lengths.

use super::table::message_table;

macro_rules! types {
    ($($View:ident $method:ident $kind:literal $length:literal $name:literal { $($fields:tt)* })*) => {
        /// Type byte, message length in bytes (with the type byte, without framing) and the spec's name.
        pub const TYPES: [(u8, u16, &str); 23] = [$(($kind, $length, $name),)*];
    };
}

message_table!(types);

/// The longest message, bytes (`I`).
pub const MAX_MESSAGE_BYTES: usize = 50;

/// What [`EXPECTED`] holds for a byte that is no type: more than a length prefix can say, so that one comparison
/// finds unknown types and wrong lengths alike, even in a record of 65,535 bytes.
pub(super) const UNKNOWN: u32 = 1 << 16;

/// Message length by type byte, [`UNKNOWN`] where there is none.
pub(super) const EXPECTED: [u32; 256] = {
    let mut table = [UNKNOWN; 256];
    let mut index = 0;
    while index < TYPES.len() {
        table[TYPES[index].0 as usize] = TYPES[index].1 as u32;
        index += 1;
    }
    table
};

/// Length of a message of this type in bytes, `None` for a byte that is no ITCH 5.0 type.
#[must_use]
pub const fn length_of(kind: u8) -> Option<u16> {
    let length = EXPECTED[kind as usize];
    if length == UNKNOWN { None } else { Some(length as u16) }
}

/// The spec's name of a type.
#[must_use]
pub fn name_of(kind: u8) -> Option<&'static str> {
    TYPES.iter().find(|entry| entry.0 == kind).map(|entry| entry.2)
}

/// Whether messages of this type change the displayed book.
#[must_use]
pub const fn is_order(kind: u8) -> bool {
    matches!(kind, b'A' | b'F' | b'E' | b'C' | b'X' | b'D' | b'U')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_length_and_no_other_byte_has_any() {
        assert_eq!((0..=255).filter(|&kind| length_of(kind).is_some()).count(), 23);
        assert_eq!(TYPES.iter().map(|entry| usize::from(entry.1)).max(), Some(MAX_MESSAGE_BYTES));
        assert_eq!(length_of(b'h'), Some(21));
        assert_eq!(length_of(b'T'), None);
        assert_eq!(name_of(b'U'), Some("Order Replace"));
    }
}
