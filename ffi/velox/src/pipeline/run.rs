//! Builds the stages, starts their threads, watches them, and adds up.

use super::crew::{BoxedStage, work};
use super::joints::Joiner;
use super::plan::Plan;
use super::report::{Report, Snapshot, StageReport, Surroundings};
use super::segment::SegmentError;
use crate::arrivals::Arrivals;
use crate::book::Book;
use crate::builder::BundleBuilder;
use crate::bundle::Bundle;
use crate::chaos::Stalling;
use crate::config::{Config, ConfigError};
use crate::host::{
    HostClock, Meter, Pages, Placement, Region, Stolen, allowed_cpus, pin, raise_priority, sharpen_timers,
};
use crate::interval::{IntervalEnd, IntervalRecorder, intervals};
use crate::stage::{BookStage, BundleStage, Ingress, Kind, Load, Meters, Output, SIZES, Stage, StageResult};
use crate::traffic::Traffic;
use crate::transaction::Transaction;
use hftz_clock::{Clock, Scale};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_model::Side;
use hftz_ring::spsc::{Consumer, Producer};
use hftz_ring::{Counter, RingError};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Why a run did not happen.
#[derive(Debug)]
pub enum PipelineError {
    Config(ConfigError),
    Ring(RingError),
    Memory(io::Error),
    Thread(io::Error),
    Segment(SegmentError),
    /// The other half of the pipeline did not end as it should; what became of the transactions.
    Peer(String),
    /// A stage panicked; its text is on standard error.
    Stage,
}

impl fmt::Display for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Ring(error) => error.fmt(f),
            Self::Memory(error) => write!(f, "no memory for the rings: {error}"),
            Self::Thread(error) => write!(f, "cannot start a thread: {error}"),
            Self::Segment(error) => error.fmt(f),
            Self::Peer(text) => f.write_str(text),
            Self::Stage => f.write_str("a stage failed"),
        }
    }
}

impl std::error::Error for PipelineError {}

impl From<SegmentError> for PipelineError {
    fn from(error: SegmentError) -> Self {
        Self::Segment(error)
    }
}

impl From<RingError> for PipelineError {
    fn from(error: RingError) -> Self {
        Self::Ring(error)
    }
}

/// The price in the middle of the book's window: 100.00 in hundredths.
const CENTRE: i64 = 10_000;

/// How long until the first arrival, so that all threads are there by then.
const LEAD_NS: u64 = 20_000_000;

/// Why threads were not raised where nothing forbids it.
const NO_SPARE: &str = "they take every processor";

/// How often the watching thread looks.
const LOOK: Duration = Duration::from_millis(5);

/// What all builders of stages need.
pub(super) struct Site<'a> {
    config: &'a Config,
    clock: HostClock,
    start: u64,
    meters: Arc<Meters>,
    sizes: Arc<[Counter; SIZES]>,
    book: Arc<Book>,
    stop: Arc<AtomicBool>,
    placement: Placement,
    stages: Vec<BoxedStage>,
}

impl<'a> Site<'a> {
    pub(super) fn new(config: &'a Config, scale: Scale) -> Result<Self, PipelineError> {
        config.check().map_err(PipelineError::Config)?;
        let clock = HostClock::new(scale);
        Ok(Self {
            config,
            clock,
            start: clock.ticks().wrapping_add(scale.ticks(LEAD_NS)),
            meters: Arc::default(),
            sizes: Arc::new(std::array::from_fn(|_| Counter::new())),
            book: Arc::new(Book::around(CENTRE)),
            stop: Arc::default(),
            placement: match config.cpus.as_slice() {
                [] => Placement::near(&allowed_cpus(), Kind::ALL.len()),
                given => Placement::given(given),
            },
            stages: Vec::new(),
        })
    }

    fn scale(&self) -> Scale {
        self.clock.scale()
    }

    fn add(&mut self, stage: impl Stage + Send + 'static) {
        let stage: BoxedStage = match self.config.chaos {
            Some(chaos) => Box::new(Stalling::new(stage, chaos, self.clock, self.scale())),
            None => Box::new(stage),
        };
        self.stages.push(stage);
    }

