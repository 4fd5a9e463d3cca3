//! What can go wrong around a histogram. Recording itself cannot fail.

use core::fmt;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HistError {
    /// Significant decimal digits outside 1 to 5.
    Digits { asked: u8 },
    /// A highest value outside 2 to 2^63 - 1.
    Highest { asked: u64 },
    /// The counts' memory has another length than the layout asks, in 64-bit words.
    Memory { needed: usize, given: usize },
    /// Two histograms of different layouts cannot be merged.
    Layouts,
    /// The encoding does not fit, in bytes.
    Room { needed: usize, given: usize },
    /// A count of 2^63 or more, which the encoding cannot hold.
    Count,
}

impl fmt::Display for HistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Digits { asked } => write!(f, "a histogram keeps 1 to 5 significant digits, not {asked}"),
            Self::Highest { asked } => write!(f, "a histogram's highest value is from 2 to 2^63 - 1, not {asked}"),
            Self::Memory { needed, given } => {
                write!(f, "the histogram needs {needed} words of memory, {given} are given")
            }
            Self::Layouts => f.write_str("histograms of different layouts cannot be merged"),
            Self::Room { needed, given } => write!(f, "the encoding needs up to {needed} bytes, {given} are given"),
            Self::Count => f.write_str("a count of 2^63 or more cannot be encoded"),
        }
    }
}

impl core::error::Error for HistError {}

/// Where an encoded histogram breaks which rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// Byte offset in the encoding.
    pub offset: usize,
    pub rule: DecodeRule,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeRule {
    /// The bytes end inside a field.
    Truncated,
    /// The first word is not that of an uncompressed V2 histogram.
    Cookie(u32),
    /// Values are shifted or scaled in a way that this reader does not undo.
    Scaled,
    Layout(HistError),
    /// A run of zeros or a count goes beyond the last bucket.
    TooMany,
    /// The counts add up to 2^64 or more.
    Overflow,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "histogram encoding, byte {}: ", self.offset)?;
        match self.rule {
            DecodeRule::Truncated => f.write_str("the bytes end inside a field"),
            DecodeRule::Cookie(found) => write!(f, "{found:#010x} is not the mark of a V2 histogram"),
            DecodeRule::Scaled => f.write_str("shifted or scaled values are not supported"),
            DecodeRule::Layout(error) => error.fmt(f),
            DecodeRule::TooMany => f.write_str("more counts than the layout has buckets"),
            DecodeRule::Overflow => f.write_str("the counts add up to 2^64 or more"),
        }
    }
}

impl core::error::Error for DecodeError {}
