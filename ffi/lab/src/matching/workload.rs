//! The workload of the public matching-engine benchmark, from its published description: one million orders with their
//! modifies and cancels, and two variants of it that exercise what it does not.
//!
//! In the original every cancel follows its order at once. *Interleaved* lets the lives of orders overlap; *random age*
//! cancels a uniformly random live order instead.

use hftz_model::{Command, Side, TimeInForce};

/// One of the five published price paths.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub volatility: f64,
    pub swing: f64,
    /// Trades, and SHA-256 of the report text, with [`SEED`] and [`ORDERS`].
    pub trades: u64,
    pub sha256: &'static str,
}

pub const SEED: u32 = 23;
pub const ORDERS: usize = 1_000_000;

pub const SCENARIOS: [Scenario; 5] = [
    Scenario {
        name: "static",
        volatility: 0.0,
        swing: 0.0,
        trades: 827,
        sha256: "9803843ee404fc29c9a0aa5614f8f0d5a58b5c44fcac9ef89067886fcaaa30d1",
    },
    Scenario {
        name: "normal",
        volatility: 0.15,
        swing: 0.02,
        trades: 62_474,
        sha256: "e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e",
    },
    Scenario {
        name: "swing-25",
        volatility: 0.5,
        swing: 0.25,
        trades: 66_908,
        sha256: "61a84be9469661bd039e00dbc9a7c011e70b6ace37aadfe60045ea083b05f4df",
    },
    Scenario {
        name: "swing-40",
        volatility: 0.5,
        swing: 0.40,
        trades: 68_803,
        sha256: "3cb0175e7982ff09ea220d1feaee3844cf9116a5ce455757879dea1d880b9b9f",
    },
    Scenario {
        name: "flash-crash",
        volatility: 0.5,
        swing: 0.60,
        trades: 70_178,
        sha256: "cff8d3f94b709fc64a8b2058a6ca4fb6920364904796e46906895e362d2bb16b",
    },
];

/// How the lives of orders lie in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// As published: one life after the other.
    Published,
    /// Each life begins at its order's index, so lives overlap.
    Interleaved,
    /// As published, but every cancel names a uniformly random order of those not yet cancelled, whatever its age.
    RandomAge,
}

/// What the benchmark asks of an engine, in its own terms.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Message {
    New { id: u64, price: i64, quantity: u32, side: Side, ioc: bool },
    Cancel { id: u64 },
    Modify { id: u64, price: i64, quantity: u32, side: Side },
}

impl Message {
    /// As a command of symbol 1; a modify always goes to the tail.
    pub fn command(&self) -> Command {
        match *self {
            Self::New { id, price, quantity, side, ioc } => {
                let order = Command::limit(1, side, id, price, quantity);
                if ioc { order.with_time_in_force(TimeInForce::Ioc) } else { order }
            }
            Self::Cancel { id } => Command::cancel(1, id, 0),
            Self::Modify { id, price, quantity, .. } => {
                Command::replace(1, id, price, quantity).with_flags(Command::TO_TAIL)
            }
        }
    }
}

/// The messages of a scenario in order; the sequence number of each is its index.
pub fn generate(scenario: &Scenario, orders: usize, seed: u32, order: Order) -> Vec<Message> {
    let mut random = Twister::new(seed);
    let lives = shuffled(draw_orders(scenario, orders, &mut random), &mut random);
    let mut timed: Vec<(f64, Message)> = Vec::with_capacity(orders * 2);
    let mut now = 0.0;
    for (index, life) in lives.into_iter().enumerate() {
        if order == Order::Interleaved {
            now = index as f64;
        }
        now = live(life, now, &mut random, &mut timed);
    }
    timed.sort_by(|one, other| one.0.total_cmp(&other.0));
    let messages = timed.into_iter().map(|(_, message)| message);
    if order == Order::RandomAge { of_any_age(messages, &mut random) } else { messages.collect() }
}

/// Gives the cancels to random orders. One that has traded meanwhile cannot be cancelled: that is part of the variant.
fn of_any_age(messages: impl Iterator<Item = Message>, random: &mut Twister) -> Vec<Message> {
    let mut live: Vec<u64> = Vec::new();
    let aged = messages.map(|message| match message {
        Message::New { id, ioc: false, .. } => {
            live.push(id);
            message
        }
        Message::Cancel { .. } if !live.is_empty() => {
            let at = (random.uniform() * live.len() as f64) as usize;
            Message::Cancel { id: live.swap_remove(at) }
        }
        _ => message,
    });
    aged.collect()
}

/// An order before its life: what is drawn in the first pass.
#[derive(Clone, Copy)]
struct Draft {
    id: u64,
    side: Side,
    level: usize,
    price: i64,
    quantity: u32,
}

