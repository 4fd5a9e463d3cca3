//! A generated day as framed ITCH bytes.
//!
//! Zero-intelligence flow: limit orders at distance i from the opposite touch arrive in proportion to 1.85, 1.51, 1.09,
//! .88, .77 for i = 1..5 and 1.92 i^-.52 beyond, to 100 ticks; what is cancelled, cut or replaced is chosen uniformly from
//! all live orders of all symbols, which is the worst case for a cache; executions take the head of a best level. The
//! touches drift a tick now and then.

use std::collections::{HashMap, VecDeque};

use hftz_book::replica::{Books, OrderView};
use hftz_model::{Delta, Side};
use hftz_wire::itch::{
    AddOrder, Header, MAX_MESSAGE_BYTES, Message, OrderCancel, OrderDelete, OrderExecuted, OrderReplace,
};

/// Ticks a side is deep.
const DEPTH: usize = 100;
/// 10^-4 units in a tick.
const TICK: u32 = 100;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in 0..bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.word()) * u128::from(bound)) >> 64) as u64
    }
}

/// Framed records and where churn begins.
pub struct Day {
    pub bytes: Vec<u8>,
    /// Bytes of the opening, which only adds.
    pub opening: usize,
}

struct Venue {
    random: Random,
    /// (reference, locate) of every live order, and of some that were executed since.
    live: Vec<(u64, u16)>,
    /// The best ask a symbol's flow refers to; the bid is a tick below.
    asks: Vec<u32>,
    distances: Vec<f64>,
    next: u64,
    time_ns: u64,
    books: Books,
    /// By locate, side and price: references in the sequence of their arrival, of live orders and of some that are gone.
    queues: HashMap<(u16, Side, u32), VecDeque<u64>>,
    bytes: Vec<u8>,
    messages: u64,
}

/// A day of `symbols` whose books fill to `live` orders and then see `churn` messages around that.
pub fn generate(symbols: u16, live: usize, churn: u64, seed: u64) -> Day {
    let mut random = Random(seed);
    let mut sum = 0.0;
    let distances = (1..=DEPTH)
        .map(|i| {
            sum += [1.85, 1.51, 1.09, 0.88, 0.77].get(i - 1).copied().unwrap_or(1.92 * (i as f64).powf(-0.52));
            sum
        })
        .collect();
    let asks = (0..=symbols).map(|_| (500 + random.below(49_500) as u32) * TICK).collect();
    let mut venue = Venue {
        random,
        live: Vec::with_capacity(live * 2),
        asks,
        distances,
        next: 1,
        time_ns: 34_200_000_000_000,
        books: Books::new(),
        queues: HashMap::new(),
        bytes: Vec::new(),
        messages: 0,
    };
    while venue.books.live() < live as u64 {
        venue.add();
    }
    let opening = venue.bytes.len();
    for _ in 0..churn {
        venue.churn(live);
    }
    Day { bytes: venue.bytes, opening }
}

impl Venue {
    fn header(&mut self, locate: u16) -> Header {
        self.time_ns += 1 + self.random.below(5_000);
        Header { stock_locate: locate, tracking_number: 0, time_ns: self.time_ns }
    }

    fn emit(&mut self, message: &impl Message, delta: Delta) {
        let mut record = [0; MAX_MESSAGE_BYTES + 2];
        if let Some(length) = message.write_framed(&mut record) {
            self.bytes.extend_from_slice(&record[..length]);
            self.messages += 1;
            self.books.apply_each(&[delta], &mut ());
        }
    }

    /// Notes the arrival of an order.
    fn queue(&mut self, locate: u16, side: Side, price: u32, reference: u64) {
        self.queues.entry((locate, side, price)).or_default().push_back(reference);
    }

    /// The order at the head of the best level of a side.
    fn head(&mut self, locate: u16, side: Side) -> Option<OrderView> {
        let best = self.books.levels(locate, side).next()?;
        let queue = self.queues.get_mut(&(locate, side, best.price))?;
        loop {
            match self.books.order(*queue.front()?) {
                Some(order) => return Some(order),
                None => queue.pop_front(),
            };
        }
    }

