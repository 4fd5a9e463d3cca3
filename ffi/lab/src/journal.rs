//! The journal: what appending costs the matching thread, what each durability makes of it, how late a durable record is.
//!
//! Three parts. *Burst*: one pre-faulted segment filled as fast as possible, cost by the thread's own processor time and
//! the 99th percentile over batches of [`BATCH`] by the wall clock; single appends as a histogram, the two readings of the
//! counter around them included. *Sustained*: many segments, until the last record is
//! as safe as its durability makes it. *Open loop*: records at a fixed rate, from the intended moment until durable, and
//! how late they were appended.
//! Files go to the system's temporary directory; set `TMPDIR` to measure another disk.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hftz_clock::ticks;
use hftz_hist::{Layout, OwnedHistogram};
use hftz_journal::{Durability, Journal, Medium, Options as JournalOptions};
use hftz_velox::host::{allocations, calibrate};

use crate::options::Options;
use crate::report::Report;
use crate::rounds::{Series, nanoseconds_each};

/// Records to a batch where single appends are shorter than the clock can tell.
const BATCH: usize = 32;
/// Every so many records of the open loop are timed.
const SAMPLED: u64 = 16;
/// Single appends to a round: they fit the first segment.
const SINGLE: u64 = 20_000;
const LONG: Duration = Duration::from_secs(60);

/// One way to write.
struct Variant {
    name: &'static str,
    durability: Durability,
    medium: Medium,
}

impl Variant {
    fn new(name: &'static str, durability: Durability, medium: Medium) -> Self {
        Self { name, durability, medium }
    }

    /// The defaults of each durability.
    fn defaults() -> Vec<Self> {
        vec![
            Self::new("none", Durability::None, Medium::Mapped),
            Self::new("async", Durability::background(), Medium::Mapped),
            Self::new("group", Durability::group(), Medium::Written),
        ]
    }

    /// And the storage that was not chosen, to see why.
    fn all() -> Vec<Self> {
        let mut all = Self::defaults();
        all.push(Self::new("async, written", Durability::background(), Medium::Written));
        all.push(Self::new("group, mapped", Durability::group(), Medium::Mapped));
        all
    }
}

/// A journal in a directory of its own, which goes away with it.
struct Scratch {
    journal: Option<Journal>,
    path: PathBuf,
}

impl Scratch {
    fn new(variant: &Variant) -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("hftz-bench-journal-{}", std::process::id()));
        let options = JournalOptions {
            durability: variant.durability,
            medium: Some(variant.medium),
            ..JournalOptions::default()
        };
        let journal = Journal::create(&path, &options, b"").map_err(|error| error.to_string())?;
        Ok(Self { journal: Some(journal), path })
    }

    fn journal(&mut self) -> Result<&mut Journal, String> {
        self.journal.as_mut().ok_or_else(|| "the journal is closed".to_owned())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.journal.take());
        // Left behind, it costs room and nothing else.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// What one burst gave, in nanoseconds a record.
#[derive(Default)]
struct Burst {
    mean: Series,
    median: Series,
    p99: Series,
}

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let rounds = options.number("rounds", 5);
    let records = options.number("records", 4_000_000);
    let rate = options.number("rate", 1_000_000).max(1);
    let milliseconds = options.number("milliseconds", 3_000);
    let mut report = Report::default();
    report.fact("directory", std::env::temp_dir().display().to_string());
    report.fact("warmUp", "1 round of the bursts");
    burst(&mut report, rounds, 32)?;
    options.go_on()?;
    burst(&mut report, rounds, 64)?;
    options.go_on()?;
    single(&mut report, rounds, options)?;
    sustained(&mut report, rounds, records, options)?;
    options.go_on()?;
    open_loop(&mut report, rounds, rate, rate.saturating_mul(milliseconds) / 1_000, options)?;
    Ok(report)
}

