//! Collects transactions into bundles: a window opens with the first, and the bundle leaves when it has its size or when the
//! window ends, whichever comes first.

use crate::bundle::{BUNDLE_MAX, Bundle, Cause};
use crate::transaction::Transaction;
use hftz_clock::Deadline;

/// A bundle that is ready, and when each of its transactions arrived.
#[derive(Debug)]
pub struct Flush<'a> {
    pub bundle: &'a Bundle,
    /// Arrival of each transaction at the builder, in ticks.
    pub arrivals: &'a [u64],
}

/// The open bundle.
#[derive(Debug)]
pub struct BundleBuilder {
    size: usize,
    window: u64,
    bundle: Bundle,
    arrivals: [u64; BUNDLE_MAX],
}

impl BundleBuilder {
    /// Bundles of up to `size` transactions (1 to 16, taken to the nearest) and `window` ticks.
    #[must_use]
    pub fn new(size: usize, window: u64) -> Self {
        Self { size: size.clamp(1, BUNDLE_MAX), window, bundle: Bundle::EMPTY, arrivals: [0; BUNDLE_MAX] }
    }

    /// How many transactions fit before the bundle is full.
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        self.size - self.bundle.len()
    }

    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bundle.is_empty()
    }

    /// Adds a transaction that arrived `now`; there must be room, or it is not taken (and a debug build says so).
    #[inline]
    pub fn add(&mut self, transaction: Transaction, now: u64) {
        debug_assert!(self.room() > 0);
        let at = self.bundle.len();
        if at == 0 {
            self.bundle.opened = now;
        }
        self.arrivals[at] = now;
        self.bundle.add(transaction);
    }

    /// When the window of the open bundle ends.
    #[inline]
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        (!self.is_empty()).then(|| Deadline::after(self.bundle.opened, self.window))
    }

    /// Why the bundle should leave now, if it should.
    #[inline]
    #[must_use]
    pub fn due(&self, now: u64) -> Option<Cause> {
        let deadline = self.deadline()?;
        if self.room() == 0 {
            Some(Cause::Full)
        } else if deadline.passed(now) {
            Some(Cause::Window)
        } else {
            None
        }
    }

    /// Gives the bundle to `sink` and opens the next.
    pub fn flush<R>(&mut self, cause: Cause, now: u64, sink: impl FnOnce(Flush<'_>) -> R) -> R {
        self.bundle.close(cause, now);
        let result = sink(Flush { bundle: &self.bundle, arrivals: &self.arrivals[..self.bundle.len()] });
        self.bundle.reopen();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flushed(builder: &mut BundleBuilder, now: u64) -> Option<(u64, usize, Cause)> {
        let cause = builder.due(now)?;
        Some(builder.flush(cause, now, |f| (f.bundle.sequence, f.bundle.transactions().len(), f.bundle.cause())))
    }

    #[test]
    fn a_bundle_leaves_with_its_last_transaction() {
        let mut builder = BundleBuilder::new(3, 100);
        for now in [10, 11] {
            builder.add(Transaction::default(), now);
            assert_eq!(flushed(&mut builder, now), None);
        }
        builder.add(Transaction::default(), 12);
        assert_eq!(flushed(&mut builder, 12), Some((0, 3, Cause::Full)));
        assert!(builder.is_empty());
    }

    #[test]
    fn a_bundle_leaves_when_its_window_ends_which_opened_with_its_first_transaction() {
        let mut builder = BundleBuilder::new(16, 100);
        assert_eq!(flushed(&mut builder, 1_000_000), None);
        builder.add(Transaction::default(), 50);
        builder.add(Transaction::default(), 149);
        assert_eq!((flushed(&mut builder, 149), builder.deadline()), (None, Some(Deadline(150))));
        assert_eq!(flushed(&mut builder, 150), Some((0, 2, Cause::Window)));
        builder.add(Transaction::default(), 151);
        assert_eq!(flushed(&mut builder, 250), None);
        assert_eq!(flushed(&mut builder, 251), Some((1, 1, Cause::Window)));
    }

    #[test]
    fn arrivals_are_kept_for_every_transaction() {
        let mut builder = BundleBuilder::new(16, 10);
        [3, 5, 9].into_iter().for_each(|now| builder.add(Transaction::default(), now));
        let waits =
            builder.flush(Cause::End, 13, |f| f.arrivals.iter().map(|a| f.bundle.flushed - a).collect::<Vec<_>>());
        assert_eq!(waits, [10, 8, 4]);
    }
}
