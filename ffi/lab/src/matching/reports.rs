//! Execution reports in the benchmark's own terms, and the text whose hash it publishes.
//!
//! The engine says more than the benchmark asks for and in another order: a modify's acknowledgement comes after its
//! trades, a trade is one line for its two fills, an IOC's remainder is a cancel. [`Translator`] is the difference; the
//! exported C ABI does the same.

use std::fmt::Write;

use hftz_book::matching::Sink;
use hftz_model::{Event, Reason, ReportKind};

/// Collects the report lines of one run, in the order and form of the benchmark.
pub struct Translator {
    pub text: String,
    pub trades: u64,
    pub lines: u64,
    /// The message being applied.
    pub sequence: u64,
    /// The first fill of a trade: the resting order's.
    maker: Option<Event>,
    /// The acknowledgement of a modify, held until the command is complete.
    held: Option<Event>,
}

impl Translator {
    pub fn new(messages: usize) -> Self {
        let text = String::with_capacity(messages * 32);
        Self { text, trades: 0, lines: 0, sequence: 0, maker: None, held: None }
    }

    /// The command is complete.
    pub fn complete(&mut self) {
        if let Some(Event { side, order_id, price, quantity, .. }) = self.held.take() {
            let (sequence, side) = (self.sequence, u8::from(side == b'S'));
            self.line(format_args!("3,{sequence},{side},{order_id},{price},{quantity}"));
        }
        self.sequence += 1;
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        if self.lines > 0 {
            self.text.push('\n');
        }
        self.lines += 1;
        // Writing into a string cannot fail.
        let _ = self.text.write_fmt(line);
    }
}

impl Sink for Translator {
    fn report(&mut self, event: &Event) {
        let Event { side, order_id, price, quantity, .. } = *event;
        let (sequence, side) = (self.sequence, u8::from(side == b'S'));
        match (event.kind, event.reason) {
            (ReportKind::Accepted, _) => self.line(format_args!("0,{sequence},{side},{order_id},{price},{quantity}")),
            (ReportKind::Fill, _) => match self.maker.take() {
                None => self.maker = Some(*event),
                Some(maker) => {
                    self.trades += 1;
                    self.line(format_args!("1,{sequence},{price},{quantity},{},{order_id}", maker.order_id));
                }
            },
            (ReportKind::Cancelled, _) => self.line(format_args!("2,{sequence},{side},{order_id},{price}")),
            (ReportKind::Replaced, _) => self.held = Some(*event),
            // A cancel and a modify of an order that is gone are told apart by the price: only a modify has one.
            (ReportKind::Rejected, Reason::UnknownOrder) if price == 0 => {
                self.line(format_args!("4,{sequence},{order_id}"));
            }
            (ReportKind::Rejected, Reason::UnknownOrder) => self.line(format_args!("5,{sequence},{order_id}")),
            _ => {}
        }
    }
}
