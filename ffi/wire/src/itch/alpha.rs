//! Fixed-width ASCII fields.

use core::fmt;

/// `N` ASCII bytes, left-justified, padded with spaces on the right, as they stand on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alpha<const N: usize>(pub [u8; N]);

impl<const N: usize> Alpha<N> {
    /// All spaces: "not available".
    pub const BLANK: Self = Self([b' '; N]);

    /// Pads `text` with spaces; `None` when it is longer than `N` bytes or not printable ASCII.
    #[must_use]
    pub const fn new(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() > N {
            return None;
        }
        let mut padded = [b' '; N];
        let mut index = 0;
        while index < text.len() {
            if text[index] < b' ' || text[index] > b'~' {
                return None;
            }
            padded[index] = text[index];
            index += 1;
        }
        Some(Self(padded))
    }

    /// The bytes without the padding.
    #[must_use]
    pub fn trimmed(&self) -> &[u8] {
        self.0.trim_ascii_end()
    }
}

impl<const N: usize> Default for Alpha<N> {
    fn default() -> Self {
        Self::BLANK
    }
}

impl<const N: usize> fmt::Display for Alpha<N> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}", self.trimmed().escape_ascii())
    }
}

impl<const N: usize> fmt::Debug for Alpha<N> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_padded_on_the_right() {
        let aapl = Alpha::<8>::new("AAPL").unwrap();
        assert_eq!(aapl, Alpha(*b"AAPL    "));
        assert_eq!(aapl.trimmed(), b"AAPL");
        assert_eq!(aapl.to_string(), "AAPL");
        assert_eq!(Alpha::<4>::new("TOOLONG"), None);
        assert_eq!(Alpha::<4>::new("é"), None);
        assert_eq!(Alpha([0xff, b' ']).to_string(), "\\xff");
    }
}
