//! Looking ahead in a flow: which orders and places its next events will be about, told early enough to have memory asked for them.
//!
//! The draws of an event depend on what the venue answers by the number of live orders alone, and that is foreseen well: a limit order
//! adds one, a cancel takes one unless its order's distance spares it, and only what trades is a guess. So a copy of the stream, read
//! as the model will read it, says what comes a few dozen events before it does. What it says is good for nothing but preparation:
//! where it errs, somebody waits for memory, and the scout finds its way back by comparing streams and counts with the flow's.
//!
//! Events are kept by what they need: [picks](Pick) of a live order, and [spots](Spot) where an order arrives. Whoever prepares them goes
//! over many of one kind at once, and no branch has to be guessed.

use super::{CANCEL, CANCEL_LEAST, CANCEL_TOP, FAR, NOBODY, Zero};
use crate::crowd::{Crowd, Dice, Place, away, distance};
use crate::flow::Flow;
use crate::live::LiveOrder;
use crate::random::{Random, scale};
use hftz_model::Side;

/// Events, picks and spots that are kept, each; a power of two.
pub const ROOM: usize = 64;

/// Reads ahead of one flow. Events, picks and spots are numbered as they come.
#[derive(Clone, Debug)]
pub struct Scout {
    random: Random,
    /// The flow's next event, and the next to be sighted.
    next: u64,
    end: u64,
    events: [Event; ROOM],
    picks: [Pick; ROOM],
    spots: [Spot; ROOM],
    /// Live orders expected before the event at `end`.
    sighted: i64,
    /// The next pick to be settled, live orders expected when [`Event::added`] was as here.
    unsettled: u64,
    live: i64,
    added: i64,
}

/// An event to come, and what comes before it.
#[derive(Clone, Copy, Default, Debug)]
struct Event {
    /// Of the stream, when the event was thrown.
    mark: u64,
    picks: u64,
    spots: u64,
    /// Live orders that spots add, in all.
    added: i64,
}

/// An event that draws a live order: a cancel, or a change.
#[derive(Clone, Copy, Default, Debug)]
pub struct Pick {
    /// The order, once it is settled; `None` where a cancel spares it.
    pub order: Option<LiveOrder>,
    dice: Dice,
    /// The bits that draw it, if it is a change.
    change: Option<u64>,
    added: i64,
    /// Live orders expected before it, and how many it ends.
    live: i64,
    ends: i64,
}

/// An event that brings an order to a side of a symbol.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub symbol: u16,
    pub side: Side,
    /// Away from the opposite best; 0 takes that.
    pub ticks: u32,
}

/// What was sighted, as far as it is known at once.
#[derive(Clone, Copy, Debug)]
pub enum Sight<'a> {
    /// This order of the flow, or one near it in memory; it need not have been read.
    Pick(Option<&'a LiveOrder>),
    Spot(Spot),
}

/// How the events that were sighted compare with the flow's next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meeting {
    AsExpected,
    /// More or fewer orders live: what is to come was settled wrongly from there on.
    OtherCount,
    /// It is none of them: a new scout is needed.
    Elsewhere,
}

impl Scout {
    /// A scout where a flow is; `None` of a model that draws otherwise, or before its first command.
    #[must_use]
    pub fn new(flow: &Flow) -> Option<Self> {
        let (model, crowd) = flow.zero().filter(|(model, _)| model.ahead.live != NOBODY)?;
        let live = crowd.live.len() as i64;
        let mut scout = Self {
            random: crowd.random.clone(),
            next: 0,
            end: 0,
            events: [Event::default(); ROOM],
            picks: [Pick::default(); ROOM],
            spots: [Spot { symbol: 0, side: Side::Buy, ticks: 0 }; ROOM],
            sighted: live,
            unsettled: 0,
            live,
            added: 0,
        };
        scout.read(model, crowd, model.ahead.dice);
        Some(scout)
    }

    /// The number of the flow's next event.
    #[inline]
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// The number after the last that was sighted.
    #[inline]
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// How many picks come before an event that was sighted, or before the next to be.
    #[inline]
    #[must_use]
    pub const fn picks_before(&self, event: u64) -> u64 {
        self.events[at(event)].picks
    }

    /// How many spots do.
    #[inline]
    #[must_use]
    pub const fn spots_before(&self, event: u64) -> u64 {
        self.events[at(event)].spots
    }

    #[inline]
    #[must_use]
    pub const fn spot(&self, number: u64) -> Spot {
        self.spots[at(number)]
    }

    #[inline]
    #[must_use]
    pub const fn pick(&self, number: u64) -> &Pick {
        &self.picks[at(number)]
    }

