//! Looking ahead in a flow: which orders and places its next events will be about, told early enough to have memory asked for them.
//!
//! The draws of an event depend on what the venue answers by the number of live orders alone, and that is foreseen well: a limit order
//! adds one, a cancel takes one unless its order's distance spares it, and only what trades is a guess. So a copy of the stream, read
//! as the model will read it, says what comes a few dozen events before it does. What it says is good for nothing but preparation:
//! where it errs, somebody waits for memory, and the scout finds its way back by comparing streams and counts with the flow's.

use super::{CANCEL, CANCEL_LEAST, CANCEL_TOP, FAR, NOBODY, Zero};
use crate::crowd::{Crowd, Dice, Place, away, distance};
use crate::flow::Flow;
use crate::live::LiveOrder;
use crate::random::{Random, scale};
use hftz_model::Side;

/// Reads ahead of one flow.
#[derive(Clone, Debug)]
pub struct Scout {
    random: Random,
    /// Live orders expected before the next event that is sighted.
    sighted: i64,
    /// The same before the next that is settled.
    settled: i64,
}

/// An event to come.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sight {
    /// Of the stream, when the event was thrown.
    mark: u64,
    dice: Dice,
    what: What,
    /// Live orders expected before it, and by how many it is expected to change them.
    before: i64,
    change: i64,
}

#[derive(Clone, Copy, Default, Debug)]
enum What {
    #[default]
    Nothing,
    /// A limit order so many ticks from the opposite best.
    Limit(Place, u32),
    /// An order that takes the opposite best.
    Take(Place),
    /// A cancel, of whichever order the count of live ones makes it.
    Cancel,
    /// A change of the order that these bits draw.
    Change(u64),
}

/// How an event that was sighted compares with the flow's next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meeting {
    /// It is another: this one was passed, or never came.
    Elsewhere,
    AsExpected,
    /// It is this one, and other than the expected number of orders live. It and those after it are to be settled again.
    OtherCount,
}

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About<'a> {
    Nothing,
    /// An order of this symbol and side, so many ticks from the opposite best; 0 takes that.
    Place(u16, Side, u32),
    /// This order of the flow, or one near it in memory; it need not have been read.
    Order(&'a LiveOrder),
}

impl Scout {
    /// A scout where a flow is, and the flow's next event; `None` of a model that draws otherwise, or before its first command.
    #[must_use]
    pub fn new(flow: &Flow) -> Option<(Self, Sight)> {
        let (model, crowd) = flow.zero().filter(|(model, _)| model.ahead.live != NOBODY)?;
        let live = crowd.live.len() as i64;
        let mut scout = Self { random: crowd.random.clone(), sighted: live, settled: live };
        let next = scout.read(model, crowd, model.ahead.dice);
        Some((scout, next))
    }

    /// The event after those that were sighted.
    #[inline]
    #[must_use]
    pub fn sight(&mut self, flow: &Flow) -> Sight {
        let dice = Dice::throw(&mut self.random);
        flow.zero().map_or(Sight::default(), |(model, crowd)| self.read(model, crowd, dice))
    }

    /// Reads the draws that follow a throw, as [`Zero::next`] would.
    fn read(&mut self, model: &Zero, crowd: &Crowd, dice: Dice) -> Sight {
        let mark = self.random.mark();
        let point = dice.point(model.fixed + CANCEL_TOP * self.sighted as f64);
        let random = &mut self.random;
        let what = if point < model.limit {
            let bits = random.bits();
            if crowd.attributed(random.bits()) {
                random.bits();
            }
            What::Limit(crowd.place_of((bits >> 32) as u32), model.arrivals.pick(bits as u32) + 1)
        } else if point < model.fixed {
            let bits = random.bits();
            let other = point - model.limit;
            if other < model.market + model.immediate {
                random.bits();
                What::Take(crowd.place_of((bits >> 32) as u32))
            } else {
                if other >= model.market + model.immediate + model.reduce {
                    random.bits();
                    random.bits();
                }
                What::Change(bits)
            }
        } else {
            What::Cancel
        };
        let spared = matches!(what, What::Cancel) && model.aim(point).1 >= CANCEL_LEAST;
        let sight = Sight { mark, dice, what, before: self.sighted, change: what.change(spared) };
        self.sighted += sight.change;
        sight
    }

