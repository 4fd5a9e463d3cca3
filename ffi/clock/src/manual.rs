//! Time that passes only when told: for tests and simulations.

use crate::wait::Clock;
use core::cell::Cell;

/// A clock that stands still, but for a fixed step in every pause and the length of every doze.
#[derive(Clone, Debug, Default)]
pub struct Manual {
    now: Cell<u64>,
    pause: u64,
    oversleep: u64,
    pauses: Cell<u64>,
    dozes: Cell<u64>,
}

impl Manual {
    /// A clock that shows `now`. A pause takes one tick.
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self { now: Cell::new(now), pause: 1, ..Self::default() }
    }

    #[must_use]
    pub fn with_pause(self, ticks: u64) -> Self {
        Self { pause: ticks, ..self }
    }

    /// Every doze takes this much longer than asked.
    #[must_use]
    pub fn with_oversleep(self, ticks: u64) -> Self {
        Self { oversleep: ticks, ..self }
    }

    pub fn advance(&self, ticks: u64) {
        self.now.set(self.now.get().wrapping_add(ticks));
    }

    pub fn set(&self, now: u64) {
        self.now.set(now);
    }

    /// How often someone paused.
    #[must_use]
    pub fn pauses(&self) -> u64 {
        self.pauses.get()
    }

    /// How often someone dozed.
    #[must_use]
    pub fn dozes(&self) -> u64 {
        self.dozes.get()
    }
}

impl Clock for Manual {
    fn ticks(&self) -> u64 {
        self.now.get()
    }

    fn pause(&self) {
        self.pauses.set(self.pauses.get() + 1);
        self.advance(self.pause);
    }

    fn doze(&self, ticks: u64) {
        self.dozes.set(self.dozes.get() + 1);
        self.advance(ticks.saturating_add(self.oversleep));
    }
}
