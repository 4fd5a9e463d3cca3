//! Why a clock cannot be calibrated.

use core::fmt;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockError {
    /// A tick rate outside 1 MHz to 100 GHz, in ticks a second.
    Rate { hz: u64 },
    /// Calibration takes two readings or more.
    TooFew { brackets: usize },
    /// Between the first and the last reading the counter or the reference stood still or ran backwards.
    NotAdvancing,
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Rate { hz } => write!(f, "a counter of {hz} ticks a second is outside 1 MHz to 100 GHz"),
            Self::TooFew { brackets } => write!(f, "calibration takes two readings or more, not {brackets}"),
            Self::NotAdvancing => f.write_str("the counter or the reference clock did not advance during calibration"),
        }
    }
}

impl core::error::Error for ClockError {}
