//! The second stage: applies each transaction to the price-level book and passes it on.

use super::{BATCH, Kind, Meters, Progress, Stage, StageResult};
use crate::book::{Book, Reject};
use crate::open_loop::elapsed;
use crate::transaction::{Action, Transaction};
use hftz_clock::{Clock, Scale};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_ring::spsc::{Consumer, Producer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The stage; `I` and `O` keep the rings' memory.
pub struct BookStage<C, I, O> {
    clock: C,
    scale: Scale,
    book: Arc<Book>,
    input: Consumer<Transaction, I>,
    output: Option<Producer<Transaction, O>>,
    wait: OwnedHistogram,
    meters: Arc<Meters>,
    /// Ends the stage though its input is open: for a sender in another process that may never close it.
    stop: Option<Arc<AtomicBool>>,
}

impl<C: Clock, I, O> BookStage<C, I, O> {
    pub fn new(
        clock: C,
        scale: Scale,
        book: Arc<Book>,
        input: Consumer<Transaction, I>,
        output: Producer<Transaction, O>,
        meters: Arc<Meters>,
    ) -> Self {
        let wait = OwnedHistogram::new(Layout::LATENCY);
        Self { clock, scale, book, input, output: Some(output), wait, meters, stop: None }
    }

    /// The stage ends also when `stop` is set and its input is empty.
    #[must_use]
    pub fn with_stop(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop: Some(stop), ..self }
    }

    fn apply(book: &Book, meters: &Meters, transaction: &Transaction) {
        let rejects = &meters.rejects;
        let Ok((action, side)) = transaction.check() else {
            rejects.invalid.add(1);
            return;
        };
        let Transaction { price, quantity, .. } = *transaction;
        let outcome = match action {
            Action::Add => book.add(side, price, quantity).map(|_| meters.added.add(u64::from(quantity))),
            Action::Take => book.take(side, price, quantity).map(|taken| meters.taken.add(u64::from(taken))),
        };
        match outcome {
            Ok(()) => {}
            Err(Reject::OutsideWindow { .. }) => rejects.outside_window.add(1),
            Err(Reject::Empty) => rejects.empty.add(1),
            Err(Reject::Overflow) => rejects.overflow.add(1),
            Err(Reject::Contended) => rejects.contended.add(1),
        }
    }

    fn is_over(&mut self) -> bool {
        let stopped = self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed));
        self.input.is_finished() || (stopped && self.input.is_empty())
    }
}

impl<C: Clock, I, O> Stage for BookStage<C, I, O> {
    fn kind(&self) -> Kind {
        Kind::Book
    }

    fn step(&mut self) -> Progress {
        let Some(output) = &mut self.output else { return Progress::Finished };
        let room = output.free().min(BATCH);
        let mut batch = [Transaction::EMPTY; BATCH];
        let count = self.input.pop_slice(&mut batch[..room]);
        if count == 0 {
            if room == 0 {
                self.meters.blocked[Kind::Book as usize].add(1);
            } else if self.is_over() {
                self.output = None;
                return Progress::Finished;
            }
            return Progress::Idle;
        }
        let now = self.clock.ticks();
        for transaction in &batch[..count] {
            self.wait.record(self.scale.nanoseconds(elapsed(transaction.intended, now)));
            Self::apply(&self.book, &self.meters, transaction);
        }
        output.push_slice(&batch[..count]);
        self.meters.booked.add(count as u64);
        Progress::Worked(count)
    }

    fn wake(&self) -> Option<u64> {
        None
    }

    fn finish(self: Box<Self>) -> StageResult {
        StageResult { kind: Kind::Book, histogram: self.wait }
    }
}
