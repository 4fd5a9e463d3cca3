//! The matching engine on the public workload: matching alone, and with every report handed to a second thread.
//!
//! Matching alone is processor time of the thread, paired round by round over all scenarios. The hand-over is wall time
//! from the first message until the last report was drained, as the public benchmark defines it.

pub mod reports;
pub mod workload;

use std::time::{Duration, Instant};

use hftz_book::matching::{Engine, Settings, Sink};
use hftz_clock::{Deadline, Tsc, spin_until, ticks};
use hftz_isa::V3;
use hftz_model::Event;
use hftz_ring::{Full, spsc};
use hftz_velox::host::{allocations, calibrate};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::options::Options;
use crate::report::Report;
use crate::ring::settle;
use crate::rounds::{Series, Spread, nanoseconds_each};
use crate::slices::Slices;
use reports::Translator;
use workload::{Message, Order, SCENARIOS};

/// Takes each report and keeps only a sum, so that writing them is measured and storing them is not.
#[derive(Default)]
struct Sum {
    reports: u64,
    sum: u64,
}

impl Sink for Sum {
    #[inline]
    fn report(&mut self, event: &Event) {
        self.reports += 1;
        self.sum = self.sum.wrapping_add(event.order_id ^ u64::from(event.quantity) ^ event.price as u64);
    }
}

/// Words of a report on its way to another thread.
const WORDS: usize = 6;
/// Reports that leave together.
const BURST: usize = 512;

/// Hands each report to another thread.
struct Handover(spsc::Burst<WORDS>);

impl Sink for Handover {
    // In line, so that a report goes from registers into the ring: one put together in memory, byte by byte, would be waited
    // for when it is read back in words.
    #[inline(always)]
    fn report(&mut self, event: &Event) {
        if let Err(Full(words)) = self.0.push(event.words()) {
            self.wait(words);
        }
    }
}

