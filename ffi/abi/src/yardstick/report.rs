//! From the engine's reports to the benchmark's.
//!
//! The engine says more, and in another order: a trade is one report there and two fills here, and the acknowledgement
//! of a modify comes after its trades there and before them here, so it is held until the command is complete.

use hftz_book::matching::{Engine, Here, Ids, Sink, Steps};
use hftz_model::{Command, Event, ReportKind, Side};

use super::message::{Message, Tagged};
use super::transport::Outlet;

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
    /// What a report says takes six words: the reserved parts say nothing.
    pub const WORDS: usize = 6;

    #[inline(always)]
    pub const fn words(&self) -> [u64; Self::WORDS] {
        let head = self.kind as u64 | (self.side as u64) << 8 | (self.quantity as u64) << 32;
        let price = self.price_ticks.cast_unsigned();
        [head, self.sequence_number, self.order_id, price, self.maker_order_id, self.taker_order_id]
    }
}

impl From<[u64; Report::WORDS]> for Report {
    #[inline(always)]
    fn from(words: [u64; Self::WORDS]) -> Self {
        let [head, sequence_number, order_id, price, maker_order_id, taker_order_id] = words;
        let [kind, side, ..] = head.to_le_bytes();
        let (price_ticks, quantity) = (price.cast_signed(), (head >> 32) as u32);
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
    outlet: Outlet,
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
    pub const fn new(outlet: Outlet) -> Self {
        Self { outlet, sequence: 0, reject: 0, maker: 0, held: None }
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
        engine.apply_steps(Batch(messages.iter()), self);
    }

    /// What a message asks of the engine, whose reports from now on are about it.
    #[inline(always)]
    fn begin<M: Message>(&mut self, message: &M) -> Command {
        self.sequence = message.sequence();
        self.reject = M::REJECT;
        message.command()
    }

    #[inline(always)]
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
    #[inline(always)]
    fn complete(&mut self) {
        // Not `take`: what is seldom there would be copied every time.
        if let Some(report) = self.held {
            self.held = None;
            self.push(&report);
        }
    }

    pub fn flush(&mut self) {
        self.outlet.flush();
    }

    #[inline(always)]
    fn push(&mut self, report: &Report) {
        self.outlet.push(report);
    }
}

/// Messages of a batch that are still to come.
struct Batch<'a>(std::slice::Iter<'a, Tagged>);

impl Steps<Ids, Desk> for Batch<'_> {
    #[inline(always)]
    fn step(&mut self, engine: &mut Engine, desk: &mut Desk, here: Here) -> bool {
        let Some(command) = self.0.find_map(|message| desk.begin_tagged(message)) else { return false };
        here.apply(engine, &command, desk);
        desk.complete();
        true
    }
}

impl Sink for Desk {
    // In line, so that a report goes from registers into the ring of this house.
    #[inline(always)]
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
