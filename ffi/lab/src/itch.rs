//! ITCH from memory: fields into batches, views to handlers, counts, text, and the walk that bounds them all.
//!
//! Types are drawn independently, in the proportions of one day of AAPL (698,744 adds, 654,457 deletes, 96,968 replaces,
//! 60,543 executions, 1,467 cancels; adds with attribution, executions with price and trades are guessed at a few in a
//! hundred). Independence is the worst case for a branch on the type; field bytes are random. Every way runs over the same
//! bytes in every round, once over what fits into the second-level cache and once over what does not fit into any.

use std::hint::black_box;
use std::time::Duration;

use hftz_clock::ticks_fenced;
use hftz_hist::{Layout, OwnedHistogram};
use hftz_model::Delta;
use hftz_velox::host::{allocations, calibrate};
use hftz_wire::itch::view::View;
use hftz_wire::itch::{
    AddOrder, Alpha, Decoder, Framer, Handler, Header, OrderDelete, Records, TypeCounts, count_batch, dispatch,
    length_of, view,
};
use hftz_wire::text;

use crate::options::Options;
use crate::report::Report;
use crate::rounds::{Series, nanoseconds_each};

/// Types and their weights.
const MIX: [(u8, u64); 9] =
    [(b'A', 680), (b'D', 654), (b'U', 97), (b'E', 59), (b'F', 19), (b'P', 6), (b'C', 2), (b'X', 2), (b'I', 1)];

/// Messages that fit into 512 KiB.
const NEAR: u64 = 16_000;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// `messages` framed messages.
fn feed(messages: u64, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let total: u64 = MIX.iter().map(|(_, weight)| weight).sum();
    let mut bytes = Vec::new();
    for _ in 0..messages {
        let mut draw = random.next() % total;
        let kind = MIX
            .iter()
            .find(|(_, weight)| {
                draw < *weight || {
                    draw -= weight;
                    false
                }
            })
            .map_or(b'A', |entry| entry.0);
        let length = length_of(kind).unwrap_or(0);
        bytes.extend(length.to_be_bytes());
        let start = bytes.len();
        bytes.extend((0..length.div_ceil(8)).flat_map(|_| random.next().to_le_bytes()));
        bytes.truncate(start + usize::from(length));
        bytes[start] = kind;
    }
    bytes
}

/// Reads every field of every order message, so that none of the loads can be left out.
#[derive(Default)]
struct Fields(u64);

impl Fields {
    #[inline(always)]
    fn mix(&mut self, fields: [u64; 6]) {
        self.0 = fields.iter().fold(self.0, |sum, field| sum.wrapping_add(*field));
    }
}

impl Handler for Fields {
    fn add_order(&mut self, _: u64, m: view::AddOrder<'_>) {
        let head = u64::from(m.stock_locate()) ^ u64::from(m.buy_sell_indicator());
        self.mix([m.time_ns(), m.order_reference_number(), m.shares().into(), m.price().into(), head, 1]);
    }

    fn add_order_mpid(&mut self, _: u64, m: view::AddOrderMpid<'_>) {
        let head = u64::from(m.stock_locate()) ^ u64::from(m.buy_sell_indicator());
        self.mix([m.time_ns(), m.order_reference_number(), m.shares().into(), m.price().into(), head, 2]);
    }

    fn order_executed(&mut self, _: u64, m: view::OrderExecuted<'_>) {
        let head = m.stock_locate().into();
        self.mix([m.time_ns(), m.order_reference_number(), m.executed_shares().into(), m.match_number(), head, 3]);
    }

    fn order_executed_with_price(&mut self, _: u64, m: view::OrderExecutedWithPrice<'_>) {
        let head = u64::from(m.stock_locate()) ^ u64::from(m.printable());
        let shares = m.executed_shares().into();
        self.mix([m.time_ns(), m.order_reference_number(), shares, m.match_number(), m.execution_price().into(), head]);
    }

    fn order_cancel(&mut self, _: u64, m: view::OrderCancel<'_>) {
        self.mix([m.time_ns(), m.order_reference_number(), m.canceled_shares().into(), m.stock_locate().into(), 0, 5]);
    }

    fn order_delete(&mut self, _: u64, m: view::OrderDelete<'_>) {
        self.mix([m.time_ns(), m.order_reference_number(), m.stock_locate().into(), 0, 0, 6]);
    }

    fn order_replace(&mut self, _: u64, m: view::OrderReplace<'_>) {
        let (old, new) = (m.original_order_reference_number(), m.new_order_reference_number());
        self.mix([m.time_ns(), old, new, m.shares().into(), m.price().into(), m.stock_locate().into()]);
    }
}

/// Decodes everything; returns the messages.
fn decode(decoder: Decoder, bytes: &[u8], out: &mut [Delta]) -> u64 {
    let (mut at, mut messages) = (0, 0);
    loop {
        let done = decoder.decode_batch(&bytes[at..], at as u64, out);
        black_box(&mut *out);
        at += done.consumed;
        messages += done.filled as u64;
        if done.filled == 0 {
            return messages;
        }
    }
}

/// Follows the length prefixes and looks at nothing else: no way through a feed can be faster.
fn walk(bytes: &[u8]) -> u64 {
    let (mut at, mut messages) = (0, 0);
    while let Some(&length) = bytes.get(at + 1) {
        at += 2 + usize::from(length);
        messages += 1;
    }
    messages
}

