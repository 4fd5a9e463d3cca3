//! What symbols and accounts are called in a feed.

use hftz_isa::prefetch;
use hftz_wire::itch::Alpha;
use std::fmt;

/// A stock name for every locate: `SYM00001` and so on, unless another was given. Half a megabyte, so that the name in every
/// add message is one load.
#[derive(Clone)]
pub struct Names {
    by_locate: Box<[Alpha<8>]>,
}

impl Names {
    /// Gives a locate another name.
    pub fn set(&mut self, locate: u16, name: Alpha<8>) {
        self.by_locate[usize::from(locate)] = name;
    }

    /// Asks for a name.
    #[inline]
    pub fn fetch(&self, locate: u16) {
        prefetch(&self.by_locate[usize::from(locate)]);
    }

    #[inline]
    #[must_use]
    pub fn of(&self, locate: u16) -> Alpha<8> {
        self.by_locate[usize::from(locate)]
    }
}

impl Default for Names {
    fn default() -> Self {
        let numbered = |locate: u32| {
            let digit = |place: u32| b'0' + (locate / 10_u32.pow(place) % 10) as u8;
            Alpha([b'S', b'Y', b'M', digit(4), digit(3), digit(2), digit(1), digit(0)])
        };
        Self { by_locate: (0..=u32::from(u16::MAX)).map(numbered).collect() }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Names")
    }
}

/// The market participant of an account: its number in letters, `AAAA` being 0.
#[must_use]
pub fn mpid(account: u16) -> Alpha<4> {
    let letter = |value: u16| b'A' + (value % 26) as u8;
    Alpha([letter(account / 17_576), letter(account / 676), letter(account / 26), letter(account)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_numbered_unless_named() {
        let mut names = Names::default();
        assert_eq!((names.of(1), names.of(65_535)), (Alpha(*b"SYM00001"), Alpha(*b"SYM65535")));
        names.set(7, Alpha(*b"AAPL    "));
        assert_eq!((names.of(7), names.of(8)), (Alpha(*b"AAPL    "), Alpha(*b"SYM00008")));
    }

    #[test]
    fn accounts_have_letters() {
        assert_eq!((mpid(0), mpid(1), mpid(27)), (Alpha(*b"AAAA"), Alpha(*b"AAAB"), Alpha(*b"AABB")));
        assert_eq!(mpid(65_535), Alpha(*b"DSYP"));
    }
}
