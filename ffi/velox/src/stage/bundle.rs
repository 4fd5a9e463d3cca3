//! The third stage: collects transactions into bundles.

use super::{BATCH, Kind, Meters, Progress, Stage, StageResult};
use crate::builder::BundleBuilder;
use crate::bundle::{BUNDLE_MAX, Bundle, Cause};
use crate::open_loop::elapsed;
use crate::transaction::Transaction;
use hftz_clock::{Clock, Scale};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_ring::spsc::{Consumer, Producer};
use std::sync::Arc;

/// The stage; `I` and `O` keep the rings' memory.
pub struct BundleStage<C, I, O> {
    clock: C,
    scale: Scale,
    builder: BundleBuilder,
    input: Consumer<Transaction, I>,
    output: Option<Producer<Bundle, O>>,
    wait: OwnedHistogram,
    meters: Arc<Meters>,
}

impl<C: Clock, I, O> BundleStage<C, I, O> {
    pub fn new(
        clock: C,
        scale: Scale,
        builder: BundleBuilder,
        input: Consumer<Transaction, I>,
        output: Producer<Bundle, O>,
        meters: Arc<Meters>,
    ) -> Self {
        let wait = OwnedHistogram::new(Layout::LATENCY);
        Self { clock, scale, builder, input, output: Some(output), wait, meters }
    }

    /// Sends the bundle on; it stays when ring C has no room.
    fn flush(&mut self, cause: Cause, now: u64) -> bool {
        let Some(output) = &mut self.output else { return false };
        if output.free() == 0 {
            self.meters.blocked[Kind::Bundle as usize].add(1);
            return false;
        }
        self.builder.flush(cause, now, |flush| {
            for &arrival in flush.arrivals {
                self.wait.record(self.scale.nanoseconds(elapsed(arrival, now)));
            }
            self.meters.bundles.add(1);
            self.meters.bundled.add(flush.bundle.len() as u64);
            output.push(*flush.bundle).is_ok()
        })
    }
}

impl<C: Clock, I, O> Stage for BundleStage<C, I, O> {
    fn kind(&self) -> Kind {
        Kind::Bundle
    }

    fn step(&mut self) -> Progress {
        if self.output.is_none() {
            return Progress::Finished;
        }
        let mut handled = 0;
        let mut batch = [Transaction::EMPTY; BUNDLE_MAX];
        while handled < BATCH {
            // A window that has ended closes before later arrivals are looked at.
            let now = self.clock.ticks();
            if let Some(cause) = self.builder.due(now)
                && !self.flush(cause, now)
            {
                break;
            }
            let room = self.builder.room();
            let count = self.input.pop_slice(&mut batch[..room]);
            if count == 0 {
                break;
            }
            let now = self.clock.ticks();
            batch[..count].iter().for_each(|&transaction| self.builder.add(transaction, now));
            handled += count;
        }
        if handled > 0 {
            // A bundle filled by the last of them leaves at once.
            let now = self.clock.ticks();
            if let Some(cause) = self.builder.due(now) {
                self.flush(cause, now);
            }
            return Progress::Worked(handled);
        }
        if self.input.is_finished() {
            let now = self.clock.ticks();
            if self.builder.is_empty() || self.flush(Cause::End, now) {
                self.output = None;
                return Progress::Finished;
            }
        }
        Progress::Idle
    }

    fn wake(&self) -> Option<u64> {
        self.builder.deadline().map(|deadline| deadline.0)
    }

    fn finish(self: Box<Self>) -> StageResult {
        StageResult { kind: Kind::Bundle, histogram: self.wait }
    }
}
