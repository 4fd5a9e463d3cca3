//! Counters of a run, each written by one stage and read by anyone.

use super::Kind;
use hftz_ring::Counter;

/// Transactions that changed nothing, by reason.
#[derive(Debug, Default)]
pub struct RejectCounts {
    pub outside_window: Counter,
    pub empty: Counter,
    pub overflow: Counter,
    pub contended: Counter,
    pub invalid: Counter,
}

impl RejectCounts {
    /// All reasons together.
    #[must_use]
    pub fn total(&self) -> u64 {
        [&self.outside_window, &self.empty, &self.overflow, &self.contended, &self.invalid]
            .map(Counter::get)
            .iter()
            .sum()
    }
}

/// The counters of a run.
#[derive(Debug, Default)]
pub struct Meters {
    /// Transactions that the schedule made, that found room in ring A, and that did not.
    pub generated: Counter,
    pub pushed: Counter,
    pub dropped: Counter,
    /// Transactions that the book stage has handled; the rejected are among them.
    pub booked: Counter,
    pub rejects: RejectCounts,
    /// Quantity that was added to and taken from the book.
    pub added: Counter,
    pub taken: Counter,
    /// Bundles flushed by the bundle stage, and the transactions in them.
    pub bundles: Counter,
    pub bundled: Counter,
    /// Bundles and transactions that came out.
    pub bundles_out: Counter,
    pub out: Counter,
    /// Transactions that came out after a later one.
    pub disorder: Counter,
    /// Steps in which a stage had work but no room for its result.
    pub blocked: [Counter; 4],
    /// Ticks that stages spent on steps that did something.
    pub busy: [Counter; 4],
}

impl Meters {
    /// Transactions between acceptance and output. Read while stages run it is near, not exact.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.pushed.get().saturating_sub(self.out.get())
    }

    /// Transactions that a stage has handled.
    #[must_use]
    pub fn handled(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Ingress => self.generated.get(),
            Kind::Book => self.booked.get(),
            Kind::Bundle => self.bundled.get(),
            Kind::Output => self.out.get(),
        }
    }
}