    pub(super) fn add_ingress<M: Send + 'static>(&mut self, output: Producer<Transaction, M>) {
        let Config { pattern, rate, burst, seed, duration_ns, .. } = *self.config;
        let load = Load {
            arrivals: Arrivals::new(pattern, rate, burst, self.scale(), self.start, seed),
            traffic: Traffic::new(CENTRE, !seed),
            until: self.start.wrapping_add(self.scale().ticks(duration_ns)),
        };
        let (meters, stop) = (Arc::clone(&self.meters), Arc::clone(&self.stop));
        self.add(Ingress::new(self.clock, self.scale(), load, output, meters, stop));
    }

    /// Book, bundle and output behind ring A; `foreign` when that comes from another process.
    pub(super) fn add_downstream<M: Send + 'static>(
        &mut self,
        input: Consumer<Transaction, M>,
        joiner: &mut Joiner,
        latency: IntervalRecorder,
        foreign: bool,
    ) -> Result<(), PipelineError> {
        let (clock, scale) = (self.clock, self.scale());
        let (to_bundle, from_book) = joiner.join::<Transaction>(self.config.rings[1])?;
        let (to_output, from_bundle) = joiner.join::<Bundle>(self.config.rings[2])?;
        let meters = || Arc::clone(&self.meters);
        let book = BookStage::new(clock, scale, Arc::clone(&self.book), input, to_bundle, meters());
        let book = if foreign { book.with_stop(Arc::clone(&self.stop)) } else { book };
        let builder = BundleBuilder::new(self.config.bundle_size, scale.ticks(self.config.window_ns));
        let bundle = BundleStage::new(clock, scale, builder, from_book, to_output, meters());
        let output = Output::new(clock, scale, from_bundle, latency, Arc::clone(&self.sizes), meters());
        self.add(book);
        self.add(bundle);
        self.add(output);
        Ok(())
    }

    pub(super) fn region(&self, with_a: bool) -> Result<Arc<Region>, PipelineError> {
        let [a, b, c] = self.config.rings;
        let a = if with_a { Joiner::bytes::<Transaction>(a)? } else { 0 };
        let bytes = a + Joiner::bytes::<Transaction>(b)? + Joiner::bytes::<Bundle>(c)?;
        Region::new(bytes, self.placement.node).map(Arc::new).map_err(PipelineError::Memory)
    }

    pub(super) fn intervals(&self) -> Result<(IntervalRecorder, IntervalEnd), PipelineError> {
        Ok(intervals(Layout::LATENCY, self.start, self.scale().ticks(self.config.interval_ns))?)
    }
}

