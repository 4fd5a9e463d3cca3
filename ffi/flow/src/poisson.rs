//! Plain Poisson flow: commands arrive at a constant rate, their kinds drawn from a fixed mix, their prices uniform on the
//! twenty ticks from the opposite best.
//!
//! No theory stands behind it; it is the load most simulators call a market. Books are kept at a given size: when more orders
//! than that rest, what would have been a new order cancels one.

use crate::crowd::{Crowd, Place, Quotes};
use crate::settings::FlowSettings;
use hftz_model::Command;

/// Commands a symbol and second.
const RATE: f64 = 150.0;
/// Orders a side and symbol that rest when books are full.
pub const RESTING_SIDE: f64 = 80.0;
/// Prices lie 1 to this many ticks from the opposite best.
const REACH: u32 = 20;
/// Shares of the kinds, of 100: new, cancel, replace, reduce, immediate-or-cancel; the rest are market orders.
const MIX: [u32; 5] = [48, 34, 8, 2, 3];

/// The model; rates are per second over all symbols.
#[derive(Clone, Copy, Debug)]
pub struct Poisson {
    rate: f64,
    /// Live orders at which new ones become cancels.
    full: usize,
}

impl Poisson {
    pub fn new(settings: &FlowSettings) -> Self {
        Self { rate: RATE * f64::from(settings.symbols), full: settings.resting() }
    }

    /// Draws events until one is a command, and writes it.
    pub fn next(&self, crowd: &mut Crowd, quotes: &impl Quotes, budget: u32, to: &mut Command) {
        loop {
            let mut point = (crowd.next_event(self.rate) * 100.0 / self.rate) as u32;
            let mut kind = 0;
            while kind < MIX.len() && point >= MIX[kind] {
                point -= MIX[kind];
                kind += 1;
            }
            if kind == 0 && crowd.live.len() >= self.full {
                kind = 1;
            }
            let made = match kind {
                0 => {
                    let place = crowd.place();
                    let ticks = i64::from(crowd.random.below(REACH)) + 1;
                    crowd.limit(place, crowd.opposite(place, quotes), ticks, to)
                }
                4 => {
                    let place = crowd.place();
                    crowd.immediate(place, crowd.opposite(place, quotes), budget / 2, to)
                }
                5 => {
                    let place = crowd.place();
                    crowd.market(place, budget / 2, to)
                }
                _ => change(crowd, quotes, kind, budget, to),
            };
            if made {
                return;
            }
        }
    }

    /// An order of the opening book; `crossing` prices it through the other side.
    pub fn opening(crowd: &mut Crowd, crossing: bool, to: &mut Command) -> bool {
        let place = crowd.place();
        let ticks = i64::from(crowd.random.below(if crossing { 3 } else { REACH }));
        crowd.limit(place, crowd.opening_opposite(place), if crossing { -ticks } else { ticks + 1 }, to)
    }
}

/// Cancels, replaces or reduces any live order.
fn change(crowd: &mut Crowd, quotes: &impl Quotes, kind: usize, budget: u32, to: &mut Command) -> bool {
    let Some(order) = crowd.live.pick(&mut crowd.random) else { return false };
    match kind {
        1 => {
            *to = Command::cancel(order.symbol, order.id, 0);
            true
        }
        2 => {
            let opposite = crowd.opposite(Place { symbol: order.symbol, side: order.side }, quotes);
            let ticks = i64::from(crowd.random.below(REACH)) + 1;
            budget >= 2 && crowd.replace(&order, opposite, ticks, to)
        }
        _ => Crowd::reduce(&order, to),
    }
}