fn burst(report: &mut Report, rounds: u64, bytes: usize) -> Result<(), String> {
    let variants = Variant::defaults();
    let mut bursts: Vec<Burst> = variants.iter().map(|_| Burst::default()).collect();
    for round in 0..=rounds {
        for (variant, burst) in variants.iter().zip(&mut bursts) {
            let mut scratch = Scratch::new(variant)?;
            let mut batches = Vec::with_capacity(16_384);
            let payload = [0x5A; 64];
            let mean = fill(scratch.journal()?, &payload[..bytes], &mut batches)?;
            // The first round warms up.
            if round > 0 {
                batches.sort_unstable();
                let each = |share: f64| percentile(&batches, share) / BATCH as f64;
                burst.mean.0.push(mean);
                burst.median.0.push(each(0.5));
                burst.p99.0.push(each(0.99));
            }
        }
    }
    for (variant, burst) in variants.iter().zip(&bursts) {
        let name = format!("append {bytes} bytes, {}", variant.name);
        report.figure(format!("{name}, mean"), "ns, thread time", &burst.mean);
        report.figure(format!("{name}, median batch"), "ns, wall", &burst.median);
        report.figure(format!("{name}, p99 batch"), "ns, wall", &burst.p99);
    }
    Ok(())
}

/// Half a million records: they fit the first segment, so nothing is waited for.
fn fill(journal: &mut Journal, payload: &[u8], batches: &mut Vec<u64>) -> Result<f64, String> {
    let count = 500_000 / BATCH;
    let mut refused = None;
    let mean = nanoseconds_each((count * BATCH) as u64, || {
        let mut before = Instant::now();
        for _ in 0..count {
            for _ in 0..BATCH {
                if let Err(error) = journal.append(1, payload) {
                    refused = Some(error);
                    return;
                }
            }
            let now = Instant::now();
            batches.push((now - before).as_nanos() as u64);
            before = now;
        }
    });
    refused.map_or(Ok(mean), |error| Err(error.to_string()))
}

/// Single appends of 48 bytes, as they are in use.
fn single(report: &mut Report, rounds: u64, options: &Options<'_>) -> Result<(), String> {
    let scale = calibrate(Duration::from_millis(20)).map_err(|error| error.to_string())?.scale;
    for variant in Variant::defaults() {
        let mut histograms = Vec::new();
        for _ in 0..rounds {
            options.go_on()?;
            let mut scratch = Scratch::new(&variant)?;
            let journal = scratch.journal()?;
            let mut histogram = OwnedHistogram::new(Layout::LATENCY);
            for _ in 0..SINGLE {
                let before = ticks();
                let appended = journal.append(1, &[0x5A; 48]);
                histogram.record(scale.nanoseconds(ticks().saturating_sub(before)));
                appended.map_err(|error| error.to_string())?;
            }
            histograms.push(histogram);
        }
        report.latency_in_rounds(&format!("append, {}", variant.name), &histograms);
    }
    Ok(())
}

fn sustained(report: &mut Report, rounds: u64, records: u64, options: &Options<'_>) -> Result<(), String> {
    let variants = Variant::all();
    let mut rates: Vec<Series> = variants.iter().map(|_| Series::default()).collect();
    let mut waits = vec![(0, 0); variants.len()];
    for _ in 0..rounds {
        options.go_on()?;
        for (number, variant) in variants.iter().enumerate() {
            let mut scratch = Scratch::new(variant)?;
            let journal = scratch.journal()?;
            let began = Instant::now();
            let appended =
                allocations::counted(|| (0..records).try_for_each(|_| journal.append(1, &[0x5A; 48]).map(drop)));
            appended.map_err(|error| error.to_string())?;
            if variant.durability != Durability::None && !journal.watermark().wait(records, LONG) {
                return Err(format!("{}: not durable after {LONG:?}", variant.name));
            }
            rates[number].0.push(records as f64 / began.elapsed().as_secs_f64() / 1e6);
            let counters = journal.counters();
            waits[number].0 += counters.waits;
            waits[number].1 += counters.waited_ns;
        }
    }
    for (number, variant) in variants.iter().enumerate() {
        report.figure(format!("sustained, {}", variant.name), "M records/s", &rates[number]);
        if number > 0 {
            report.figure(format!("sustained, {} over none", variant.name), "", &rates[number].over(&rates[0]));
        }
        let (count, ns) = waits[number];
        let text = format!("{count} times, {:.0} ms in {rounds} rounds", ns as f64 / 1e6);
        report.fact(&format!("writer waited, {}", variant.name), text);
    }
    Ok(())
}

