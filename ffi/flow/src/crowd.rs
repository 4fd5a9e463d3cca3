//! What every flow model shares: its dice, its clock, the orders it has in the market, and how it words a command.

use crate::burst::Burst;
use crate::by_symbol::BySymbol;
use crate::exponential::exponential_of;
use crate::live::{Live, LiveOrder};
use crate::random::Random;
use crate::settings::{Extras, FlowSettings, Model, SizeModel};
use crate::sizes::Sizes;
use hftz_model::{Command, Event, ReportKind, Side, TimeInForce};

/// The price step of every generated symbol: one cent, in 10^-4 of the currency.
pub const TICK: i64 = 100;
/// The highest price a feed may carry (ITCH 5.0, Price(4)).
const HIGHEST: i64 = 1_999_999_900;
/// Accounts that attributed orders carry: 1 up to this.
const ACCOUNTS: u32 = 20;
/// Reserve orders hold this many times what they show.
const RESERVE: u32 = 4;

/// The best prices of a market, as its traders see them.
pub trait Quotes {
    /// Best price of one side of a symbol, in 10^-4; `None` when the side is empty.
    fn best(&self, symbol: u16, side: Side) -> Option<i64>;

    /// The best price that an order on this side of a symbol meets.
    #[inline]
    fn opposite(&self, symbol: u16, side: Side) -> Option<i64> {
        self.best(symbol, side.opposite())
    }
}

/// The traders of all symbols together.
#[derive(Clone, Debug)]
pub struct Crowd {
    pub random: Random,
    pub live: Live,
    /// The same by symbol, for models that need it.
    pub by_symbol: BySymbol,
    sizes: Sizes,
    marks: Marks,
    /// Model time in nanoseconds since midnight, as it would be without bursts; the fraction is kept so that gaps add up exactly
    /// on average.
    clock_ns: f64,
    burst: Option<Burst>,
    start_ns: u64,
    second_ns: f64,
    symbols: u16,
    /// Each symbol's first price, by locate - 1.
    starts: Vec<u32>,
}

/// Probabilities of the marks of a new order, of 2^24.
#[derive(Clone, Copy, Debug)]
struct Marks {
    reserve: u32,
    attributed: u32,
}

/// When the next event of a Poisson process comes, and which it is: both out of one draw of 64 bits, time to 2^-21 of the mean gap,
/// the point to 2^-32 of the rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dice {
    /// In mean gaps.
    gap: f64,
    /// Of 2^32.
    share: f64,
}

impl Dice {
    /// The draws of an event, for whatever rate it turns out to have.
    #[inline]
    pub fn throw(random: &mut Random) -> Self {
        let bits = random.bits();
        Self { gap: exponential_of(bits as u32, random), share: f64::from((bits >> 32) as u32) }
    }

    /// Which event it is: a point below the rate.
    #[inline]
    pub fn point(&self, rate: f64) -> f64 {
        self.share * (rate / 4_294_967_296.0)
    }
}

/// One side of one symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub symbol: u16,
    pub side: Side,
}

impl Crowd {
    pub fn new(settings: &FlowSettings) -> Self {
        let mut random = Random::new(settings.seed);
        // First prices lie between 20 and 520: far enough from zero for a day's walk, and different for every seed.
        let starts = (0..settings.symbols).map(|_| (2_000 + random.below(50_000)) * TICK as u32).collect();
        Self {
            random,
            live: Live::with_capacity(settings.resting() * 2),
            by_symbol: match settings.model {
                Model::Hawkes(_) => BySymbol::new(settings.symbols),
                Model::Zero | Model::Poisson => BySymbol::default(),
            },
            sizes: match settings.sizes {
                SizeModel::Unit => Sizes::unit(),
                SizeModel::Mixture => Sizes::mixture(),
            },
            marks: Marks::new(&settings.extras),
            clock_ns: settings.start_ns as f64,
            burst: settings.burst.filter(|burst| burst.factor > 1),
            start_ns: settings.start_ns,
            second_ns: 1e9 / settings.activity,
            symbols: settings.symbols,
            starts,
        }
    }

