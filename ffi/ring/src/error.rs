//! What can go wrong at a queue.

use core::fmt;

/// The queue had no room; the value comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full<T>(pub T);

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is full")
    }
}

impl<T: fmt::Debug> core::error::Error for Full<T> {}

/// Why a queue was not made or not joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RingError {
    /// The capacity is not a power of two from 2 to 2^31.
    Capacity { asked: usize },
    /// The memory is too small, in bytes.
    Memory { needed: usize, given: usize },
    /// The memory does not begin at a multiple of this many bytes.
    Alignment { needed: usize },
    /// The memory holds no ring, or its creator has not finished making it.
    NotARing,
    /// The ring holds items of another size, in bytes.
    ItemSize { expected: usize, found: usize },
    /// The ring has a producer (or a consumer) already, or had one that has left.
    Taken,
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Capacity { asked } => write!(f, "a ring holds a power of two from 2 to 2^31 items, not {asked}"),
            Self::Memory { needed, given } => write!(f, "the ring needs {needed} bytes of memory, {given} are given"),
            Self::Alignment { needed } => write!(f, "the ring's memory must begin at a multiple of {needed} bytes"),
            Self::NotARing => f.write_str("this memory holds no ring, or its creator is not ready"),
            Self::ItemSize { expected, found } => {
                write!(f, "the ring holds items of {found} bytes, {expected} are expected")
            }
            Self::Taken => f.write_str("this end of the ring is taken"),
        }
    }
}

impl core::error::Error for RingError {}

/// The one rule for the size of every queue here: a power of two, so that a position becomes a slot by one mask; at least 2;
/// and small enough for 32-bit slot numbers.
pub(crate) fn check_capacity(asked: usize) -> Result<usize, RingError> {
    if asked.is_power_of_two() && (2..=1 << 31).contains(&asked) {
        Ok(asked)
    } else {
        Err(RingError::Capacity { asked })
    }
}
