//! The boot's timeline: one line a step, with the time stamp counter.

use crate::cpu::regs::tsc;
use crate::say;

/// Says that a step is done.
pub fn phase(name: &str) {
    at(name, tsc());
}

pub fn at(name: &str, stamp: u64) {
    say!("@phase name={name} tsc={stamp}");
}