fn open_loop(report: &mut Report, rounds: u64, rate: u64, records: u64, options: &Options<'_>) -> Result<(), String> {
    report.fact("offeredPerSec", rate);
    for variant in Variant::all().into_iter().filter(|variant| variant.durability != Durability::None) {
        let (mut until_durable, mut lateness) = (Vec::new(), Vec::new());
        let (mut commits, mut achieved) = (Series::default(), Series::default());
        for _ in 0..rounds {
            options.go_on()?;
            let mut scratch = Scratch::new(&variant)?;
            let journal = scratch.journal()?;
            let (mut durable, mut late) = (OwnedHistogram::new(Layout::LATENCY), OwnedHistogram::new(Layout::LATENCY));
            let (appended, took) = at_rate(journal, rate, records, (&mut durable, &mut late))?;
            until_durable.push(durable);
            lateness.push(late);
            commits.0.push(journal.counters().commits as f64 / took.as_secs_f64());
            achieved.0.push(records as f64 / appended.as_secs_f64());
        }
        report.figure(format!("commits, {}", variant.name), "per second", &commits);
        report.figure(format!("achieved, {}", variant.name), "per second", &achieved);
        report.latency_in_rounds(&format!("until durable, {}", variant.name), &until_durable);
        report.latency_in_rounds(&format!("lateness, {}", variant.name), &lateness);
    }
    Ok(())
}

/// Appends on an absolute schedule and looks at the durable sequence in between; records nanoseconds from the intended
/// moment until durable and until appended, returns the time until the last was appended and that until it was durable.
fn at_rate(
    journal: &mut Journal,
    rate: u64,
    records: u64,
    (until_durable, lateness): (&mut OwnedHistogram, &mut OwnedHistogram),
) -> Result<(Duration, Duration), String> {
    let began = Instant::now();
    let appended = allocations::counted(|| follow(journal, (rate, records), began, (until_durable, lateness)))?;
    Ok((appended, began.elapsed()))
}

fn follow(
    journal: &mut Journal,
    (rate, records): (u64, u64),
    began: Instant,
    (until_durable, lateness): (&mut OwnedHistogram, &mut OwnedHistogram),
) -> Result<Duration, String> {
    let period = 1e9 / rate as f64;
    let mut next = SAMPLED;
    let mut appended = None;
    while next <= records {
        let now = began.elapsed().as_nanos() as u64;
        let due = ((now as f64 / period) as u64).min(records);
        while journal.last() < due {
            let record = journal.append(1, &[0x5A; 48]).map_err(|error| error.to_string())?;
            if record.is_multiple_of(SAMPLED) {
                let appended = began.elapsed().as_nanos() as u64;
                lateness.record(appended.saturating_sub((record as f64 * period) as u64));
            }
        }
        if appended.is_none() && journal.last() >= records {
            appended = Some(began.elapsed());
        }
        let durable = journal.durable();
        while next <= durable.min(records) {
            until_durable.record(now.saturating_sub((next as f64 * period) as u64));
            next += SAMPLED;
        }
        if now > (records as f64 * period) as u64 + LONG.as_nanos() as u64 {
            return Err("the disk does not follow".to_owned());
        }
    }
    Ok(appended.unwrap_or_else(|| began.elapsed()))
}

fn percentile(sorted: &[u64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).map_or(f64::NAN, |value| *value as f64)
}
