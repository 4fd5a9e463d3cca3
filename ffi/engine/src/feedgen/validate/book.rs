//! What any book of a model shows: how many orders stand where, how large they are, and whose turn comes next.

use super::check::{Checks, Moments, SIGMAS};
use super::market::{LOT, Market};
use crate::run::Control;
use hftz_flow::{Extras, FlowSettings, Model, SizeModel, TICK};
use hftz_model::{Command, CommandKind, OrderKind, Side, TimeInForce};

/// Orders i = 1 to 5 ticks from the opposite best, which stands still: lambda / theta.
pub const MEANS: [f64; 5] = [2.606, 1.864, 1.603, 1.571, 1.638];
/// How exactly these are known.
const ROUNDED: f64 = 0.000_5;
/// Books that are watched, and seconds between two looks: by then 99 % of what stood there has gone.
const BOOKS: u16 = 64;
const APART: u64 = 10;
/// Shares that hold a best price against all market orders.
const ANCHOR: u32 = 1_000_000_000;

/// The zero-intelligence book while its best prices are held by orders that never go. Looks so many times at each book.
///
/// # Errors
/// When memory is short.
pub fn occupancy(looks: u64, seed: u64, control: Control<'_>, to: &mut Checks) -> Result<(), String> {
    let settings = FlowSettings {
        model: Model::Zero,
        symbols: BOOKS,
        seed,
        sizes: SizeModel::Unit,
        extras: Extras::NONE,
        ..FlowSettings::default()
    };
    let mut market = Market::new(&settings, control)?;
    for symbol in 1..=BOOKS {
        let price = market.flow.start_price(symbol);
        for (side, price) in [(Side::Buy, price), (Side::Sell, price + TICK)] {
            let anchor = Command::limit(symbol, side, market.own_id(), price, ANCHOR);
            market.apply(&anchor);
        }
    }
    let mut seen = [Moments::default(); 5];
    let mut due = settings.start_ns + 2 * APART * 1_000_000_000;
    let last = settings.start_ns + (looks + 1) * APART * 1_000_000_000;
    while due <= last {
        let Some(time_ns) = market.step() else { return Ok(()) };
        if time_ns < due {
            continue;
        }
        due += APART * 1_000_000_000;
        for symbol in 1..=BOOKS {
            let price = market.flow.start_price(symbol);
            for (side, opposite, away) in [(Side::Buy, price + TICK, -TICK), (Side::Sell, price, TICK)] {
                for (distance, moments) in (1..).zip(&mut seen) {
                    let depth = market.engine.depth_at(symbol, side, opposite + away * distance);
                    // The anchor stands first at distance 1: market orders take from it and from nobody else.
                    let anchor = if distance == 1 { market.anchor(symbol, side) } else { 0 };
                    moments.add((depth - anchor) as f64 / f64::from(LOT));
                }
            }
        }
    }
    for ((moments, mean), ticks) in seen.into_iter().zip(MEANS).zip(1..) {
        to.mean(format!("orders {ticks} ticks away, mean"), moments, mean, mean, ROUNDED);
        let dispersion = moments.variance() / moments.mean();
        // Of a Poisson variable it is met to sqrt((2 + 1 / mean) / n).
        let error = ((2.0 + 1.0 / mean) / moments.count).sqrt();
        to.add(format!("orders {ticks} ticks away, variance / mean"), dispersion, 1.0, SIGMAS * error);
    }
    Ok(())
}

impl Market<'_> {
    /// Shares that an anchor of [`occupancy`] still has; they were its symbol's first two own orders.
    fn anchor(&self, symbol: u16, side: Side) -> u64 {
        self.engine.open(Self::first_own(u64::from(symbol - 1) * 2 + side.index() as u64)).map_or(0, u64::from)
    }
}

/// Shares of the sizes that orders have.
const SIZES: [(u32, f64); 5] = [(100, 0.70), (200, 0.06), (300, 0.004), (400, 0.0329), (500, 0.001)];
/// Of an order below a round lot: 0.2 times P(LogNormal(2.9, 1.2) < 99.5).
const ODD: f64 = 0.2 * 0.921_7;
/// Sizes are drawn from 4096 cells.
const CELL: f64 = 1.0 / 4096.0;

/// Sizes of new orders, and whether the sides of takers remember each other, over so many commands.
///
/// # Errors
/// When memory is short.
pub fn orders(model: Model, commands: u64, seed: u64, control: Control<'_>, to: &mut Checks) -> Result<(), String> {
    let settings = FlowSettings { model, seed, extras: Extras::NONE, ..FlowSettings::default() };
    let mut market = Market::new(&settings, control)?;
    market.open(&settings);
    let (mut all, mut odd, mut round) = (0, 0, [0; SIZES.len()]);
    // By symbol the last hundred signs, the latest first.
    let mut signs = vec![std::collections::VecDeque::<f64>::new(); usize::from(settings.symbols)];
    let mut products = LAGS.map(|_| Moments::default());
    for _ in 0..commands {
        if market.step().is_none() {
            return Ok(());
        }
        let command = &market.command;
        if command.kind != CommandKind::New {
            continue;
        }
        if command.order_kind == OrderKind::Market.byte() || command.time_in_force == TimeInForce::Ioc.byte() {
            let sign = if command.side == Side::Buy.byte() { 1.0 } else { -1.0 };
            let past = &mut signs[usize::from(command.symbol) - 1];
            for (lag, products) in LAGS.into_iter().zip(&mut products) {
                if let Some(before) = past.get(lag - 1) {
                    products.add(sign * before);
                }
            }
            past.push_front(sign);
            past.truncate(LAGS[LAGS.len() - 1]);
        }
        all += 1;
        odd += u64::from(command.quantity < 100);
        for ((size, _), count) in SIZES.iter().zip(&mut round) {
            *count += u64::from(command.quantity == *size);
        }
    }
    to.probability("orders below 100 shares", odd, all, ODD, CELL);
    for ((size, share), count) in SIZES.into_iter().zip(round) {
        to.probability(format!("orders of {size} shares"), count, all, share, CELL);
    }
    for (lag, products) in LAGS.into_iter().zip(products) {
        to.mean(format!("signs of takers, autocorrelation at lag {lag}"), products, 0.0, 1.0, 0.0);
    }
    Ok(())
}

/// Takers between two whose signs are compared.
const LAGS: [usize; 3] = [1, 10, 100];
