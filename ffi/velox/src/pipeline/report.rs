//! What a run shows while it goes, and what it leaves behind.

use super::plan::Plan;
use super::segment::Role;
use crate::book::Quote;
use crate::host::{Costs, Pages};
use crate::interval::Interval;
use crate::stage::{Kind, Meters, SIZES};
use crate::theory;
use hftz_hist::OwnedHistogram;

/// A moment of a run. Counters of running stages are near each other, not of one instant.
pub struct Snapshot<'a> {
    pub elapsed_ns: u64,
    pub meters: &'a Meters,
    pub best_bid: Option<Quote>,
    pub best_ask: Option<Quote>,
    /// Latencies of an interval that has just ended, start and end in ticks.
    pub interval: Option<&'a Interval>,
}

/// One stage of a finished run.
#[derive(Clone, Debug)]
pub struct StageReport {
    pub kind: Kind,
    pub handled: u64,
    /// Time spent on steps that did something.
    pub busy_ns: u64,
    /// Steps that found work but no room for its result.
    pub blocked: u64,
    /// How long transactions (bundles, at the output) waited for the stage, in nanoseconds: [`crate::stage::StageResult`].
    pub wait: OwnedHistogram,
}

impl StageReport {
    /// Mean service time of a transaction, in nanoseconds.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn service_ns(&self) -> f64 {
        if self.handled == 0 { 0.0 } else { self.busy_ns as f64 / self.handled as f64 }
    }
}

/// Where and how a run took place.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub plan: Plan,
    /// Processors that could not be pinned, with the system's reason.
    pub unpinned: Vec<String>,
    /// Whether the threads came before all ordinary ones (nice -20), or why not.
    pub raised: Result<(), String>,
    /// What each thread of the plan cost.
    pub costs: Vec<Costs>,
    pub pages: Pages,
    /// The NUMA node of the rings' memory, on a machine with several.
    pub node: Option<usize>,
    /// Share of the threads' processors that a hypervisor gave to others, 0 to 1, where the system tells.
    pub stolen: Option<f64>,
    pub elapsed_ns: u64,
}

/// A finished run. Histograms are in nanoseconds.
#[derive(Clone, Debug)]
pub struct Report {
    pub surroundings: Surroundings,
    /// When this process ran half of the pipeline: which.
    pub half: Option<Role>,
    /// Transactions a second that were asked for, those of bursts among them.
    pub offered: f64,
    /// Transactions that found room and were left there, because their reader was stopped before their sender.
    pub abandoned: u64,
    pub generated: u64,
    pub pushed: u64,
    pub dropped: u64,
    pub booked: u64,
    /// By reason: outside the window, nothing there, overflow, contended, invalid.
    pub rejects: [u64; 5],
    /// Quantities: added to the book, taken from it, resting at the end.
    pub added: u64,
    pub taken: u64,
    pub resting: u64,
    pub bundles: u64,
    pub bundled: u64,
    pub bundles_out: u64,
    pub out: u64,
    /// Transactions that came out after a later one.
    pub disorder: u64,
    /// Bundles by number of transactions.
    pub sizes: [u64; SIZES],
    pub stages: Vec<StageReport>,
    /// From the intended time to the output.
    pub latency: OwnedHistogram,
}

/// A balance that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conservation(pub String);

#[allow(clippy::cast_precision_loss)]
impl Report {
    /// Transactions a bundle, on average.
    #[must_use]
    pub fn mean_bundle_size(&self) -> f64 {
        if self.bundles == 0 { 0.0 } else { self.bundled as f64 / self.bundles as f64 }
    }

    #[must_use]
    pub fn per_second(&self, count: u64) -> f64 {
        count as f64 * 1e9 / self.surroundings.elapsed_ns.max(1) as f64
    }

    /// A stage, where this process ran it.
    #[must_use]
    pub fn stage(&self, kind: Kind) -> Option<&StageReport> {
        self.stages.iter().find(|stage| stage.kind == kind)
    }

    /// How late the generator was.
    #[must_use]
    pub fn lateness(&self) -> Option<&OwnedHistogram> {
        self.stage(Kind::Ingress).map(|stage| &stage.wait)
    }

    /// From a transaction's arrival at the bundle stage to its flush, on average, in microseconds.
    #[must_use]
    pub fn mean_wait_us(&self) -> f64 {
        self.stage(Kind::Bundle).map_or(0.0, |stage| stage.wait.mean() / 1e3)
    }

    /// The stage that spends most time on a transaction: the one that limits the rate.
    #[must_use]
    pub fn limiting_stage(&self) -> Option<&StageReport> {
        self.stages.iter().max_by(|a, b| a.service_ns().total_cmp(&b.service_ns()))
    }

    /// Whether more was asked for than this machine does: something was dropped, or came out at less than 99 % of the rate, by
    /// more than the number of Poisson arrivals varies anyway (five standard deviations).
    #[must_use]
    pub fn is_saturated(&self) -> bool {
        let meant = self.offered * self.surroundings.elapsed_ns as f64 / 1e9;
        self.dropped > 0 || (self.generated as f64) < 0.99 * meant - 5.0 * meant.sqrt()
    }

    /// The wait in front of the book stage, in nanoseconds, that M/D/1 expects at the achieved rate. The server is the thread that
    /// the stage runs on: its service time is what all stages of that thread spend on a transaction.
    #[must_use]
    pub fn expected_book_wait_ns(&self) -> Option<f64> {
        let crew = self.surroundings.plan.crews.iter().find(|crew| crew.stages.contains(&Kind::Book))?;
        let on_it = self.stages.iter().filter(|stage| crew.stages.contains(&stage.kind));
        theory::md1_wait(self.per_second(self.pushed) / 1e9, on_it.map(StageReport::service_ns).sum())
    }

    /// Transactions between acceptance and output: none when a run of the whole pipeline has ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.pushed.saturating_sub(self.out)
    }

    /// Checks that every transaction and every quantity is accounted for. Holds at the end of any run, however it
    /// ended.
    ///
    /// # Errors
    /// The balances that do not hold.
    pub fn check(&self) -> Result<(), Conservation> {
        let sized: u64 = self.sizes.iter().zip(0_u64..).map(|(count, size)| count * size).sum();
        let balances = [
            ("generated = pushed + dropped", self.generated, self.pushed + self.dropped),
            ("pushed = booked + left by a reader that was stopped", self.pushed, self.booked + self.abandoned),
            ("booked = bundled", self.booked, self.bundled),
            ("bundled = out", self.bundled, self.out),
            ("bundles flushed = bundles out", self.bundles, self.bundles_out),
            ("out = sum of bundle sizes", self.out, sized),
            ("out = latencies recorded", self.out, self.latency.count()),
            ("resting = added - taken", self.resting, self.added - self.taken.min(self.added)),
            ("out of order = 0", self.disorder, 0),
        ];
        // The ingress half has only the first of them, and what the other half told it.
        let balances = match self.half {
            Some(Role::Ingress) => &[balances[0], ("pushed = out", self.pushed, self.out)][..],
            _ => &balances[..],
        };
        let broken: Vec<String> =
            balances.iter().filter(|(_, a, b)| a != b).map(|(name, a, b)| format!("{name}: {a} is not {b}")).collect();
        if broken.is_empty() { Ok(()) } else { Err(Conservation(broken.join("; "))) }
    }
}
