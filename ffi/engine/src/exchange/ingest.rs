//! The ingest side as the threads see it, whatever it reads.

use super::decode::Halted;
use super::lane::Inlet;
use crate::run::Control;
use hftz_model::Command;
use hftz_source::Halt;
use std::time::{SystemTime, UNIX_EPOCH};

const DAY_NS: u128 = 86_400_000_000_000;

/// Engine time of what a socket brings now: nanoseconds since midnight, UTC.
pub fn time_of_day() -> Command {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Command::clock((since.as_nanos() % DAY_NS) as u64)
}

/// What a step took in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Took {
    /// Something; there may be more at once.
    Some,
    /// Nothing: the ring has no room until the matching side has taken from it.
    RingFull,
    /// Nothing: all that is here has been taken.
    Dry,
    /// Nothing, and there will never be more.
    Ended,
}

/// Brings commands into the ring.
pub trait Ingest: Send {
    /// Takes what is here and fits; never waits.
    ///
    /// # Errors
    /// When the input stopped being orders.
    fn step(&mut self, ring: &mut Inlet) -> Result<Took, Halted>;

    /// Waits until there may be something to take, or for a while.
    ///
    /// # Errors
    /// When the input cannot be read.
    fn wait(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<Took, Halted>;

    /// Hands out reports while no more input is taken.
    fn serve(&mut self) {}
}
