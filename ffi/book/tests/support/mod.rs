//! Flows for the tests: seeded, with as many anomalies as asked for.
// Every test file compiles this module for itself and uses its part of it.
#![allow(dead_code)]

use hftz_book::replica::{Anomaly, Observer, Top, Trade};
use hftz_model::{Delta, TradingState};

/// SplitMix64: small, seeded, good enough to choose messages.
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

    pub fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }
}

/// Everything an observer was told, in order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Told {
    Top(u64, u16, Top),
    Trade(u64, Trade),
    Anomaly(u64, Anomaly),
    State(u64, u16, TradingState),
}

#[derive(Default)]
pub struct Listener(pub Vec<Told>);

impl Observer for Listener {
    fn top(&mut self, delta: &Delta, locate: u16, top: &Top) {
        self.0.push(Told::Top(delta.offset, locate, *top));
    }

    fn trade(&mut self, delta: &Delta, trade: &Trade) {
        self.0.push(Told::Trade(delta.offset, *trade));
    }

    fn anomaly(&mut self, kind: Anomaly, delta: &Delta) {
        self.0.push(Told::Anomaly(delta.offset, kind));
    }

    fn state(&mut self, delta: &Delta, locate: u16, state: TradingState) {
        self.0.push(Told::State(delta.offset, locate, state));
    }
}

/// How a flow chooses its prices.
#[derive(Clone, Copy, Debug)]
pub enum Prices {
    /// Cents around a touch that wanders.
    Clustered,
    /// Units of 10^-4 around a low price, some on cents.
    SubPenny,
    /// A dense book some hundred dollars deep.
    Deep,
    /// Anything, the ends of the range more often.
    Extreme,
}

pub const PRICES: [Prices; 4] = [Prices::Clustered, Prices::SubPenny, Prices::Deep, Prices::Extreme];

/// A feed that keeps about `target` orders live and now and then says what no feed should.
pub struct Flow {
    pub random: Random,
    live: Vec<(u64, u16)>,
    next: u64,
    offset: u64,
    symbols: u64,
    target: usize,
    prices: Prices,
    /// One message in so many is odd; 0 for none.
    odd: u64,
    middle: i64,
}

impl Flow {
    pub fn new(seed: u64, symbols: u64, target: usize, prices: Prices, odd: u64) -> Self {
        let random = Random(seed);
        Self { random, live: Vec::new(), next: 1, offset: 2, symbols, target, prices, odd, middle: 1_000_000 }
    }

    fn price(&mut self, side: u8) -> u32 {
        let random = &mut self.random;
        let away = if side == b'B' { -1 } else { 1 };
        match self.prices {
            Prices::Clustered => {
                if random.chance(50) {
                    self.middle += (random.below(5) as i64 - 2) * 100;
                }
                (self.middle + away * 100 * (random.below(40) as i64 - 1)).max(0) as u32
            }
            Prices::SubPenny => {
                let unit = if random.chance(3) { 100 } else { 1 };
                ((6_000 + away * (random.below(300) as i64 - 10)) / unit * unit) as u32
            }
            Prices::Deep => {
                if random.chance(200) {
                    self.middle = 1_000_000 + random.below(4_000_000) as i64;
                }
                (self.middle / 100 * 100 + away * 100 * random.below(3000) as i64).max(0) as u32
            }
            Prices::Extreme => match random.below(6) {
                0 => (100 * random.below(4) + random.below(6)) as u32,
                1 => u32::MAX - random.below(3) as u32,
                2 => (1_000_000 + away * 100 * random.below(20) as i64) as u32,
                3 => u32::MAX / 100 * 100 - 100 * random.below(30) as u32,
                4 => 100 * random.below(30) as u32,
                _ => random.word() as u32,
            },
        }
    }

    fn add(&mut self) -> Delta {
        let code = if self.random.chance(2) { b'B' } else { b'S' };
        let locate = 1 + self.random.below(self.symbols) as u16;
        let (reference, price) = (self.next, self.price(code));
        // Mostly rising, as a day's are, with jumps.
        self.next += 1 + if self.random.chance(8) { self.random.below(1 << 40) } else { self.random.below(3) };
        self.live.push((reference, locate));
        let kind = if self.random.chance(9) { b'F' } else { b'A' };
        let shares = 1 + self.random.below(500) as u32;
        Delta { kind, reference, locate, code, price, shares, ..Delta::default() }
    }

    fn change(&mut self) -> Delta {
        let at = self.random.below(self.live.len() as u64) as usize;
        let (reference, locate) = self.live[at];
        let base = Delta { reference, locate, ..Delta::default() };
        let shares = 1 + self.random.below(200) as u32;
        match self.random.below(10) {
            0 => Delta { kind: b'X', shares, ..base },
            1 => Delta { kind: b'E', shares, other: self.random.word(), ..base },
            2 => Delta { kind: b'C', shares, price: self.price(b'B'), code: b'N', other: 7, ..base },
            3 | 4 => {
                let side = if self.random.chance(2) { b'B' } else { b'S' };
                let (other, price) = (self.next, self.price(side));
                self.next += 1 + self.random.below(3);
                self.live[at] = (other, locate);
                Delta { kind: b'U', other, price, shares: 1 + self.random.below(500) as u32, ..base }
            }
            _ => {
                self.live.swap_remove(at);
                Delta { kind: b'D', ..base }
            }
        }
    }

    /// The next message. What takes more than is open is an anomaly by itself and happens often enough.
    pub fn message(&mut self) -> Delta {
        let grows = self.live.is_empty() || self.random.below(2 * self.target as u64) > self.live.len() as u64;
        let mut delta = match self.random.below(40) {
            0 => Delta { kind: b'P', code: b'B', locate: 1, shares: 5, price: 10, other: 3, ..Delta::default() },
            1 => {
                Delta { kind: b'Q', code: b'O', locate: 2, reference: 1 << 33, price: 9, other: 4, ..Delta::default() }
            }
            2 => Delta { kind: b'H', code: b"THPQ"[self.random.below(4) as usize], locate: 3, ..Delta::default() },
            3 => Delta { kind: b"SRBI"[self.random.below(4) as usize], ..Delta::default() },
            _ if grows => self.add(),
            _ => self.change(),
        };
        if self.odd > 0 && self.random.chance(self.odd) {
            self.spoil(&mut delta);
        }
        delta.offset = self.offset;
        self.offset += 38;
        delta
    }

    fn spoil(&mut self, delta: &mut Delta) {
        match self.random.below(8) {
            0 => delta.reference = self.random.word(),
            1 => delta.shares = 0,
            2 => delta.shares = u32::MAX,
            3 => delta.locate = self.random.below(1 << 16) as u16,
            4 => delta.code = self.random.below(256) as u8,
            5 => delta.other = delta.reference,
            _ => {
                if let Some(&(live, _)) = self.live.get(self.random.below(self.live.len().max(1) as u64) as usize) {
                    if delta.kind == b'U' { delta.other = live } else { delta.reference = live }
                }
            }
        }
    }
}
