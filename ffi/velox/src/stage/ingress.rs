//! The first stage: makes the transactions that are due and puts them into ring A, or drops them when it is full.

use super::{BATCH, Kind, Meters, Progress, Stage, StageResult};
use crate::arrivals::Arrivals;
use crate::open_loop::elapsed;
use crate::traffic::Traffic;
use crate::transaction::Transaction;
use hftz_clock::{Clock, Deadline, Scale};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_ring::spsc::Producer;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What to send, and until when.
pub struct Load {
    pub arrivals: Arrivals,
    pub traffic: Traffic,
    /// Arrivals from this moment on are not made, in ticks.
    pub until: u64,
}

/// The stage; `M` keeps the ring's memory.
pub struct Ingress<C, M> {
    clock: C,
    scale: Scale,
    load: Load,
    /// Gone when the stage has finished, which closes the ring.
    output: Option<Producer<Transaction, M>>,
    lateness: OwnedHistogram,
    meters: Arc<Meters>,
    stop: Arc<AtomicBool>,
}

impl<C: Clock, M> Ingress<C, M> {
    /// A stage that sends `load` until it ends or `stop` is set.
    pub fn new(
        clock: C,
        scale: Scale,
        load: Load,
        output: Producer<Transaction, M>,
        meters: Arc<Meters>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let lateness = OwnedHistogram::new(Layout::LATENCY);
        Self { clock, scale, load, output: Some(output), lateness, meters, stop }
    }
}

impl<C: Clock, M> Stage for Ingress<C, M> {
    fn kind(&self) -> Kind {
        Kind::Ingress
    }

    fn step(&mut self) -> Progress {
        let Some(output) = &mut self.output else { return Progress::Finished };
        let end = Deadline(self.load.until);
        if end.passed(self.load.arrivals.next()) || self.stop.load(Ordering::Relaxed) {
            self.output = None;
            return Progress::Finished;
        }
        let now = self.clock.ticks();
        let mut batch = [Transaction::EMPTY; BATCH];
        let mut count = 0;
        while count < BATCH && Deadline(self.load.arrivals.next()).passed(now) && !end.passed(self.load.arrivals.next())
        {
            let intended = self.load.arrivals.next();
            batch[count] = self.load.traffic.next(intended);
            self.lateness.record(self.scale.nanoseconds(elapsed(intended, now)));
            self.load.arrivals.advance();
            count += 1;
        }
        if count == 0 {
            return Progress::Idle;
        }
        let pushed = output.push_slice(&batch[..count]);
        self.meters.generated.add(count as u64);
        self.meters.pushed.add(pushed as u64);
        self.meters.dropped.add((count - pushed) as u64);
        Progress::Worked(count)
    }

    fn wake(&self) -> Option<u64> {
        self.output.as_ref().map(|_| self.load.arrivals.next())
    }

    fn finish(self: Box<Self>) -> StageResult {
        StageResult { kind: Kind::Ingress, histogram: self.lateness }
    }
}
