//! The four stages on a virtual clock: no threads, no waiting, the same figures on every machine.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use hftz_clock::{Clock, Manual, Scale};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_ring::{Counter, spsc};
use hftz_velox::book::Book;
use hftz_velox::chaos::{Chaos, Stalling};
use hftz_velox::stage::{BookStage, BundleStage, Ingress, Load, Meters, Output, Progress, SIZES, Stage};
use hftz_velox::{Arrivals, BundleBuilder, Burst, IntervalEnd, Pattern, Traffic, intervals, theory};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const SECOND: u64 = 1_000_000_000;

struct Run {
    pattern: Pattern,
    rate: f64,
    burst: Option<Burst>,
    millis: u64,
    size: usize,
    rings: [usize; 3],
    chaos: Option<Chaos>,
}

const RUN: Run = Run {
    pattern: Pattern::Poisson,
    rate: 1e5,
    burst: None,
    millis: 10_000,
    size: 16,
    rings: [1024, 1024, 1024],
    chaos: None,
};

struct Outcome {
    meters: Arc<Meters>,
    sizes: Arc<[Counter; SIZES]>,
    book: Arc<Book>,
    latency: OwnedHistogram,
    bundle_wait: OwnedHistogram,
    seconds: f64,
}

impl Run {
    /// Steps the stages at every moment at which something happens; `stall` may hold all but ingress back.
    fn simulate(&self, stall: impl Fn(u64) -> Option<u64>) -> Outcome {
        let clock = &Manual::new(0);
        let scale = Scale::NANOSECONDS;
        let (a_in, a_out) = spsc::channel(self.rings[0]).unwrap();
        let (b_in, b_out) = spsc::channel(self.rings[1]).unwrap();
        let (c_in, c_out) = spsc::channel(self.rings[2]).unwrap();
        let (meters, book) = (Arc::new(Meters::default()), Arc::new(Book::around(10_000)));
        let sizes = Arc::new(std::array::from_fn(|_| Counter::new()));
        let (recorder, mut end) = intervals(Layout::LATENCY, 0, SECOND).unwrap();
        let load = Load {
            arrivals: Arrivals::new(self.pattern, self.rate, self.burst, scale, 0, 42),
            traffic: Traffic::new(10_000, 43),
            until: self.millis * (SECOND / 1_000),
        };
        let m = || Arc::clone(&meters);
        let builder = BundleBuilder::new(self.size, 100_000);
        let stages: [Box<dyn Stage>; 4] = [
            Box::new(Ingress::new(clock, scale, load, a_in, m(), Arc::new(AtomicBool::new(false)))),
            Box::new(BookStage::new(clock, scale, Arc::clone(&book), a_out, b_in, m())),
            Box::new(BundleStage::new(clock, scale, builder, b_out, c_in, m())),
            Box::new(Output::new(clock, scale, c_out, recorder, Arc::clone(&sizes), m())),
        ];
        let mut stages = stages.map(|stage| self.troubled(stage, clock));
        let mut latency = OwnedHistogram::new(Layout::LATENCY);
        loop {
            let held = stall(clock.ticks());
            let awake = if held.is_some() { 1 } else { 4 };
            while step(&mut stages[..awake]) {
                collect(&mut end, &mut latency);
            }
            let next =
                stages.iter().filter_map(|stage| stage.wake()).chain(held).filter(|&at| at > clock.ticks()).min();
            match next {
                Some(at) => clock.set(at),
                // Every stage has finished, or stands at a moment that has come.
                None if stages.iter_mut().all(|stage| stage.step() == Progress::Finished) => break,
                None => clock.advance(1_000),
            }
        }
        collect(&mut end, &mut latency);
        let bundle_wait = stages.into_iter().nth(2).unwrap().finish().histogram;
        Outcome { meters, sizes, book, latency, bundle_wait, seconds: clock.ticks() as f64 / 1e9 }
    }

    fn troubled<'a>(&self, stage: Box<dyn Stage + 'a>, clock: &'a Manual) -> Box<dyn Stage + 'a> {
        match self.chaos {
            Some(chaos) => Box::new(Stalling::new(stage, chaos, clock, Scale::NANOSECONDS)),
            None => stage,
        }
    }
}

