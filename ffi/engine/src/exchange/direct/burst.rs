//! What two threads hand each other: commands one way, and what they caused the other way, in the same piece of memory.

use super::super::desk::Harvest;
use hftz_model::Command;
use hftz_ring::around;

/// Commands of a burst: publishing it costs each of them next to nothing.
pub const ROOM: usize = 256;

/// Commands that came together, then reports and feed of these or earlier ones.
pub struct Burst {
    commands: Vec<Command>,
    pub arrival_ns: u64,
    /// Whether everything that waits is to come back with it.
    pub sweeps: bool,
    pub harvest: Harvest,
}

impl Burst {
    #[must_use]
    pub fn new() -> Self {
        let commands = Vec::with_capacity(ROOM);
        Self { commands, arrival_ns: 0, sweeps: false, harvest: Harvest::default() }
    }

    #[must_use]
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// Takes these commands instead of those it has.
    pub fn fill(&mut self, commands: &[Command], arrival_ns: u64) {
        self.arrival_ns = arrival_ns;
        self.commands.clear();
        // SAFETY: a command has no padding: its tail is a field.
        unsafe { around::extend(&mut self.commands, commands) };
    }
}