    /// Moves model time to the next event of a Poisson process with `rate` events a second, and draws a point below `rate` that
    /// says which.
    #[inline]
    pub fn next_event(&mut self, rate: f64) -> f64 {
        let dice = self.throw();
        self.wait(self.gap_ns(&dice, rate));
        dice.point(rate)
    }

    /// [`Dice::throw`] of the crowd's own stream.
    #[inline]
    pub fn throw(&mut self) -> Dice {
        Dice::throw(&mut self.random)
    }

    /// Nanoseconds of model time to the event of these draws in a process with `rate` events a second.
    #[inline]
    pub fn gap_ns(&self, dice: &Dice, rate: f64) -> f64 {
        dice.gap * self.second_ns / rate
    }

    /// Moves model time on by so many nanoseconds.
    #[inline]
    pub fn wait(&mut self, ns: f64) {
        self.clock_ns += ns;
    }

    /// Moves model time on by so many seconds of the model's own.
    #[inline]
    pub fn pass(&mut self, seconds: f64) {
        self.clock_ns += seconds * self.second_ns;
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn time_ns(&self) -> u64 {
        let clock_ns = self.clock_ns as i64 as u64;
        match self.burst {
            None => clock_ns,
            Some(burst) => self.start_ns + burst.time_of(clock_ns - self.start_ns),
        }
    }

    /// Any side of any symbol, all alike.
    #[inline]
    pub fn place(&mut self) -> Place {
        let bits = self.random.bits();
        self.place_of((bits >> 32) as u32)
    }

    /// The side and symbol that 32 uniform bits choose.
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub fn place_of(&self, bits: u32) -> Place {
        let drawn = ((u64::from(bits) * u64::from(self.symbols) * 2) >> 32) as u32;
        // Looked up: of a comparison compilers make a branch, which is wrong half of the time.
        let side = [Side::Buy, Side::Sell][(drawn & 1) as usize];
        Place { symbol: (drawn >> 1) as u16 + 1, side }
    }

    pub fn start_price(&self, symbol: u16) -> i64 {
        self.starts.get(usize::from(symbol).wrapping_sub(1)).map_or(TICK, |price| i64::from(*price))
    }

    /// The price that distances on `place` count from: the opposite best; without one, a tick past the own best; in an empty
    /// market, where the first day began.
    #[inline]
    pub fn opposite(&self, place: Place, quotes: &impl Quotes) -> i64 {
        quotes.opposite(place.symbol, place.side).unwrap_or_else(|| self.imagined(place, quotes))
    }

    #[cold]
    fn imagined(&self, place: Place, quotes: &impl Quotes) -> i64 {
        match quotes.best(place.symbol, place.side) {
            Some(own) => away(own, place.side, -1),
            None => self.opening_opposite(place),
        }
    }

    /// The opposite best of the opening book: the start price is the best bid, a tick above it the best ask.
    pub fn opening_opposite(&self, place: Place) -> i64 {
        let start = self.start_price(place.symbol);
        if place.side == Side::Buy { start + TICK } else { start }
    }

    /// A new limit order `distance` ticks from `opposite`; `None` when that is no price.
    #[inline(always)]
    pub fn limit(&mut self, place: Place, opposite: i64, distance: i64) -> Option<Command> {
        let price = away(opposite, place.side, distance);
        if !(TICK..=HIGHEST).contains(&price) {
            return None;
        }
        let bits = self.random.bits();
        let mut order = Command::limit(place.symbol, place.side, self.live.next_id(), price, self.sizes.of(bits));
        if (bits as u32) & 0xFF_FFFF < self.marks.reserve {
            order.display = order.quantity;
            order.quantity *= RESERVE;
        }
        if self.attributed(bits) {
            order.account = 1 + self.random.below(ACCOUNTS) as u16;
        }
        Some(order)
    }

    /// Whether a new order of these bits carries an account, which is then drawn.
    #[inline(always)]
    pub fn attributed(&self, bits: u64) -> bool {
        (bits >> 24) as u32 & 0xFF_FFFF < self.marks.attributed
    }

    /// A market order, of at most `most` shares; `None` when that is nothing.
    pub fn market(&mut self, place: Place, most: u32) -> Option<Command> {
        let quantity = self.sizes.draw(&mut self.random).min(most);
        let order = Command::market(place.symbol, place.side, self.live.next_id(), quantity);
        (quantity > 0).then_some(order)
    }

    /// An immediate-or-cancel order at the opposite best, of at most `most` shares; `None` when that is nothing.
    pub fn immediate(&mut self, place: Place, opposite: i64, most: u32) -> Option<Command> {
        let quantity = self.sizes.draw(&mut self.random).min(most);
        let order = Command::limit(place.symbol, place.side, self.live.next_id(), opposite, quantity);
        (quantity > 0).then(|| order.with_time_in_force(TimeInForce::Ioc))
    }

    /// Cancels about half of an order; `None` when that would be nothing.
    pub fn reduce(order: &LiveOrder) -> Option<Command> {
        (order.open >= 2).then(|| Command::cancel(order.symbol, order.id, order.open / 2))
    }

    /// Moves an order to `distance` ticks from `opposite` with a new size; `None` when that is no price.
    pub fn replace(&mut self, order: &LiveOrder, opposite: i64, distance: i64) -> Option<Command> {
        let price = away(opposite, order.side, distance);
        let replace = Command::replace(order.symbol, order.id, price, self.sizes.draw(&mut self.random));
        (TICK..=HIGHEST).contains(&price).then_some(replace)
    }

    /// Learns what became of its orders. Always inlined: whoever makes a report knows its kind, and then only one arm is left.
    #[inline(always)]
    pub fn observe(&mut self, event: &Event) {
        match event.kind {
            ReportKind::Accepted => {
                // An accepted order has one of two sides: no branch on which.
                let side = [Side::Sell, Side::Buy][usize::from(event.side == Side::Buy.byte())];
                let (id, price, open) = (event.order_id, event.price, event.open);
                self.live.insert(LiveOrder { id, price, open, symbol: event.symbol, side });
                self.by_symbol.insert(event.symbol, id, &self.live);
            }
            ReportKind::Fill | ReportKind::Cancelled | ReportKind::Expired if event.open == 0 => {
                if self.live.remove(event.order_id) {
                    self.by_symbol.ended(event.symbol);
                }
            }
            ReportKind::Fill | ReportKind::Cancelled | ReportKind::Expired => {
                if let Some(order) = self.live.get_mut(event.order_id) {
                    order.open = event.open;
                }
            }
            ReportKind::Replaced => {
                if let Some(order) = self.live.get_mut(event.order_id) {
                    (order.price, order.open) = (event.price, event.open);
                }
            }
            ReportKind::Triggered | ReportKind::Rejected => {}
        }
    }
}

impl Marks {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn new(extras: &Extras) -> Self {
        let of = |share: f64| (share.clamp(0.0, 1.0) * 16_777_216.0) as u32;
        Self { reserve: of(extras.reserve), attributed: of(extras.attributed) }
    }
}

/// The price `distance` ticks from `opposite` on the far side of it for an order on `side`.
#[inline]
pub fn away(opposite: i64, side: Side, distance: i64) -> i64 {
    opposite - sign(side) * distance * TICK
}

/// How many ticks an order on `side` stands from `opposite`, `most` when it is more, or less than none: bounded before the division,
/// which then is short.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn distance(opposite: i64, side: Side, price: i64, most: u32) -> u32 {
    let apart = (sign(side) * (opposite - price)) as u64;
    apart.min(u64::from(most) * TICK as u64) as u32 / TICK as u32
}

/// 1 for buy, -1 for sell: sides are as good as random, so arithmetic is cheaper than a branch.
#[inline]
fn sign(side: Side) -> i64 {
    1 - 2 * side.index() as i64
}