/// Steps each stage once; whether any of them did something.
fn step(stages: &mut [Box<dyn Stage + '_>]) -> bool {
    stages.iter_mut().fold(false, |worked, stage| matches!(stage.step(), Progress::Worked(_)) | worked)
}

fn collect(end: &mut IntervalEnd, latency: &mut OwnedHistogram) {
    while let Some(interval) = end.take() {
        latency.merge(&interval.histogram).unwrap();
        end.give_back(interval.histogram);
    }
}

impl Outcome {
    fn mean_size(&self) -> f64 {
        self.meters.bundled.get() as f64 / self.meters.bundles.get() as f64
    }

    /// Everything generated was dropped or came out, in order; every quantity added was taken or rests.
    fn assert_conserved(&self) {
        let m = &self.meters;
        assert_eq!(m.generated.get(), m.pushed.get() + m.dropped.get());
        for handled in [&m.booked, &m.bundled, &m.out] {
            assert_eq!(handled.get(), m.pushed.get());
        }
        assert_eq!((m.bundles.get(), m.disorder.get(), self.latency.count()), (m.bundles_out.get(), 0, m.out.get()));
        assert_eq!(self.sizes.iter().map(Counter::get).sum::<u64>(), m.bundles_out.get());
        let resting = [hftz_model::Side::Buy, hftz_model::Side::Sell].map(|side| self.book.total(side));
        assert_eq!(m.added.get() - m.taken.get(), resting[0] + resting[1]);
    }
}

fn close(found: f64, expected: f64, share: f64) {
    assert!((found / expected - 1.0).abs() < share, "{found} is not {expected}");
}

#[test]
fn bundles_have_the_sizes_and_waits_that_theory_gives_them() {
    for (rate, size, millis, mean_size, per_second, wait_us) in [
        (1e5, 16, 4_000, 10.8965, 9_177.2, 53.45),
        (1e5, 5, 2_000, 4.9863, 20_054.8, 19.91),
        (5e4, 16, 6_000, 5.9999, 8_333.5, 58.32),
        (2e5, 16, 1_000, 15.7496, 12_698.7, 36.96),
        (1e6, 16, 300, 16.0, 62_500.0, 7.5),
    ] {
        let outcome = Run { rate, size, millis, ..RUN }.simulate(|_| None);
        outcome.assert_conserved();
        assert_eq!(outcome.meters.dropped.get(), 0);
        // 200,000 arrivals and more: the rate itself varies by 0.2 %.
        close(outcome.mean_size(), mean_size, 0.007);
        close(outcome.meters.bundles.get() as f64 / outcome.seconds, per_second, 0.007);
        close(outcome.bundle_wait.mean() / 1e3, wait_us, 0.007);
        close(theory::bundles(rate, size, 100.0).mean_wait_us, wait_us, 0.0025);
    }
}

/// 1 kHz for 2 s, all stages behind ingress stalled in the first second.
#[test]
fn latency_counts_from_the_intended_time_through_a_stall() {
    let run = Run { pattern: Pattern::Uniform, rate: 1e3, millis: 2_000, ..RUN };
    let outcome = run.simulate(|now| (now < SECOND).then_some(SECOND));
    outcome.assert_conserved();
    assert_eq!((outcome.meters.generated.get(), outcome.meters.dropped.get()), (1_999, 0));
    let ms = |part| outcome.latency.percentile(part) as f64 / 1e6;
    close(outcome.latency.mean() / 1e6, 250.0, 0.02);
    close(ms(750_000), 500.0, 0.02);
    close(ms(990_000), 980.0, 0.01);
}

#[test]
fn a_burst_beyond_the_rings_is_dropped_and_counted() {
    let burst = Burst { factor: 100, length_ns: 1_000_000, every_ns: 100_000_000 };
    let run = Run { burst: Some(burst), millis: 300, rings: [64, 64, 64], ..RUN };
    // The stages behind ingress look only every millisecond.
    let outcome = run.simulate(|now| (now % 1_000_000 != 0).then(|| now.next_multiple_of(1_000_000)));
    outcome.assert_conserved();
    assert!(outcome.meters.dropped.get() > 3_000 && outcome.meters.out.get() > 3_000);
}

#[test]
fn chaos_loses_nothing_that_was_accepted() {
    for seed in 0..3 {
        let chaos = Chaos { seed, per_second: 300.0, longest_ns: 20_000_000 };
        let outcome = Run { millis: 500, rings: [256, 128, 8], chaos: Some(chaos), ..RUN }.simulate(|_| None);
        outcome.assert_conserved();
        let m = &outcome.meters;
        assert!(m.dropped.get() > 0 && m.out.get() > 0, "no trouble: {} dropped", m.dropped.get());
        assert!(m.blocked.iter().any(|blocked| blocked.get() > 0), "back-pressure was never felt");
    }
}

/// Lindley's recursion: who arrives waits for what is left of the one before.
#[test]
fn a_queue_in_front_of_a_fixed_service_waits_as_theory_says() {
    const ARRIVALS: u32 = 1_000_000;
    for (service_ns, tolerance) in [(500.0, 0.03), (1_000.0, 0.03), (5_000.0, 0.03), (9_000.0, 0.15)] {
        let mut arrivals = Arrivals::new(Pattern::Poisson, 1e5, None, Scale::NANOSECONDS, 0, 5);
        let (mut free_at, mut waited) = (0.0_f64, 0.0);
        for _ in 0..ARRIVALS {
            let now = arrivals.next() as f64;
            arrivals.advance();
            let begun = now.max(free_at);
            waited += begun - now;
            free_at = begun + service_ns;
        }
        close(waited / f64::from(ARRIVALS), theory::md1_wait(1e-4, service_ns).unwrap(), tolerance);
    }
}

/// Looked at in the middle of things, with stages stalled and rings full: what is not yet booked or out lies in a ring or in the
/// open bundle.
#[test]
fn at_any_moment_everything_generated_is_dropped_booked_or_in_flight() {
    let (clock, scale) = (&Manual::new(0), Scale::NANOSECONDS);
    let (a_in, a_out) = spsc::channel(64).unwrap();
    let (b_in, b_out) = spsc::channel(32).unwrap();
    let (c_in, c_out) = spsc::channel(4).unwrap();
    let (meters, book) = (Arc::new(Meters::default()), Arc::new(Book::around(10_000)));
    let sizes = Arc::new(std::array::from_fn(|_| Counter::new()));
    let (recorder, _end) = intervals(Layout::LATENCY, 0, SECOND).unwrap();
    let load = Load {
        arrivals: Arrivals::new(Pattern::Poisson, 1e6, None, scale, 0, 8),
        traffic: Traffic::new(10_000, 9),
        until: SECOND,
    };
    let m = || Arc::clone(&meters);
    let mut stages: [Box<dyn Stage>; 4] = [
        Box::new(Ingress::new(clock, scale, load, a_in, m(), Arc::new(AtomicBool::new(false)))),
        Box::new(BookStage::new(clock, scale, Arc::clone(&book), a_out, b_in, m())),
        Box::new(BundleStage::new(clock, scale, BundleBuilder::new(16, 100_000), b_out, c_in, m())),
        Box::new(Output::new(clock, scale, c_out, recorder, sizes, m())),
    ];
    let mut random = hftz_flow::Random::new(3);
    let (mut most_in_ring, mut most_in_flight) = (0, 0);
    for step in 0..100_000 {
        clock.advance(random.bits() % 4_000);
        stages[(random.bits() % 4) as usize].step();
        let in_ring = meters.generated.get() - meters.dropped.get() - meters.booked.get();
        let in_flight = meters.in_flight();
        // Ring A; then the rings behind it and the open bundle.
        assert!(in_ring <= 64 && in_flight - in_ring <= 32 + 5 * 16, "{in_ring} {in_flight}");
        // Adding up all levels takes longer than everything else.
        if step % 500 == 0 {
            let resting = [hftz_model::Side::Buy, hftz_model::Side::Sell].map(|side| book.total(side));
            assert_eq!(meters.added.get() - meters.taken.get(), resting[0] + resting[1]);
        }
        (most_in_ring, most_in_flight) = (most_in_ring.max(in_ring), most_in_flight.max(in_flight));
    }
    assert!(most_in_ring == 64 && most_in_flight > 100 && meters.dropped.get() > 0, "{most_in_ring} {most_in_flight}");
}