impl Handover {
    #[cold]
    #[inline(never)]
    fn wait(&mut self, mut words: [u64; WORDS]) {
        let mut tries = 0_u32;
        while let Err(full) = self.0.push(words) {
            words = full.0;
            tries += 1;
            // Where both threads have one processor, the other end only gets on when this one lets it.
            if tries.is_multiple_of(64) { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
    }
}

/// Takes reports until the other thread has left; how many, and a sum of what each says.
fn drain(mut reports: spsc::Consumer<[u64; WORDS]>) -> (u64, u64) {
    let (mut count, mut sum, mut idle) = (0, 0_u64, 0_u32);
    while !reports.is_finished() {
        let taken = reports.drain(256, |words| sum = sum.wrapping_add(words[2] ^ words[3] ^ words[4]));
        count += taken as u64;
        if taken == 0 {
            idle += 1;
            // Each look takes the position's cache line from the other thread.
            if idle % 64 == 0 { std::thread::yield_now() } else { (0..20).for_each(|_| std::hint::spin_loop()) }
        }
    }
    (count, sum)
}

/// What every engine of a run is made with.
struct Setup {
    settings: Settings,
    isa: Option<V3>,
}

impl Setup {
    fn engine(&self) -> Result<Engine, String> {
        let engine = Engine::new(&self.settings).map_err(|error| error.to_string())?;
        Ok(engine.run_on(self.isa))
    }
}

/// One scenario, generated, with what was measured of it.
struct Case {
    name: String,
    messages: Vec<Message>,
    hash: String,
    hash_ok: Option<bool>,
    trades: u64,
    reports: u64,
    alone: Series,
    handed: Series,
}

/// Options: `orders`, `seed`, `rounds`, `capacity`, `rate` of the open loop.
pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let orders = options.number("orders", workload::ORDERS as u64) as usize;
    let seed = u32::try_from(options.number("seed", u64::from(workload::SEED))).map_err(|_| "seed: 32 bits")?;
    let rounds = options.number("rounds", 10).max(1);
    let capacity = u32::try_from(options.number("capacity", 1 << 20)).map_err(|_| "capacity: up to 2^30")?;
    let rate = options.number("rate", 1_000_000).max(1);
    let isa = hftz_isa::chosen().map_err(|error| error.to_string())?;
    let setup = Setup { settings: Settings { capacity, ..Settings::default() }, isa };
    let mut report = Report::default();
    report.fact("orders", orders);
    report.fact("seed", seed);
    report.fact("capacity", capacity);
    report.fact("isa", hftz_isa::name(isa));
    report.fact("warmUp", "1 pass of each scenario, whose reports are hashed");
    let published = (orders, seed) == (workload::ORDERS, workload::SEED);
    let mut cases = Vec::new();
    for scenario in &SCENARIOS {
        options.go_on()?;
        let messages = workload::generate(scenario, orders, seed, Order::Published);
        let expected = published.then_some((scenario.sha256, scenario.trades));
        cases.push(Case::new(scenario.name, messages, expected, &setup)?);
    }
    for (name, order) in [("static, interleaved", Order::Interleaved), ("static, random age", Order::RandomAge)] {
        options.go_on()?;
        cases.push(Case::new(name, workload::generate(&SCENARIOS[0], orders, seed, order), None, &setup)?);
    }
    for _ in 0..rounds {
        for case in &mut cases {
            options.go_on()?;
            case.measure(&setup)?;
        }
    }
    report.fact("scenarios", cases.iter().map(Case::row).collect::<Vec<_>>());
    if let Some(worst) = cases[..SCENARIOS.len()].iter().map(|case| case.handed.spread().median).reduce(f64::min) {
        report.fact("worstMessagesPerSec", worst * 1e6);
    }
    for case in &cases {
        report.figure(format!("{}, matching", case.name), "ns a message", &case.alone);
    }
    for case in &cases {
        report.figure(format!("{}, with hand-over", case.name), "M messages/s", &case.handed);
    }
    options.go_on()?;
    if let Some(normal) = cases.get(1) {
        let (slices, seconds) = open_loop(&normal.messages, &setup, rate)?;
        report.fact("offeredPerSec", rate);
        report.fact("achievedPerSec", normal.messages.len() as f64 / seconds);
        slices.report(&mut report, "response");
    }
    Ok(report)
}

/// Messages on an absolute schedule, each from its intended time to its last report; and the seconds until the last.
fn open_loop(messages: &[Message], setup: &Setup, rate: u64) -> Result<(Slices, f64), String> {
    let scale = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale;
    let mut engine = setup.engine()?;
    let span = u128::try_from(messages.len()).unwrap_or(0) * 1_000_000_000 / u128::from(rate);
    let mut slices = Slices::new(scale, u64::try_from(span).unwrap_or(u64::MAX));
    let mut sum = Sum::default();
    let start = ticks().wrapping_add(scale.ticks(1_000_000));
    for (number, message) in (0_u64..).zip(messages) {
        let at = u128::from(number) * 1_000_000_000 / u128::from(rate);
        let offset_ns = u64::try_from(at).unwrap_or(u64::MAX);
        let intended = start.wrapping_add(scale.ticks(offset_ns));
        spin_until(&Tsc, Deadline(intended));
        let started = ticks();
        engine.apply(&message.command(), &mut sum);
        let ended = ticks();
        slices.at(offset_ns).record(intended, started, ended);
    }
    std::hint::black_box(sum.sum);
    let seconds = scale.nanoseconds(ticks().wrapping_sub(start)) as f64 / 1e9;
    Ok((slices, seconds))
}

impl Case {
    /// `expected` is the published hash of the reports and the number of trades.
    fn new(
        name: &str,
        messages: Vec<Message>,
        expected: Option<(&'static str, u64)>,
        setup: &Setup,
    ) -> Result<Self, String> {
        let (hash, trades, reports) = digest(&messages, setup)?;
        let hash_ok = expected.map(|(known, count)| known == hash && count == trades);
        let (alone, handed) = (Series::default(), Series::default());
        Ok(Self { name: name.to_owned(), messages, hash, hash_ok, trades, reports, alone, handed })
    }

    /// `hashOk` is null where nothing is published.
    fn row(&self) -> Value {
        let Spread { median, min, max } = self.handed.spread();
        json!({ "scenario": self.name, "messages": self.messages.len(), "messagesPerSec": median * 1e6,
            "slowestPerSec": min * 1e6, "fastestPerSec": max * 1e6, "serviceNs": self.alone.spread().median, "trades": self.trades,
            "reports": self.reports, "hash": self.hash, "hashOk": self.hash_ok })
    }

    fn measure(&mut self, setup: &Setup) -> Result<(), String> {
        let mut engine = setup.engine()?;
        let mut sum = Sum::default();
        let count = self.messages.len() as u64;
        let each = nanoseconds_each(count, || {
            engine.apply_all(self.messages.iter().map(Message::command), &mut sum);
        });
        self.alone.0.push(each);
        if sum.reports != engine.reports() {
            return Err(format!("{}: {} reports came of {}", self.name, sum.reports, engine.reports()));
        }
        self.handed.0.push(self.hand_over(setup)?);
        Ok(())
    }

    /// Millions of messages a second until the last report was drained.
    fn hand_over(&self, setup: &Setup) -> Result<f64, String> {
        let mut engine = setup.engine()?;
        let (producer, consumer) = spsc::channel(1 << 14).map_err(|error| format!("{error:?}"))?;
        let mut handover = Handover(spsc::Burst::new(producer, BURST));
        // Each end on a processor of its own, where there are two; a thread that is pinned takes its place with it when it ends.
        let seconds = std::thread::scope(|scope| {
            let drained = scope.spawn(move || {
                settle(1);
                drain(consumer)
            });
            let matched = scope.spawn(move || {
                settle(0);
                let start = Instant::now();
                allocations::counted(|| {
                    engine.apply_all(self.messages.iter().map(Message::command), &mut handover);
                });
                drop(handover);
                (start, engine.reports())
            });
            let (start, reports) = matched.join().map_err(|_| "the matching thread failed".to_owned())?;
            let (count, sum) = drained.join().map_err(|_| "the draining thread failed".to_owned())?;
            let seconds = start.elapsed().as_secs_f64();
            std::hint::black_box(sum);
            if count == reports { Ok(seconds) } else { Err("reports were lost".to_owned()) }
        })?;
        Ok(self.messages.len() as f64 / seconds / 1e6)
    }
}

/// SHA-256 of the text of all reports, trades, report lines.
fn digest(messages: &[Message], setup: &Setup) -> Result<(String, u64, u64), String> {
    let mut engine = setup.engine()?;
    let mut reports = Translator::new(messages.len());
    for message in messages {
        engine.apply(&message.command(), &mut reports);
        reports.complete();
    }
    let digest = Sha256::digest(reports.text.as_bytes());
    Ok((digest.iter().map(|byte| format!("{byte:02x}")).collect(), reports.trades, reports.lines))
}
