//! Replica books: decode a generated day and apply it, with and without fetching ahead.

pub mod day;

use std::time::Duration;

use hftz_book::replica::{BATCH, Books, Observer, Top};
use hftz_clock::ticks_fenced;
use hftz_hist::{Layout, OwnedHistogram};
use hftz_model::Delta;
use hftz_velox::host::{allocations, calibrate};
use hftz_wire::itch::Decoder;

use crate::options::Options;
use crate::report::Report;
use crate::rounds::{Series, nanoseconds_each};
use day::Day;

/// Rounds of the latency of single pieces.
const PARTS: usize = 7;

/// Counts changes of the best, so that knowing it after every message is part of what is measured.
#[derive(Default)]
pub struct Tops {
    pub changes: u64,
    pub sum: u64,
}

impl Observer for Tops {
    #[inline]
    fn top(&mut self, _: &Delta, _: u16, top: &Top) {
        self.changes += 1;
        self.sum = self.sum.wrapping_mul(31).wrapping_add(top.bid_size ^ u64::from(top.ask_price));
    }
}

/// Decodes and applies `bytes` in batches, whole batches at once when `ahead`; returns the messages.
pub fn apply(books: &mut Books, tops: &mut Tops, bytes: &[u8], batch: usize, ahead: bool) -> u64 {
    let decoder = Decoder::new();
    let mut deltas = [Delta::default(); 4096];
    let (mut at, mut messages) = (0, 0);
    loop {
        let progress = decoder.decode_batch(&bytes[at..], at as u64, &mut deltas[..batch]);
        let batch = &deltas[..progress.filled];
        messages += progress.filled as u64;
        if ahead {
            books.apply_batch(batch, tops);
        } else {
            books.apply_each(batch, tops);
        }
        at += progress.consumed;
        if progress.filled == 0 {
            return messages;
        }
    }
}

/// Options: `messages` after the opening, `symbols`, `live`, `rounds`, `seed`.
pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let symbols = u16::try_from(options.number("symbols", 8_000)).map_err(|_| "symbols: up to 65535")?;
    let messages = options.number("messages", 4_000_000);
    let rounds = options.number("rounds", 100).max(1) as usize;
    let live = options.number("live", 1_000_000);
    let day = day::generate(symbols, live as usize, messages, options.number("seed", 1));
    let mut report = Report::default();
    let mut ways = [("fetching ahead", true), ("message by message", false)]
        .map(|(name, ahead)| (name, ahead, Books::new(), Tops::default(), Series::default()));
    let warm = warm_up(&day);
    for (_, ahead, books, tops, _) in &mut ways {
        apply(books, tops, &day.bytes[..warm], BATCH, *ahead);
    }
    let mut churn = &day.bytes[warm..];
    let share = churn.len() / rounds;
    for _ in 0..rounds {
        options.go_on()?;
        let slice = &churn[..whole_records(churn, share)];
        churn = &churn[slice.len()..];
        for (_, ahead, books, tops, series) in &mut ways {
            let mut messages = 0;
            let total = nanoseconds_each(1, || messages = apply(books, tops, slice, BATCH, *ahead));
            series.0.push(total / messages.max(1) as f64);
        }
    }
    let [ahead, each] = &ways;
    if ahead.2.hash() != each.2.hash() {
        return Err("the books of the two ways differ".to_owned());
    }
    report.fact("symbols", symbols);
    report.fact("messages", messages);
    report.fact("peakLive", ahead.2.peak_live());
    report.fact("hash", ahead.2.hash().to_string());
    report.fact("changesOfTheBest", ahead.3.changes);
    report.figure(ahead.0, "ns a message", &ahead.4);
    report.figure(each.0, "ns a message", &each.4);
    report.figure("message by message over ahead", "times", &each.4.over(&ahead.4));
    report.fact("warmUp", "the opening and a third of the day");
    report.latency_in_rounds("4 KiB of messages", &pieces(&day, options)?);
    Ok(report)
}

/// Where measuring begins: after the opening and a third of the day, by when the arenas have grown to the size of the books.
fn warm_up(Day { bytes, opening }: &Day) -> usize {
    opening + whole_records(&bytes[*opening..], (bytes.len() - opening) / 3)
}

/// What single pieces of the running day take, in books of their own; in rounds of equally many bytes.
fn pieces(day: &Day, options: &Options<'_>) -> Result<Vec<OwnedHistogram>, String> {
    let scale = calibrate(Duration::from_millis(20)).map_err(|error| error.to_string())?.scale;
    let (mut books, mut tops) = (Books::new(), Tops::default());
    let mut rounds = vec![OwnedHistogram::new(Layout::LATENCY); PARTS];
    let warm = warm_up(day);
    apply(&mut books, &mut tops, &day.bytes[..warm], BATCH, true);
    options.go_on()?;
    let mut churn = &day.bytes[warm..];
    let all = churn.len().max(1);
    allocations::counted(|| {
        while !churn.is_empty() {
            let piece = &churn[..whole_records(churn, 4_096)];
            let round = ((all - churn.len()) * PARTS / all).min(PARTS - 1);
            churn = &churn[piece.len()..];
            let before = ticks_fenced();
            apply(&mut books, &mut tops, piece, BATCH, true);
            rounds[round].record(scale.nanoseconds(ticks_fenced().saturating_sub(before)));
        }
    });
    Ok(rounds)
}

/// The largest number of bytes up to about `share` that ends between records.
#[must_use]
pub fn whole_records(bytes: &[u8], share: usize) -> usize {
    let mut at = 0;
    while at < share && at + 2 <= bytes.len() {
        at += 2 + usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    }
    at.min(bytes.len())
}
