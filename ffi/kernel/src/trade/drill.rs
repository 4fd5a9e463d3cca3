//! A generated order flow through the matching engine, and one number for everything it answered. The same source runs
//! hosted and in the kernel; [`KNOWN`] is what both must give.

use hftz_book::matching::{Engine, Settings, SetupError, Sink};
use hftz_book::store::StateHasher;
use hftz_model::{AuctionKind, Command, Event, ReportKind, Side, TimeInForce, TradingState};

/// Live orders the drill's engine has room for; small enough that the limit is met.
const CAPACITY: u32 = 4_096;
const SYMBOLS: u64 = 3;

/// What the engine answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    pub reports: u64,
    pub fills: u64,
    pub rejects: u64,
    /// FNV-1a over every report, its fields little-endian in their order.
    pub report_hash: u64,
    /// The engine's own hash of its whole state at the end.
    pub state_hash: u64,
}

/// Seed and number of commands of the run whose answer is known.
pub const SEED: u64 = 7;
pub const COUNT: u64 = 20_000;
/// The answer. A change of the engine's rules changes it: take the new one from the failing hosted test.
pub const KNOWN: Answer = Answer {
    reports: 34_265,
    fills: 12_366,
    rejects: 7_408,
    report_hash: 0xef05_934d_79e8_3220,
    state_hash: 0x54fb_9ed9_39cf_462b,
};

/// Hashes reports as they come.
#[derive(Default)]
struct Reports {
    hasher: StateHasher,
    count: u64,
    fills: u64,
    rejects: u64,
}

impl Sink for Reports {
    fn report(&mut self, event: &Event) {
        let hasher = &mut self.hasher;
        hasher.bytes(&[event.kind.byte(), event.side, event.reason.byte()]);
        hasher.bytes(&event.symbol.to_le_bytes());
        hasher.bytes(&event.account.to_le_bytes());
        hasher.bytes(&event.sequence.to_le_bytes());
        hasher.bytes(&event.order_id.to_le_bytes());
        hasher.bytes(&event.price.to_le_bytes());
        hasher.bytes(&event.quantity.to_le_bytes());
        hasher.bytes(&event.open.to_le_bytes());
        hasher.bytes(&event.match_number.to_le_bytes());
        self.count += 1;
        self.fills += u64::from(event.kind == ReportKind::Fill);
        self.rejects += u64::from(event.kind == ReportKind::Rejected);
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): one multiplication chain a draw, and the same everywhere.
struct Random(u64);

impl Random {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }
}

/// Draws the next command: mostly limit orders close to the middle, with every other kind mixed in.
fn command(random: &mut Random, id: u64) -> Command {
    let symbol = 1 + random.below(SYMBOLS) as u16;
    let side = if random.below(2) == 0 { Side::Buy } else { Side::Sell };
    let away = random.below(24) as i64 - 6;
    let price = if side == Side::Buy { 10_000 - away } else { 10_000 + away };
    let quantity = 1 + random.below(100) as u32;
    let recent = id.saturating_sub(random.below(60)).max(1);
    let limit = Command::limit(symbol, side, id, price, quantity).with_account(random.below(5) as u16);
    match random.below(100) {
        0..40 => limit,
        40..48 => limit.with_time_in_force(TimeInForce::Ioc),
        48..51 => limit.with_time_in_force(TimeInForce::Fok),
        51..55 => limit.with_time_in_force(TimeInForce::PostOnly),
        55..60 => limit.with_display(1 + quantity / 4),
        60..63 => Command::market(symbol, side, id, quantity),
        63..66 => Command::stop(symbol, side, id, price, quantity),
        66..69 => Command::stop_limit(symbol, side, id, price, price + 2, quantity),
        69..84 => Command::cancel(symbol, recent, random.below(2) as u32 * 10),
        84..97 => Command::replace(symbol, recent, price, quantity),
        97 if random.below(10) == 0 => Command::state(symbol, TradingState::Auction, AuctionKind::Opening, 10_000),
        97 | 98 => Command::state(symbol, TradingState::Trading, AuctionKind::Other, 0),
        _ => Command::clock(id * 1_000),
    }
}

/// A running drill, for measuring it a command at a time.
pub struct Drill {
    engine: Engine,
    random: Random,
    reports: Reports,
    next: u64,
}

impl Drill {
    /// # Errors
    /// [`SetupError`] when there is no memory for the engine.
    pub fn new(seed: u64) -> Result<Self, SetupError> {
        let engine = Engine::new(&Settings { capacity: CAPACITY, ..Settings::default() })?;
        Ok(Self { engine, random: Random(seed), reports: Reports::default(), next: 1 })
    }

    /// The next command; ids count up.
    pub fn draw(&mut self) -> Command {
        let command = command(&mut self.random, self.next);
        self.next += 1;
        command
    }

    #[inline]
    pub fn apply(&mut self, command: &Command) {
        self.engine.apply(command, &mut self.reports);
    }

    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer {
            reports: self.reports.count,
            fills: self.reports.fills,
            rejects: self.reports.rejects,
            report_hash: self.reports.hasher.finish(),
            state_hash: self.engine.state_hash(),
        }
    }
}

/// Runs `count` commands.
///
/// # Errors
/// [`SetupError`] when there is no memory for the engine.
pub fn run(seed: u64, count: u64) -> Result<Answer, SetupError> {
    let mut drill = Drill::new(seed)?;
    for _ in 0..count {
        let command = drill.draw();
        drill.apply(&command);
    }
    Ok(drill.answer())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_space_gives_the_known_answer() {
        assert_eq!(run(SEED, COUNT).unwrap(), KNOWN);
    }

    #[test]
    fn the_flow_meets_every_side_of_the_engine() {
        let answer = run(SEED, COUNT).unwrap();
        assert!(answer.fills > 1_000 && answer.rejects > 100 && answer.reports > COUNT / 2);
    }

    #[test]
    fn another_seed_gives_another_answer() {
        assert_ne!(run(SEED + 1, COUNT).unwrap().report_hash, KNOWN.report_hash);
    }
}
