//! What a running job sees of its run: the stop flag, the clock and the counters.

use super::page::{Counter, Page};
use std::time::Instant;

/// Handed to a job for the length of its run; cheap to ask, so loops ask once a batch.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    page: &'a Page,
    started: Instant,
}

impl<'a> Control<'a> {
    #[must_use]
    pub fn new(page: &'a Page) -> Self {
        Self { page, started: Instant::now() }
    }

    #[must_use]
    pub fn stopped(&self) -> bool {
        self.page.stop_requested()
    }

    /// Shows a counter to whoever watches. Counts stay exact up to 2^53.
    #[allow(clippy::cast_precision_loss)]
    pub fn show(&self, counter: Counter, value: u64) {
        self.page.set(counter, value as f64);
    }

    /// Nanoseconds since the run started; shown at the same time.
    #[allow(clippy::cast_possible_truncation)]
    pub fn tick(&self) -> u64 {
        let elapsed = self.started.elapsed().as_nanos() as u64;
        self.show(Counter::ElapsedNs, elapsed);
        elapsed
    }
}
