//! The matching engine on the public workload: matching alone, and with every report handed to a second thread.
//!
//! Matching alone is processor time of the thread, paired round by round over all scenarios. The hand-over is wall time
//! from the first message until the last report was drained, as the public benchmark defines it.

mod reports;
mod workload;

use std::time::Instant;

use hftz_book::matching::{Engine, Settings, Sink};
use hftz_model::Event;
use hftz_ring::spsc;

use crate::options::Options;
use crate::report::Report;
use crate::rounds::{Series, nanoseconds_each};
use reports::Translator;
use workload::{Message, Order, SCENARIOS, Scenario};

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

/// Hands each report to another thread.
struct Handover(spsc::Producer<Event>);

impl Sink for Handover {
    #[inline]
    fn report(&mut self, event: &Event) {
        let mut event = *event;
        while let Err(full) = self.0.push(event) {
            event = full.0;
            std::thread::yield_now();
        }
    }
}

/// One scenario, generated, with what was measured of it.
struct Case {
    name: String,
    messages: Vec<Message>,
    alone: Series,
    handed: Series,
}

/// Options: `--orders`, `--seed`, `--rounds`, `--capacity`.
pub fn run(options: &Options) -> Result<Report, String> {
    let orders = options.number("orders", workload::ORDERS as u64)? as usize;
    let seed = u32::try_from(options.number("seed", u64::from(workload::SEED))?).map_err(|_| "--seed: 32 bits")?;
    let rounds = options.number("rounds", 10)?.max(1);
    let capacity = u32::try_from(options.number("capacity", 1 << 20)?).map_err(|_| "--capacity: up to 2^30")?;
    let settings = Settings { capacity, ..Settings::default() };
    let mut report = Report::new("match");
    report.fact("orders", orders);
    report.fact("seed", seed);
    report.fact("capacity", capacity);
    let mut cases = Vec::new();
    for scenario in &SCENARIOS {
        let messages = workload::generate(scenario, orders, seed, Order::Published);
        if (orders, seed) == (workload::ORDERS, workload::SEED) {
            report.fact(&format!("{}: reports as published", scenario.name), verify(scenario, &messages, &settings)?);
        }
        cases.push(Case::new(scenario.name, messages));
    }
    for (name, order) in [("static, interleaved", Order::Interleaved), ("static, random age", Order::RandomAge)] {
        cases.push(Case::new(name, workload::generate(&SCENARIOS[0], orders, seed, order)));
    }
    for _ in 0..rounds {
        for case in &mut cases {
            case.measure(&settings)?;
        }
    }
    for case in &cases {
        report.figure(format!("{}, matching", case.name), "ns a message", &case.alone);
    }
    for case in &cases {
        report.figure(format!("{}, with hand-over", case.name), "M messages/s", &case.handed);
    }
    Ok(report)
}

impl Case {
    fn new(name: &str, messages: Vec<Message>) -> Self {
        Self { name: name.to_owned(), messages, alone: Series::default(), handed: Series::default() }
    }

    fn measure(&mut self, settings: &Settings) -> Result<(), String> {
        let mut engine = Engine::new(settings).map_err(|error| error.to_string())?;
        let mut sum = Sum::default();
        let count = self.messages.len() as u64;
        let each = nanoseconds_each(count, || {
            self.messages.iter().for_each(|message| engine.apply(&message.command(), &mut sum));
        });
        self.alone.0.push(each);
        if sum.reports != engine.reports() {
            return Err(format!("{}: {} reports came of {}", self.name, sum.reports, engine.reports()));
        }
        self.handed.0.push(self.hand_over(settings)?);
        Ok(())
    }

    /// Millions of messages a second until the last report was drained.
    fn hand_over(&self, settings: &Settings) -> Result<f64, String> {
        let mut engine = Engine::new(settings).map_err(|error| error.to_string())?;
        let (producer, mut consumer) = spsc::channel(1 << 14).map_err(|error| format!("{error:?}"))?;
        let mut handover = Handover(producer);
        let seconds = std::thread::scope(|scope| {
            let drain = scope.spawn(move || {
                let mut sum = Sum::default();
                while !consumer.is_finished() {
                    if consumer.drain(256, |event: Event| sum.report(&event)) == 0 {
                        std::hint::spin_loop();
                    }
                }
                sum
            });
            let start = Instant::now();
            self.messages.iter().for_each(|message| engine.apply(&message.command(), &mut handover));
            drop(handover);
            let drained = drain.join().map_err(|_| "the draining thread failed".to_owned())?;
            let seconds = start.elapsed().as_secs_f64();
            if drained.reports == engine.reports() { Ok(seconds) } else { Err("reports were lost".to_owned()) }
        })?;
        Ok(self.messages.len() as f64 / seconds / 1e6)
    }
}

/// The number of report lines, if the text of all of them is the published one.
fn verify(scenario: &Scenario, messages: &[Message], settings: &Settings) -> Result<u64, String> {
    use sha2::{Digest, Sha256};
    let mut engine = Engine::new(settings).map_err(|error| error.to_string())?;
    let mut reports = Translator::new(messages.len());
    for message in messages {
        engine.apply(&message.command(), &mut reports);
        reports.complete();
    }
    let digest = Sha256::digest(reports.text.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if digest == scenario.sha256 && reports.trades == scenario.trades {
        Ok(reports.lines)
    } else {
        Err(format!("{}: {} trades and hash {digest} are not the published ones", scenario.name, reports.trades))
    }
}