    /// Sights one more event. There may be [`ROOM`] less one from the flow's next to the last.
    #[inline(always)]
    pub fn sight<'a>(&mut self, flow: &'a Flow) -> Option<Sight<'a>> {
        let (model, crowd) = flow.zero()?;
        let dice = Dice::throw(&mut self.random);
        Some(self.read(model, crowd, dice))
    }

    /// Reads the draws that follow a throw, as [`Zero::next`] would.
    #[inline(always)]
    fn read<'a>(&mut self, model: &Zero, crowd: &'a Crowd, dice: Dice) -> Sight<'a> {
        let mark = self.random.mark();
        let Event { picks, spots, added, .. } = self.events[at(self.end)];
        self.events[at(self.end)].mark = mark;
        self.end += 1;
        let point = dice.point(model.fixed + CANCEL_TOP * self.sighted as f64);
        let random = &mut self.random;
        let (place, ticks) = if point >= model.fixed {
            let (order, coin) = model.aim(point);
            let ends = i64::from(coin < CANCEL_LEAST);
            let pick = Pick { dice, change: None, added, ends, ..Pick::default() };
            return self.picked(pick, order as usize, crowd, Event { mark: 0, picks: picks + 1, spots, added });
        } else if point < model.limit {
            let bits = random.bits();
            if crowd.attributed(random.bits()) {
                random.bits();
            }
            (crowd.place_of((bits >> 32) as u32), model.arrivals.pick(bits as u32) + 1)
        } else {
            let (bits, other) = (random.bits(), point - model.limit - model.market - model.immediate);
            if other >= 0.0 {
                if other >= model.reduce {
                    random.bits();
                    random.bits();
                }
                let pick = Pick { dice, change: Some(bits), added, ..Pick::default() };
                let order = position(bits, self.sighted);
                return self.picked(pick, order, crowd, Event { mark: 0, picks: picks + 1, spots, added });
            }
            random.bits();
            (crowd.place_of((bits >> 32) as u32), 0)
        };
        // What takes is expected to end one order.
        let adds = if ticks == 0 { -1 } else { 1 };
        let Place { symbol, side } = place;
        let spot = Spot { symbol, side, ticks };
        self.spots[at(spots)] = spot;
        self.sighted += adds;
        self.events[at(self.end)] = Event { mark: 0, picks, spots: spots + 1, added: added + adds };
        Sight::Spot(spot)
    }

    #[inline(always)]
    fn picked<'a>(&mut self, pick: Pick, order: usize, crowd: &'a Crowd, after: Event) -> Sight<'a> {
        self.picks[at(after.picks - 1)] = pick;
        self.sighted -= pick.ends;
        self.events[at(self.end)] = after;
        Sight::Pick(crowd.live.at(order))
    }

    /// Finds out which order the next pick is of, by what those before it do; `best` tells the best price of a side as far as it
    /// is known at once.
    #[inline(always)]
    pub fn settle(&mut self, flow: &Flow, best: impl FnOnce(u16, Side) -> Option<i64>) -> Option<LiveOrder> {
        let (model, crowd) = flow.zero()?;
        let pick = &mut self.picks[at(self.unsettled)];
        self.unsettled += 1;
        self.live += pick.added - self.added;
        self.added = pick.added;
        pick.live = self.live;
        let Some(bits) = pick.change else {
            let point = pick.dice.point(model.fixed + CANCEL_TOP * self.live as f64);
            let (order, coin) = model.aim(point);
            let order = crowd.live.nth(order as usize);
            let spares = |order: LiveOrder| {
                best(order.symbol, order.side.opposite())
                    .is_none_or(|opposite| coin >= CANCEL[distance(opposite, order.side, order.price, FAR) as usize])
            };
            pick.order = order.filter(|order| coin < CANCEL_LEAST || !spares(*order));
            let ends = i64::from(pick.order.is_some());
            self.live -= ends;
            self.sighted += pick.ends - ends;
            pick.ends = ends;
            return pick.order;
        };
        pick.order = crowd.live.nth(position(bits, self.live));
        pick.order
    }

    /// Picks that are settled.
    #[inline]
    #[must_use]
    pub const fn settled(&self) -> u64 {
        self.unsettled
    }

    /// Looks for the flow's next event. All picks before the event `settled` are. Where another number of orders live than was
    /// expected, those from the flow's next on no longer are.
    #[inline]
    pub fn meet(&mut self, flow: &Flow) -> Meeting {
        let Some((_, crowd)) = flow.zero() else { return Meeting::Elsewhere };
        while self.events[at(self.next)].mark != crowd.random.mark() {
            self.next += 1;
            if self.next == self.end {
                return Meeting::Elsewhere;
            }
        }
        let Event { picks, added, .. } = self.events[at(self.next)];
        let expected = if picks < self.unsettled {
            let pick = &self.picks[at(picks)];
            pick.live + added - pick.added
        } else {
            self.live + added - self.added
        };
        let live = crowd.live.len() as i64;
        if live == expected {
            return Meeting::AsExpected;
        }
        self.sighted += live - expected;
        (self.unsettled, self.live, self.added) = (picks, live, added);
        Meeting::OtherCount
    }
}

impl Spot {
    /// The price of its order, given the opposite best.
    #[inline]
    #[must_use]
    pub fn price(&self, opposite: i64) -> i64 {
        away(opposite, self.side, i64::from(self.ticks))
    }
}

const fn at(number: u64) -> usize {
    number as usize % ROOM
}

/// The position that bits draw of so many orders.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn position(bits: u64, live: i64) -> usize {
    scale(bits, live.max(0) as u32) as usize
}