    fn price(&mut self, locate: u16, side: Side) -> u32 {
        let ask = &mut self.asks[usize::from(locate)];
        match self.random.below(400) {
            0 => *ask += TICK,
            1 if *ask > 300 * TICK => *ask -= TICK,
            _ => {}
        }
        let ask = *ask;
        let total = self.distances[DEPTH - 1];
        let draw = self.random.below(1 << 40) as f64 / (1u64 << 40) as f64 * total;
        let distance = (self.distances.partition_point(|&sum| sum <= draw).min(DEPTH - 1) as u32 + 1) * TICK;
        if side == Side::Buy { ask - distance } else { ask - TICK + distance }
    }

    fn shares(&mut self) -> u32 {
        match self.random.below(10) {
            0..7 => 100,
            7 => 200,
            _ => 1 + self.random.below(99) as u32,
        }
    }

    fn reference(&mut self) -> u64 {
        self.next += 1 + self.random.below(8);
        self.next
    }

    fn locate(&mut self) -> u16 {
        1 + self.random.below(self.asks.len() as u64 - 1) as u16
    }

    fn add(&mut self) {
        let locate = self.locate();
        let side = if self.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let (price, shares, reference) = (self.price(locate, side), self.shares(), self.reference());
        self.live.push((reference, locate));
        self.queue(locate, side, price, reference);
        let header = self.header(locate);
        let message = AddOrder {
            header,
            order_reference_number: reference,
            buy_sell_indicator: side.byte(),
            shares,
            price,
            ..AddOrder::default()
        };
        let delta = Delta { kind: b'A', locate, reference, code: side.byte(), price, shares, ..Delta::default() };
        self.emit(&message, delta);
    }

    /// One message of a running day: 4 % executions, 2 % partial cancels, 9 % replaces, and adds and deletes in the balance
    /// that keeps the books at their size.
    fn churn(&mut self, target: usize) {
        match self.random.below(100) {
            0..4 => return self.execute(),
            4..6 => return self.change(b'X'),
            6..15 => return self.change(b'U'),
            _ => {}
        }
        let balance = 0.5 + 8.0 * (target as f64 - self.books.live() as f64) / target as f64;
        if (self.random.below(1 << 20) as f64) < balance * (1 << 20) as f64 { self.add() } else { self.change(b'D') }
    }

    /// Cuts (X), replaces (U) or deletes (D) an order chosen uniformly.
    fn change(&mut self, kind: u8) {
        let (at, order) = loop {
            let at = self.random.below(self.live.len() as u64) as usize;
            match self.books.order(self.live[at].0) {
                Some(order) => break (at, order),
                None => self.live.swap_remove(at),
            };
        };
        let (reference, locate) = (order.reference, order.locate);
        let header = self.header(locate);
        let base = Delta { kind, locate, reference, ..Delta::default() };
        match kind {
            b'X' if order.shares > 1 => {
                let shares = 1 + self.random.below(u64::from(order.shares) - 1) as u32;
                let message = OrderCancel { header, order_reference_number: reference, canceled_shares: shares };
                self.emit(&message, Delta { shares, ..base });
            }
            b'U' => {
                let (price, shares, other) = (self.price(locate, order.side), self.shares(), self.reference());
                self.live[at].0 = other;
                self.queue(locate, order.side, price, other);
                let message = OrderReplace {
                    header,
                    original_order_reference_number: reference,
                    new_order_reference_number: other,
                    shares,
                    price,
                };
                self.emit(&message, Delta { other, shares, price, ..base });
            }
            _ => {
                self.live.swap_remove(at);
                let message = OrderDelete { header, order_reference_number: reference };
                self.emit(&message, Delta { kind: b'D', ..base });
            }
        }
    }

    /// Executes the order at the head of a best level, mostly all of it.
    fn execute(&mut self) {
        let locate = self.locate();
        let side = if self.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let Some(order) = self.head(locate, side) else { return self.add() };
        let shares = if self.random.below(4) == 0 { order.shares.div_ceil(2) } else { order.shares };
        let (reference, header, match_number) = (order.reference, self.header(locate), self.messages);
        let message =
            OrderExecuted { header, order_reference_number: reference, executed_shares: shares, match_number };
        let delta = Delta { kind: b'E', locate, reference, shares, other: match_number, ..Delta::default() };
        self.emit(&message, delta);
    }
}