    /// The order that an event ends or changes, once all before it are settled; `best` tells the best price of a side where it is
    /// known at once.
    #[inline]
    #[must_use]
    pub fn settle(
        &mut self,
        flow: &Flow,
        sight: &mut Sight,
        best: impl FnOnce(u16, Side) -> Option<i64>,
    ) -> Option<LiveOrder> {
        let (model, crowd) = flow.zero()?;
        sight.before = self.settled;
        let (order, spared) = match sight.what {
            What::Cancel => {
                let (order, coin) = sight.aim(model, self.settled);
                let order = crowd.live.nth(order as usize);
                let spares = |order: LiveOrder| {
                    best(order.symbol, order.side.opposite()).is_none_or(|opposite| {
                        coin >= CANCEL[distance(opposite, order.side, order.price, FAR) as usize]
                    })
                };
                (order, coin >= CANCEL_LEAST && order.is_none_or(spares))
            }
            What::Change(bits) => (crowd.live.nth(position(bits, self.settled)), false),
            _ => (None, false),
        };
        let change = sight.what.change(spared);
        self.settled += change;
        self.sighted += change - sight.change;
        sight.change = change;
        order.filter(|_| !spared)
    }

    /// Compares an event with the flow's next.
    #[inline]
    #[must_use]
    pub fn meet(&mut self, flow: &Flow, sight: &Sight) -> Meeting {
        let Some((_, crowd)) = flow.zero().filter(|(_, crowd)| crowd.random.mark() == sight.mark) else {
            return Meeting::Elsewhere;
        };
        let live = crowd.live.len() as i64;
        if live == sight.before {
            return Meeting::AsExpected;
        }
        self.sighted += live - sight.before;
        self.settled = live;
        Meeting::OtherCount
    }
}

impl Sight {
    /// What it is about, as far as is known before it is settled.
    #[inline]
    #[must_use]
    pub fn about<'a>(&self, flow: &'a Flow) -> About<'a> {
        let Some((model, crowd)) = flow.zero() else { return About::Nothing };
        let order = |position: usize| crowd.live.at(position).map_or(About::Nothing, About::Order);
        match self.what {
            What::Nothing => About::Nothing,
            What::Limit(place, ticks) => About::Place(place.symbol, place.side, ticks),
            What::Take(place) => About::Place(place.symbol, place.side, 0),
            What::Cancel => order(self.aim(model, self.before).0 as usize),
            What::Change(bits) => order(position(bits, self.before)),
        }
    }

    /// The price of a limit order so many ticks from the opposite best.
    #[inline]
    #[must_use]
    pub fn price(opposite: i64, side: Side, ticks: u32) -> i64 {
        away(opposite, side, i64::from(ticks))
    }

    /// Which order a cancel proposes when so many are live, and its coin.
    fn aim(&self, model: &Zero, live: i64) -> (u32, f64) {
        model.aim(self.dice.point(model.fixed + CANCEL_TOP * live as f64))
    }
}

impl What {
    /// Live orders that it adds. What takes is expected to end one order.
    const fn change(self, spared: bool) -> i64 {
        match self {
            Self::Limit(..) => 1,
            Self::Take(_) => -1,
            Self::Cancel => spared as i64 - 1,
            Self::Nothing | Self::Change(_) => 0,
        }
    }
}

/// The position that bits draw of so many orders.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn position(bits: u64, live: i64) -> usize {
    scale(bits, live.max(0) as u32) as usize
}
