//! What a running job sees of its run: the stop flag, the clock and the counters.

use super::page::{Counter, Page};
use std::time::{Duration, Instant};

/// Handed to a job for the length of its run; cheap to ask, so loops ask once a batch.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    page: &'a Page,
    started: Instant,
    until: Option<Instant>,
}

impl<'a> Control<'a> {
    #[must_use]
    pub fn new(page: &'a Page) -> Self {
        Self { page, started: Instant::now(), until: None }
    }

    /// The same for a run that ends by itself after so long, if it has not before.
    #[must_use]
    pub fn lasting(self, most: Option<Duration>) -> Self {
        Self { until: most.and_then(|most| self.started.checked_add(most)), ..self }
    }

    /// Somebody asked for the end.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.page.stop_requested()
    }

    /// The time of a run that has a length is up.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Nothing more is to be begun, for either reason. What has been done may still be written: only [`Self::stopped`] keeps a writer
    /// from waiting.
    #[must_use]
    pub fn over(&self) -> bool {
        self.stopped() || self.timed_out()
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