/// Prints every message; returns the messages.
fn print(bytes: &[u8], line: fn(&mut Vec<u8>, &View<'_>), to: &mut Vec<u8>) -> u64 {
    let mut messages = 0;
    for (_, message) in Records::new(bytes, 0).flatten() {
        let Ok(view) = View::of(message) else { continue };
        line(to, &view);
        messages += 1;
        if to.len() > 1 << 16 {
            black_box(&mut *to).clear();
        }
    }
    messages
}

/// Writes adds and deletes in turn; returns the messages.
fn encode(messages: u64, room: &mut [u8]) -> u64 {
    let stock = Alpha(*b"HFTZ    ");
    let mut number = 0;
    while number < messages {
        let mut framer = Framer::new(&mut *room);
        loop {
            let header = Header { stock_locate: number as u16, tracking_number: 0, time_ns: number };
            let price = number as u32;
            let add = AddOrder {
                header,
                order_reference_number: number,
                buy_sell_indicator: b'B',
                shares: 100,
                stock,
                price,
            };
            let delete = OrderDelete { header, order_reference_number: number };
            if number >= messages || !framer.push(&add) || !framer.push(&delete) {
                break;
            }
            number += 2;
        }
        black_box(framer.framed());
    }
    number
}

/// Options: `messages` (those that fit into no cache), `batch`, `rounds`, `seed`.
pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let far = options.number("messages", 2_000_000).max(1);
    let rounds = options.number("rounds", 31);
    let batch = options.number("batch", 224).max(1) as usize;
    let seed = options.number("seed", 1);
    let mut report = Report::default();
    report.fact("batch", batch);
    report.fact("seed", seed);
    report.fact("warmUp", "1 round");
    report.fact("decoder", Decoder::new().name());
    for (place, messages) in [("near", NEAR), ("far", far)] {
        let bytes = feed(messages, seed);
        report.fact(&format!("{place}: messages"), messages);
        report.fact(&format!("{place}: bytes"), bytes.len());
        measure(place, &bytes, messages, (rounds, batch), &mut report, options)?;
    }
    Ok(report)
}

fn measure(
    place: &str,
    bytes: &[u8],
    messages: u64,
    (rounds, batch): (u64, usize),
    report: &mut Report,
    options: &Options<'_>,
) -> Result<(), String> {
    let mut out = vec![Delta::default(); batch];
    let (mut lines, mut room) = (Vec::with_capacity(1 << 17), vec![0; 1 << 16]);
    let mut counts = TypeCounts::new();
    let names =
        ["walk", "count", "decode to batches", "decode, portable", "dispatch to handlers", "ndjson", "csv", "encode"];
    let mut series: Vec<Series> = names.iter().map(|_| Series::default()).collect();
    let repeats = (1_000_000 / messages).max(1);
    for round in 0..=rounds {
        options.go_on()?;
        let mut way = |index: usize, repeats: u64, work: &mut dyn FnMut() -> u64| {
            let mut seen = 0;
            let each = nanoseconds_each(messages * repeats, || seen = (0..repeats).map(|_| work()).sum());
            // The first round warms up.
            if round > 0 {
                series[index].0.push(each);
            }
            if seen == messages * repeats {
                Ok(())
            } else {
                Err(format!("{}: {seen} of {messages} messages", names[index]))
            }
        };
        way(0, repeats, &mut || walk(black_box(bytes)))?;
        way(1, repeats, &mut || count_batch(black_box(bytes), 0, &mut counts).messages)?;
        way(2, repeats, &mut || decode(Decoder::new(), black_box(bytes), &mut out))?;
        way(3, repeats, &mut || decode(Decoder::portable(), black_box(bytes), &mut out))?;
        way(4, repeats, &mut || {
            let mut fields = Fields::default();
            let done = dispatch(black_box(bytes), 0, &mut fields);
            black_box(fields.0);
            done.messages
        })?;
        way(5, 1, &mut || print(bytes, text::push_ndjson, &mut lines))?;
        way(6, 1, &mut || print(bytes, text::push_csv, &mut lines))?;
        way(7, repeats, &mut || encode(messages, &mut room))?;
    }
    if counts.total() != messages * repeats * (rounds + 1) {
        return Err("counts do not add up".to_owned());
    }
    let mut latencies = Vec::new();
    for _ in 0..rounds {
        options.go_on()?;
        latencies.push(batches(bytes, &mut out)?);
    }
    report.latency_in_rounds(&format!("{place}, a batch of {batch}"), &latencies);
    for (name, series) in names.iter().zip(&series) {
        report.figure(format!("{place}, {name}"), "ns a message", series);
    }
    report.figure(format!("{place}, decode over walk"), "times", &series[2].over(&series[0]));
    Ok(())
}

/// What single batches take, decoded one after the other.
fn batches(bytes: &[u8], out: &mut [Delta]) -> Result<OwnedHistogram, String> {
    let scale = calibrate(Duration::from_millis(20)).map_err(|error| error.to_string())?.scale;
    let mut histogram = OwnedHistogram::new(Layout::LATENCY);
    let (decoder, mut at) = (Decoder::new(), 0);
    allocations::counted(|| {
        loop {
            let before = ticks_fenced();
            let done = decoder.decode_batch(&bytes[at..], at as u64, out);
            black_box(&mut *out);
            if done.filled < out.len() {
                return Ok(histogram);
            }
            histogram.record(scale.nanoseconds(ticks_fenced().saturating_sub(before)));
            at += done.consumed;
        }
    })
}