fn draw_orders(scenario: &Scenario, orders: usize, random: &mut Twister) -> Vec<Draft> {
    const TICK: f64 = 0.005;
    let Scenario { volatility, swing, .. } = *scenario;
    let step = if volatility == 0.0 { 0.0 } else { (swing / volatility).powi(2) / orders as f64 };
    let deviation = volatility * step.sqrt();
    let weights = level_weights();
    let total = weights[weights.len() - 1];
    let mut mid = 167.52;
    let drafts = (0..orders).map(|index| {
        mid *= (-deviation * deviation / 2.0 + deviation * random.normal()).exp();
        let ticks = ((mid / TICK + 0.5).floor() * TICK / TICK + 0.5).floor() as i64;
        let drawn = random.uniform() * total;
        let level = weights.partition_point(|&sum| sum < drawn);
        let side = if index < orders / 2 { Side::Buy } else { Side::Sell };
        let away = level as i64 + 1;
        let price = if side == Side::Buy { ticks - away } else { ticks + away }.max(1);
        let quantity = random.integer(1, 100);
        Draft { id: index as u64 + 1, side, level, price, quantity }
    });
    drafts.collect()
}

/// Cumulative weights of the levels away from the middle.
fn level_weights() -> Vec<f64> {
    let mut sum = 0.0;
    let weights = (0..800).map(|level| {
        let level = f64::from(level);
        sum += 1.0 / (level + 1.0).powf(2.23) + 5.0 * (-(level - 8.0) * (level - 8.0) / 2.0).exp();
        sum
    });
    weights.collect()
}

fn shuffled(mut drafts: Vec<Draft>, random: &mut Twister) -> Vec<Draft> {
    for last in (1..drafts.len()).rev() {
        drafts.swap(last, (random.uniform() * (last + 1) as f64) as usize);
    }
    drafts
}

/// The messages of one order's life from `now` on; when the next life begins.
fn live(draft: Draft, mut now: f64, random: &mut Twister, out: &mut Vec<(f64, Message)>) -> f64 {
    let Draft { id, side, level, price, quantity } = draft;
    let ioc = random.uniform() < 0.15;
    out.push((now, Message::New { id, price, quantity, side, ioc }));
    if ioc {
        return now + 1.0;
    }
    let modify = (random.uniform() < 0.20).then(|| {
        now += 30.0 + (random.uniform() * 70.0).trunc();
        let towards = i64::from(random.uniform() < 0.80);
        let price = if side == Side::Buy { price + towards } else { price - towards };
        let modify = Message::Modify { id, price, quantity: quantity + 1, side };
        out.push((now, modify));
        modify
    });
    if random.uniform() < 0.95 {
        let rate = core::f64::consts::LN_2 / 431.0 / (1.0 + level as f64).sqrt();
        now += (-random.uniform().ln() / rate).trunc();
        out.push((now, Message::Cancel { id }));
        if random.uniform() < 0.02 {
            now += 1.0 + (random.uniform() * 20.0).trunc();
            out.push((now, Message::Cancel { id }));
        }
        if let Some(modify) = modify
            && random.uniform() < 0.02
        {
            now += 1.0 + (random.uniform() * 20.0).trunc();
            out.push((now, modify));
        }
    }
    now + 1.0
}

/// The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998) with the benchmark's distributions.
struct Twister {
    state: [u32; 624],
    at: usize,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = [seed; 624];
        for at in 1..624 {
            let before = state[at - 1];
            state[at] = (before ^ before >> 30).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
        }
        Self { state, at: 624 }
    }

    fn next(&mut self) -> u32 {
        if self.at == 624 {
            for at in 0..624 {
                let joined = self.state[at] & 0x8000_0000 | self.state[(at + 1) % 624] & 0x7FFF_FFFF;
                let twist = if joined & 1 == 1 { 0x9908_B0DF } else { 0 };
                self.state[at] = self.state[(at + 397) % 624] ^ joined >> 1 ^ twist;
            }
            self.at = 0;
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9D2C_5680;
        word ^= word << 15 & 0xEFC6_0000;
        word ^ word >> 18
    }

    /// 53 bits in [0, 1).
    fn uniform(&mut self) -> f64 {
        let (high, low) = (self.next() >> 5, self.next() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// Box-Muller, the cosine branch alone.
    fn normal(&mut self) -> f64 {
        let radius = self.uniform().max(1e-300);
        let angle = self.uniform();
        (-2.0 * radius.ln()).sqrt() * (2.0 * core::f64::consts::PI * angle).cos()
    }

    fn integer(&mut self, low: u32, high: u32) -> u32 {
        low + (self.uniform() * f64::from(high - low + 1)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twister_gives_the_numbers_of_its_authors() {
        // The ten-thousandth number from the default seed, as the C++ standard states it.
        let mut random = Twister::new(5489);
        let last = (0..10_000).map(|_| random.next()).last();
        assert_eq!(last, Some(4_123_659_995));
    }

    #[test]
    fn every_scenario_has_the_published_number_of_messages() {
        let messages = generate(&SCENARIOS[0], ORDERS, SEED, Order::Published);
        let count = |wanted: fn(&Message) -> bool| messages.iter().filter(|&message| wanted(message)).count();
        assert_eq!(count(|message| matches!(message, Message::New { .. })), 1_000_000);
        assert_eq!(count(|message| matches!(message, Message::Cancel { .. })), 823_422);
        assert_eq!(count(|message| matches!(message, Message::Modify { .. })), 172_675);
    }
}
