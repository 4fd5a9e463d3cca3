//! The last stage: takes bundles and says how long their transactions were on the way.

use super::{Kind, Meters, Progress, Stage, StageResult};
use crate::bundle::{BUNDLE_MAX, Bundle};
use crate::interval::IntervalRecorder;
use crate::open_loop::elapsed;
use hftz_clock::{Clock, Scale};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_ring::Counter;
use hftz_ring::spsc::Consumer;
use std::sync::Arc;

/// Bundles by their number of transactions, 0 to 16.
pub const SIZES: usize = BUNDLE_MAX + 1;

/// Most bundles in one step.
const BUNDLES: usize = 4;

/// The stage; `M` keeps the ring's memory.
pub struct Output<C, M> {
    clock: C,
    scale: Scale,
    input: Consumer<Bundle, M>,
    latency: Option<IntervalRecorder>,
    wait: OwnedHistogram,
    /// The id that the next transaction must at least have.
    next_id: u64,
    sizes: Arc<[Counter; SIZES]>,
    meters: Arc<Meters>,
}

impl<C: Clock, M> Output<C, M> {
    pub fn new(
        clock: C,
        scale: Scale,
        input: Consumer<Bundle, M>,
        latency: IntervalRecorder,
        sizes: Arc<[Counter; SIZES]>,
        meters: Arc<Meters>,
    ) -> Self {
        let wait = OwnedHistogram::new(Layout::LATENCY);
        Self { clock, scale, input, latency: Some(latency), wait, next_id: 0, sizes, meters }
    }
}

impl<C: Clock, M> Stage for Output<C, M> {
    fn kind(&self) -> Kind {
        Kind::Output
    }

    fn step(&mut self) -> Progress {
        let Self { clock, scale, input, latency, wait, next_id, sizes, meters } = self;
        let Some(recorder) = latency else { return Progress::Finished };
        let mut handled = 0;
        input.drain(BUNDLES, |bundle| {
            let now = clock.ticks();
            let transactions = bundle.transactions();
            for transaction in transactions {
                recorder.record(scale.nanoseconds(elapsed(transaction.intended, now)));
                if transaction.id < *next_id {
                    meters.disorder.add(1);
                }
                *next_id = transaction.id.wrapping_add(1);
            }
            wait.record(scale.nanoseconds(elapsed(bundle.flushed, now)));
            sizes[transactions.len()].add(1);
            meters.bundles_out.add(1);
            meters.out.add(transactions.len() as u64);
            handled += transactions.len();
        });
        let now = clock.ticks();
        recorder.rotate(now);
        if handled > 0 {
            return Progress::Worked(handled);
        }
        if input.is_finished() {
            if let Some(recorder) = latency.take() {
                recorder.finish(now);
            }
            return Progress::Finished;
        }
        Progress::Idle
    }

    fn wake(&self) -> Option<u64> {
        None
    }

    fn finish(self: Box<Self>) -> StageResult {
        StageResult { kind: Kind::Output, histogram: self.wait }
    }
}
