//! Stock names to symbol numbers.

use hftz_wire::itch::Alpha;
use std::collections::HashMap;

/// The names that clients may use.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    /// `None`: every symbol is known by its number, as `SYM00001`.
    named: Option<HashMap<Alpha<8>, u16>>,
}

impl Symbols {
    /// The names of a symbol table.
    pub fn named(listings: impl IntoIterator<Item = (Alpha<8>, u16)>) -> Self {
        Self { named: Some(listings.into_iter().collect()) }
    }

    /// The number of a name.
    #[must_use]
    pub fn locate(&self, name: Alpha<8>) -> Option<u16> {
        match &self.named {
            Some(named) => named.get(&name).copied(),
            None => {
                let digits = name.0.strip_prefix(b"SYM").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
                let number = digits.iter().fold(0u32, |number, digit| number * 10 + u32::from(digit - b'0'));
                u16::try_from(number).ok().filter(|&locate| locate > 0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_table_a_symbol_is_its_number() {
        let any = Symbols::default();
        assert_eq!(any.locate(Alpha(*b"SYM00007")), Some(7));
        for unknown in [b"SYM00000", b"SYM65536", b"SYM0001 ", b"AAPL    "] {
            assert_eq!(any.locate(Alpha(*unknown)), None);
        }
        assert_eq!(Symbols::named([(Alpha(*b"AAPL    "), 9)]).locate(Alpha(*b"AAPL    ")), Some(9));
    }
}
