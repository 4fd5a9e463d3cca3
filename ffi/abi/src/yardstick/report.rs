//! From the engine's reports to the benchmark's.
//!
//! The engine says more, and in another order: a trade is one report there and two fills here, and the acknowledgement
//! of a modify comes after its trades there and before them here, so it is held until the command is complete.

use std::ffi::c_void;

use hftz_book::matching::{Engine, Sink};
use hftz_model::{Command, Event, ReportKind, Side};

use super::message::{Message, Tagged};
use super::transport::Transport;

/// One report, as it lies in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Report {
    /// 0 order ack, 1 trade, 2 cancel ack, 3 modify ack, 4 cancel reject, 5 modify reject.
    pub kind: u8,
    /// 0 buy, 1 sell.
    pub side: u8,
    pub reserved: [u8; 6],
    /// Of the message that caused it.
    pub sequence_number: u64,
    pub order_id: u64,
    pub price_ticks: i64,
    pub quantity: u32,
    pub reserved_too: [u8; 4],
    pub maker_order_id: u64,
    pub taker_order_id: u64,
    pub reserved_last: [u8; 8],
}

const _: () = assert!(size_of::<Report>() == 64);

impl Report {
    pub const WORDS: usize = 8;

    /// The report as the words of its 64 bytes, reserved ones as 0.
    #[inline]
    pub const fn words(&self) -> [u64; Self::WORDS] {
        let head = self.kind as u64 | (self.side as u64) << 8;
        let (price, quantity) = (self.price_ticks.cast_unsigned(), self.quantity as u64);
        [head, self.sequence_number, self.order_id, price, quantity, self.maker_order_id, self.taker_order_id, 0]
    }
}

impl From<[u64; Report::WORDS]> for Report {
    #[inline]
    fn from(words: [u64; Self::WORDS]) -> Self {
        let [head, sequence_number, order_id, price, quantity, maker_order_id, taker_order_id, _] = words;
        let [kind, side, ..] = head.to_le_bytes();
        let (price_ticks, quantity) = (price.cast_signed(), quantity as u32);
        let named = Self { sequence_number, order_id, price_ticks, quantity, ..Self::default() };
        Self { kind, side, maker_order_id, taker_order_id, ..named }
    }
}

const ORDER_ACK: u8 = 0;
const TRADE: u8 = 1;
const CANCEL_ACK: u8 = 2;
const MODIFY_ACK: u8 = 3;

/// Turns reports and hands them on.
pub struct Desk {
    transport: Option<Transport>,
    sink: *mut c_void,
    /// Of the message being applied.
    sequence: u64,
    /// Type of the report that refuses it.
    reject: u8,
    /// The resting order of the trade whose second fill is still to come, 0 between trades.
    maker: u64,
    /// The acknowledgement of a modify until its command is complete.
    held: Option<Report>,
}

impl Desk {
    pub const fn new(transport: Option<Transport>, sink: *mut c_void) -> Self {
        Self { transport, sink, sequence: 0, reject: 0, maker: 0, held: None }
    }

    /// Applies one message completely.
    #[inline]
    pub fn trade<M: Message>(&mut self, engine: &mut Engine, message: &M) {
        let command = self.begin(message);
        engine.apply(&command, self);
        self.complete();
    }

    /// Applies messages in turn, each as if it came alone.
    #[inline]
    pub fn trade_all(&mut self, engine: &mut Engine, messages: &[Tagged]) {
        let mut messages = messages.iter();
        let next = |desk: &mut Self| {
            desk.complete();
            messages.find_map(|message| desk.begin_tagged(message))
        };
        engine.apply_from(next, self);
    }

    /// What a message asks of the engine, whose reports from now on are about it.
    #[inline]
    fn begin<M: Message>(&mut self, message: &M) -> Command {
        self.sequence = message.sequence();
        self.reject = M::REJECT;
        message.command()
    }

    #[inline]
    fn begin_tagged(&mut self, message: &Tagged) -> Option<Command> {
        // SAFETY: the kind says which member was written, and all of them are integers.
        unsafe {
            match message.kind {
                0 => Some(self.begin(&message.payload.new_order)),
                1 => Some(self.begin(&message.payload.cancel)),
                2 => Some(self.begin(&message.payload.modify)),
                _ => None,
            }
        }
    }

    /// The command is complete: what was held until then goes.
    #[inline]
    fn complete(&mut self) {
        if let Some(report) = self.held.take() {
            self.push(&report);
        }
    }

    pub fn flush(&self) {
        if let Some(transport) = &self.transport {
            transport.flush(self.sink);
        }
    }

    #[inline]
    fn push(&self, report: &Report) {
        if let Some(transport) = &self.transport {
            transport.push(self.sink, report);
        }
    }
}

impl Sink for Desk {
    #[inline]
    fn report(&mut self, event: &Event) {
        let report = Report {
            kind: ORDER_ACK,
            side: u8::from(event.side == Side::Sell.byte()),
            sequence_number: self.sequence,
            order_id: event.order_id,
            price_ticks: event.price,
            quantity: event.quantity,
            ..Report::default()
        };
        match event.kind {
            ReportKind::Accepted => self.push(&report),
            ReportKind::Fill if self.maker == 0 => self.maker = event.order_id,
            ReportKind::Fill => {
                let maker_order_id = core::mem::take(&mut self.maker);
                self.push(&Report { kind: TRADE, maker_order_id, taker_order_id: event.order_id, ..report });
            }
            ReportKind::Cancelled => self.push(&Report { kind: CANCEL_ACK, ..report }),
            ReportKind::Replaced => self.held = Some(Report { kind: MODIFY_ACK, ..report }),
            // The ABI has no word for a new order that is refused.
            ReportKind::Rejected if self.reject != 0 => self.push(&Report { kind: self.reject, ..report }),
            ReportKind::Rejected | ReportKind::Triggered | ReportKind::Expired => {}
        }
    }
}
