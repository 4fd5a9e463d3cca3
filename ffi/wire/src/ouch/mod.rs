//! Nasdaq OUCH order entry, both versions in use: [`v42`] (tokens of 14 characters) and [`v50`] (numbered orders, optional
//! fields in an appendage). Big-endian, one message to a SoupBinTCP packet ([`crate::soup`]).
//!
//! Reading is a reference to the bytes ([`v42::Inbound::of`]); a struct per type holds the fields and writes itself. Values of
//! closed sets stay raw: what a code means, and whether a venue takes it, is the venue's to say.

mod error;
pub(crate) mod fixed;
mod tail;
pub mod v42;
pub mod v50;

pub use error::{Error, ErrorKind};
pub use tail::{Appendage, Opt, Tail, tag};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_every_type_lie_side_by_side_from_the_type_byte_to_the_end() {
        let tables = [v42::Inbound::places(), v42::Outbound::places(), v50::Inbound::places(), v50::Outbound::places()];
        for (name, length, fields) in tables.into_iter().flatten() {
            let end = fields.iter().fold(1, |end, &(at, width)| {
                assert_eq!(at, end, "{name}");
                at + width
            });
            assert_eq!(end, length, "{name}");
        }
    }
}
