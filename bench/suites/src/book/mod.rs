//! Replica books: decode and apply a generated day, with and without fetching ahead, on small and on huge pages.

mod lines;

use std::fmt;

use hftz_book::replica::{BATCH, Books};
use hftz_lab::book::day::{self, Day};
use hftz_lab::book::{self, Tops, whole_records};
use hftz_lab::rounds::{Series, nanoseconds_each};
use hftz_lab::{Options, Report};

use crate::memory;

/// One way to keep the books of the day.
struct Variant {
    name: &'static str,
    ahead: bool,
    huge: bool,
    books: Books,
    tops: Tops,
    series: Series,
    /// Bytes allocated while its books grew.
    bytes: i64,
}

impl Variant {
    fn new(name: &'static str, ahead: bool, huge: bool) -> Self {
        let before = memory::live_bytes();
        let (books, tops, series) = (Books::new(), Tops::default(), Series::default());
        let bytes = memory::live_bytes() - before;
        Self { name, ahead, huge, books, tops, series, bytes }
    }

    /// Decodes and applies `bytes`; returns the messages.
    fn apply(&mut self, bytes: &[u8], batch: usize) -> u64 {
        memory::ask_for_huge_pages(self.huge);
        let before = memory::live_bytes();
        let messages = book::apply(&mut self.books, &mut self.tops, bytes, batch, self.ahead);
        self.bytes += memory::live_bytes() - before;
        memory::ask_for_huge_pages(false);
        messages
    }
}

/// A day's size.
#[derive(Clone, Copy)]
struct Size {
    live: u64,
    symbols: u16,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} live, {} symbols", self.live, self.symbols)
    }
}

/// Options: `--messages` after the opening, `--symbols`, `--live` (many orders), `--small` (few: of as many symbols as keep
/// the books as deep, and thinly spread over all symbols), `--rounds`, `--batch`, `--seed`.
pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let symbols = u16::try_from(options.number("symbols", 8_000)).map_err(|_| "--symbols: up to 65535")?;
    let messages = options.number("messages", 8_000_000);
    // Variants take turns, and each begins its turn without a line of its own in any cache: few turns, long ones, and the
    // first half of each does not count.
    let rounds = options.number("rounds", 10).max(1) as usize;
    let batch = options.number("batch", BATCH as u64).clamp(1, 4096) as usize;
    let seed = options.number("seed", 1);
    let mut report = Report::default();
    report.fact("messages", messages);
    report.fact("batch", batch);
    report.fact("seed", seed);
    let (live, small) = (options.number("live", 1_000_000), options.number("small", 100_000));
    let as_deep = (u64::from(symbols) * small / live.max(1)).clamp(1, u64::from(symbols)) as u16;
    for (live, symbols) in [(live, symbols), (small, as_deep), (small, symbols)] {
        let day = day::generate(symbols, live as usize, messages, seed);
        measure(&day, Size { live, symbols }, rounds, batch, &mut report)?;
    }
    Ok(report)
}

fn measure(day: &Day, size: Size, rounds: usize, batch: usize, report: &mut Report) -> Result<(), String> {
    let mut variants = [
        Variant::new("ahead", true, false),
        Variant::new("plain", false, false),
        Variant::new("ahead, huge pages", true, true),
        Variant::new("plain, huge pages", false, true),
    ];
    for variant in &mut variants {
        variant.apply(&day.bytes[..day.opening], batch);
    }
    let footprint = variants[0].books.memory_bytes() as usize;
    let (small, huge) = (lines::Lines::new(footprint, false), lines::Lines::new(footprint, true));
    let (mut small_lines, mut huge_lines) = (Series::default(), Series::default());
    let mut churn = &day.bytes[day.opening..];
    let share = churn.len() / rounds;
    for _ in 0..rounds {
        let slice = &churn[..whole_records(churn, share)];
        churn = &churn[slice.len()..];
        let (first, rest) = slice.split_at(whole_records(slice, slice.len() / 2));
        for variant in &mut variants {
            variant.apply(first, batch);
            let mut messages = 0;
            let total = nanoseconds_each(1, || messages = variant.apply(rest, batch));
            variant.series.0.push(total / messages.max(1) as f64);
        }
        small_lines.0.push(small.visit());
        huge_lines.0.push(huge.visit());
    }
    let hash = variants[0].books.hash();
    for variant in &variants {
        if variant.books.hash() != hash || variant.tops.sum != variants[0].tops.sum {
            return Err(format!("{size}: the books of '{}' differ", variant.name));
        }
        if variant.books.anomalies().total() > 0 {
            return Err(format!("{size}: the generated day has anomalies"));
        }
        report.figure(format!("{size}: {}", variant.name), "ns a message", &variant.series);
    }
    let [ahead, plain, ahead_huge, plain_huge] = &variants;
    report.figure(format!("{size}: plain over ahead"), "times", &plain.series.over(&ahead.series));
    let ratio = plain_huge.series.over(&ahead_huge.series);
    report.figure(format!("{size}: plain over ahead, huge pages"), "times", &ratio);
    report.figure(format!("{size}: one random line"), "ns", &small_lines);
    report.figure(format!("{size}: one random line, huge pages"), "ns", &huge_lines);
    report.fact(&format!("{size}: state hash, all variants"), hash.to_string());
    report.fact(&format!("{size}: changes of the best"), ahead.tops.changes);
    report.fact(&format!("{size}: peak live"), ahead.books.peak_live());
    let bytes = ahead.bytes as f64 / ahead.books.peak_live() as f64;
    report.fact(&format!("{size}: bytes a live order"), (bytes * 100.0).round() / 100.0);
    report.fact(&format!("{size}: MiB backed by huge pages"), memory::huge_page_bytes() >> 20);
    Ok(())
}
