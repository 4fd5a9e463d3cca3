//! What can be wrong with a row, and where.

use core::fmt;

/// A row that breaks a rule. The caller, who counts them, knows its line and offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// Column of the field, counted from 1.
    pub column: u32,
    /// Position of the field in its line, bytes.
    pub at: u32,
    pub kind: ErrorKind,
}

/// The rule that was broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The line ends before this column.
    Missing,
    /// There is more behind the last column.
    TooMany,
    /// No whole number, or one that is out of range.
    Number,
    /// No time in seconds as a decimal number.
    Time,
    /// An event type other than 1 to 7.
    Type,
    /// A direction other than 1 and -1.
    Direction,
    /// An orderbook row whose columns are no multiple of four, or more than [`super::MAX_LEVELS`] levels.
    Levels,
    /// A level behind an empty one.
    Hole,
}

impl Error {
    /// A stable, machine-readable name of the rule.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.kind {
            ErrorKind::Missing => "missing-column",
            ErrorKind::TooMany => "too-many-columns",
            ErrorKind::Number => "bad-number",
            ErrorKind::Time => "bad-time",
            ErrorKind::Type => "unknown-type",
            ErrorKind::Direction => "bad-direction",
            ErrorKind::Levels => "bad-levels",
            ErrorKind::Hole => "level-behind-empty",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.kind {
            ErrorKind::Missing => "is missing",
            ErrorKind::TooMany => "is one too many",
            ErrorKind::Number => "is no whole number in range",
            ErrorKind::Time => "is no time in seconds as a decimal number",
            ErrorKind::Type => "is no event type (1 to 7)",
            ErrorKind::Direction => "is no direction (1 or -1)",
            ErrorKind::Levels => "breaks the rows of four columns a level",
            ErrorKind::Hole => "is a level behind an empty one",
        };
        write!(to, "column {} {rule}", self.column)
    }
}

impl core::error::Error for Error {}