/// Runs the whole pipeline: until its duration is over or `stopped` says so, and then until everything accepted has come out.
/// `observe` is called on this thread every few milliseconds and at the end of each interval.
///
/// # Errors
/// [`PipelineError`] when it cannot start.
pub fn run(
    config: &Config,
    scale: Scale,
    stopped: impl Fn() -> bool,
    observe: impl FnMut(&Snapshot<'_>),
) -> Result<Report, PipelineError> {
    let mut site = Site::new(config, scale)?;
    let region = site.region(true)?;
    let mut joiner = Joiner::new(Arc::clone(&region));
    let (tx, rx) = joiner.join::<Transaction>(config.rings[0])?;
    let (recorder, end) = site.intervals()?;
    site.add_ingress(tx);
    site.add_downstream(rx, &mut joiner, recorder, false)?;
    operate(site, Some(&region), Some(end), stopped, observe)
}

/// Starts a thread for each crew, watches until all have ended, adds up.
pub(super) fn operate(
    mut site: Site<'_>,
    region: Option<&Region>,
    mut latencies: Option<IntervalEnd>,
    stopped: impl Fn() -> bool,
    mut observe: impl FnMut(&Snapshot<'_>),
) -> Result<Report, PipelineError> {
    let kinds: Vec<Kind> = site.stages.iter().map(|stage| stage.kind()).collect();
    let plan = Plan::new(site.config, &kinds, &site.placement.cpus);
    let cpus: Vec<usize> = plan.crews.iter().filter_map(|crew| crew.cpu).collect();
    let stolen = Stolen::until_now(&cpus);
    // Threads that spin before all others leave nothing to those where they take every processor.
    let spare = plan.threads < allowed_cpus().len();
    let mut rest = std::mem::take(&mut site.stages);
    let (clock, scale) = (site.clock, site.scale());
    let mut latency = OwnedHistogram::new(Layout::LATENCY);
    let elapsed_ns = || {
        let now = clock.ticks().wrapping_sub(site.start);
        if now > u64::MAX / 2 { 0 } else { scale.nanoseconds(now) }
    };
    let outcome = std::thread::scope(|threads| {
        let mut crews = Vec::new();
        for crew in &plan.crews {
            let (mine, others) = rest.into_iter().partition(|stage| crew.stages.contains(&stage.kind()));
            rest = others;
            let (meters, idle, cpu) = (Arc::clone(&site.meters), plan.idle, crew.cpu);
            let body = move || {
                let pinned = cpu.map_or(Ok(()), |cpu| pin(cpu).map_err(|error| unpinned(cpu, &error)));
                sharpen_timers();
                let raised =
                    if spare { raise_priority().map_err(|error| error.to_string()) } else { Err(NO_SPARE.to_owned()) };
                let costs = Meter::start();
                let results = work(mine, idle, &clock, |ns| scale.ticks(ns), &meters);
                (pinned.err(), raised, costs.stop(), results)
            };
            let name = crew.stages.first().map_or("velox", |kind| kind.name());
            match std::thread::Builder::new().name(format!("velox-{name}")).spawn_scoped(threads, body) {
                Ok(thread) => crews.push(thread),
                Err(error) => {
                    // Stages whose thread never came are dropped here, which closes their rings: the others finish.
                    site.stop.store(true, Ordering::Relaxed);
                    rest.clear();
                    return Err(PipelineError::Thread(error));
                }
            }
        }
        loop {
            let ended = crews.iter().all(|crew| crew.is_finished());
            if stopped() {
                site.stop.store(true, Ordering::Relaxed);
            }
            let mut show = |interval: Option<&_>| {
                observe(&Snapshot {
                    elapsed_ns: elapsed_ns(),
                    meters: &site.meters,
                    best_bid: site.book.best_bid(),
                    best_ask: site.book.best_ask(),
                    interval,
                });
            };
            if let Some(end) = &mut latencies {
                while let Some(interval) = end.take() {
                    // One layout everywhere, so this cannot fail; a difference would show in the balance of latencies.
                    let _ = latency.merge(&interval.histogram);
                    show(Some(&interval));
                    end.give_back(interval.histogram);
                }
            }
            show(None);
            if ended {
                break;
            }
            std::thread::sleep(LOOK);
        }
        let joined: Result<Vec<_>, _> =
            crews.into_iter().map(|crew| crew.join().map_err(|_| PipelineError::Stage)).collect();
        joined
    });
    let elapsed_ns = elapsed_ns();
    let (mut unpinned, mut all_raised, mut costs, mut results) = (Vec::new(), Ok(()), Vec::new(), Vec::new());
    for (pinned, raised, cost, result) in outcome? {
        all_raised = all_raised.and(raised);
        unpinned.extend(pinned);
        costs.push(cost);
        results.extend(result);
    }
    let surroundings = Surroundings {
        plan,
        unpinned,
        raised: all_raised,
        costs,
        pages: region.map_or(Pages::Ordinary, Region::pages),
        node: region.and_then(Region::node),
        stolen: stolen.share_since(elapsed_ns),
        elapsed_ns,
    };
    Ok(add_up(&site, surroundings, results, latency))
}

/// Why a thread is not on the processor that was meant for it.
fn unpinned(cpu: usize, error: &io::Error) -> String {
    if allowed_cpus().contains(&cpu) {
        format!("CPU {cpu}: {error}")
    } else {
        format!("CPU {cpu} is not there, or not for this process; its thread ran where the system put it")
    }
}

fn add_up(site: &Site<'_>, surroundings: Surroundings, results: Vec<StageResult>, latency: OwnedHistogram) -> Report {
    let meters = &site.meters;
    let stages = results.into_iter().map(|result| StageReport {
        kind: result.kind,
        handled: meters.handled(result.kind),
        busy_ns: site.scale().nanoseconds(meters.busy[result.kind as usize].get()),
        blocked: meters.blocked[result.kind as usize].get(),
        wait: result.histogram,
    });
    let rejects = &meters.rejects;
    Report {
        surroundings,
        half: None,
        offered: site.config.mean_rate(),
        abandoned: 0,
        generated: meters.generated.get(),
        pushed: meters.pushed.get(),
        dropped: meters.dropped.get(),
        booked: meters.booked.get(),
        rejects: [&rejects.outside_window, &rejects.empty, &rejects.overflow, &rejects.contended, &rejects.invalid]
            .map(Counter::get),
        added: meters.added.get(),
        taken: meters.taken.get(),
        resting: site.book.total(Side::Buy) + site.book.total(Side::Sell),
        bundles: meters.bundles.get(),
        bundled: meters.bundled.get(),
        bundles_out: meters.bundles_out.get(),
        out: meters.out.get(),
        disorder: meters.disorder.get(),
        sizes: std::array::from_fn(|size| site.sizes[size].get()),
        stages: stages.collect(),
        latency,
    }
}
