//! What follows the fixed part of a message: nothing, or OUCH 5.0's appendage of optional fields.
//!
//! An appendage is a `u16` length and that many bytes of options, each `length u8 | tag u8 | value`, its length counting tag and value.

use super::error::{Error, ErrorKind};

/// What may follow the fixed part of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tail {
    /// Nothing.
    Nothing,
    /// Nothing, or one byte that a later revision of the protocol appended.
    Byte,
    /// An appendage, perhaps of length 0.
    Appendage,
    /// Nothing, or an appendage.
    Maybe,
}

impl Tail {
    /// Checks what follows the `fixed` bytes of a `kind` message.
    pub(crate) fn check(self, kind: u8, fixed: u16, rest: &[u8]) -> Result<(), Error> {
        let too_long = || Err(ErrorKind::wrong_length(kind, usize::from(fixed) + rest.len(), fixed));
        match self {
            Self::Nothing if rest.is_empty() => Ok(()),
            Self::Byte if rest.len() <= 1 => Ok(()),
            Self::Nothing | Self::Byte => too_long(),
            Self::Maybe if rest.is_empty() => Ok(()),
            Self::Maybe | Self::Appendage => Appendage::check(kind, fixed, rest),
        }
    }
}

/// The tags of the options, with the size of each one's value.
pub mod tag {
    pub const SECONDARY_REFERENCE: u8 = 1;
    pub const FIRM: u8 = 2;
    pub const MINIMUM_QUANTITY: u8 = 3;
    pub const CUSTOMER_TYPE: u8 = 4;
    pub const MAX_FLOOR: u8 = 5;
    pub const PRICE_TYPE: u8 = 6;
    pub const PEG_OFFSET: u8 = 7;
    pub const DISCRETION_PRICE: u8 = 9;
    pub const DISCRETION_PRICE_TYPE: u8 = 10;
    pub const DISCRETION_PEG_OFFSET: u8 = 11;
    pub const POST_ONLY: u8 = 12;
    pub const RANDOM_RESERVES: u8 = 13;
    pub const ROUTE: u8 = 14;
    pub const EXPIRE_TIME: u8 = 15;
    pub const TRADE_NOW: u8 = 16;
    pub const HANDLING: u8 = 17;
    pub const BBO_WEIGHT: u8 = 18;
    pub const DISPLAY_QUANTITY: u8 = 22;
    pub const DISPLAY_PRICE: u8 = 23;
    pub const GROUP: u8 = 24;
    pub const SHARES_LOCATED: u8 = 25;
    pub const LOCATE_BROKER: u8 = 26;
    pub const SIDE: u8 = 27;
    pub const USER_REF_INDEX: u8 = 28;

    /// Bytes of a tag's value; `None` for a tag of no known size, which is passed over.
    #[must_use]
    pub const fn size(tag: u8) -> Option<u8> {
        match tag {
            SECONDARY_REFERENCE | DISCRETION_PRICE | DISPLAY_PRICE => Some(8),
            FIRM
            | MINIMUM_QUANTITY
            | MAX_FLOOR
            | PEG_OFFSET
            | DISCRETION_PEG_OFFSET
            | RANDOM_RESERVES
            | ROUTE
            | EXPIRE_TIME
            | DISPLAY_QUANTITY
            | LOCATE_BROKER => Some(4),
            GROUP => Some(2),
            CUSTOMER_TYPE
            | PRICE_TYPE
            | DISCRETION_PRICE_TYPE
            | POST_ONLY
            | TRADE_NOW
            | HANDLING
            | BBO_WEIGHT
            | SHARES_LOCATED
            | SIDE
            | USER_REF_INDEX => Some(1),
            _ => None,
        }
    }
}

/// One option of an appendage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opt<'a> {
    pub tag: u8,
    pub value: &'a [u8],
}

impl Opt<'_> {
    /// The value as a big-endian number; its last eight bytes when it is longer.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.value.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}

/// A checked appendage: its options, without the length in front.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appendage<'a>(&'a [u8]);

impl<'a> Appendage<'a> {
    /// No options.
    pub const EMPTY: Self = Self(&[]);

    /// The appendage of a message that was looked at, from what followed its fixed part.
    #[must_use]
    pub fn of(rest: &'a [u8]) -> Self {
        Self(rest.get(2..).unwrap_or_default())
    }

    /// The bytes of all options.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The options in their order.
    pub fn options(&self) -> impl Iterator<Item = Opt<'a>> + use<'a> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let (&length, rest) = left.split_first()?;
            let (option, rest) = rest.split_at_checked(usize::from(length))?;
            let (&tag, value) = option.split_first()?;
            left = rest;
            Some(Opt { tag, value })
        })
    }

    /// The first option with this tag.
    #[must_use]
    pub fn get(&self, tag: u8) -> Option<Opt<'a>> {
        self.options().find(|option| option.tag == tag)
    }

    fn check(kind: u8, fixed: u16, rest: &[u8]) -> Result<(), Error> {
        let Some((said, options)) = rest.split_first_chunk::<2>() else {
            return Err(ErrorKind::wrong_length(kind, usize::from(fixed) + rest.len(), fixed + 2));
        };
        let (said, have) = (u16::from_be_bytes(*said), u16::try_from(options.len()).unwrap_or(u16::MAX));
        if said != have {
            return Err(ErrorKind::AppendageLength { said, have }.at(fixed));
        }
        let mut left = options;
        while let Some((&length, after)) = left.split_first() {
            let at = fixed + 2 + (have - left.len() as u16);
            let tag = after.first().copied().unwrap_or(0);
            let Some(next) = after.get(usize::from(length)..).filter(|_| length > 0) else {
                return Err(ErrorKind::OptionLength { tag, length, left: after.len() as u16 }.at(at));
            };
            let (have, need) = (length - 1, tag::size(tag));
            if need.is_some_and(|need| need != have) {
                return Err(ErrorKind::OptionSize { tag, have, need: need.unwrap_or(0) }.at(at));
            }
            left = next;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_their_order_and_by_tag() {
        let rest = [0, 9, 5, 2, b'M', b'L', b'R', b'O', 2, 18, b'0'];
        Tail::Appendage.check(b'A', 62, &rest).unwrap();
        let appendage = Appendage::of(&rest);
        assert_eq!(appendage.options().map(|option| option.tag).collect::<alloc::vec::Vec<_>>(), [2, 18]);
        assert_eq!(appendage.get(tag::BBO_WEIGHT).unwrap().number(), u64::from(b'0'));
        assert_eq!(appendage.get(tag::ROUTE), None);
    }

    #[test]
    fn a_broken_appendage_is_named_with_its_place() {
        let error = |rest: &[u8]| Tail::Appendage.check(b'O', 45, rest).unwrap_err();
        assert_eq!(error(&[0]), ErrorKind::WrongLength { kind: b'O', have: 46, need: 47 }.at(46));
        assert_eq!(error(&[0, 3, 2, 4]), ErrorKind::AppendageLength { said: 3, have: 2 }.at(45));
        assert_eq!(error(&[0, 3, 9, 4, b'R']), ErrorKind::OptionLength { tag: 4, length: 9, left: 2 }.at(47));
        assert_eq!(error(&[0, 1, 0]), ErrorKind::OptionLength { tag: 0, length: 0, left: 0 }.at(47));
        assert_eq!(error(&[0, 4, 3, 4, b'R', 0]), ErrorKind::OptionSize { tag: 4, have: 2, need: 1 }.at(47));
    }
}
