//! A fixed mix of commands around the opposite best: what the flows send that have no theory of the book.
//!
//! Prices are uniform on the twenty ticks from the opposite best. Books are kept at a given size: when more orders than that
//! rest, what would have been a new order cancels one. Where a command may fall is a [`Scope`].

use crate::crowd::{Crowd, Place, Quotes};
use crate::live::LiveOrder;
use hftz_model::{Command, Side};

/// Orders a side and symbol that rest when books are full.
pub const RESTING_SIDE: usize = 80;
/// Prices lie 1 to this many ticks from the opposite best.
const REACH: u32 = 20;

/// What a command is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    New,
    Cancel,
    Replace,
    Reduce,
    Immediate,
    Market,
}

/// Shares of the kinds, of 100; the rest are market orders.
const MIX: [(u32, Kind); 5] =
    [(48, Kind::New), (34, Kind::Cancel), (8, Kind::Replace), (2, Kind::Reduce), (3, Kind::Immediate)];

impl Kind {
    /// The kind at a point below 100.
    pub fn at(mut point: u32) -> Self {
        for (share, kind) in MIX {
            if point < share {
                return kind;
            }
            point -= share;
        }
        Self::Market
    }

    /// A command of this kind; `None` when none is possible now.
    #[inline]
    pub fn make(self, scope: impl Scope, crowd: &mut Crowd, quotes: &impl Quotes, budget: u32) -> Option<Command> {
        match self {
            Self::New if !scope.is_full(crowd) => {
                let place = scope.place(crowd);
                let ticks = i64::from(crowd.random.below(REACH)) + 1;
                crowd.limit(place, crowd.opposite(place, quotes), ticks)
            }
            Self::Immediate => {
                let place = scope.place(crowd);
                crowd.immediate(place, crowd.opposite(place, quotes), budget / 2)
            }
            Self::Market => {
                let place = scope.place(crowd);
                crowd.market(place, budget / 2)
            }
            Self::New | Self::Cancel | Self::Replace | Self::Reduce => {
                let order = scope.order(crowd)?;
                self.change(&order, crowd, quotes, budget)
            }
        }
    }

    fn change(self, order: &LiveOrder, crowd: &mut Crowd, quotes: &impl Quotes, budget: u32) -> Option<Command> {
        match self {
            Self::Replace => {
                let opposite = crowd.opposite(Place { symbol: order.symbol, side: order.side }, quotes);
                let ticks = i64::from(crowd.random.below(REACH)) + 1;
                if budget < 2 { None } else { crowd.replace(order, opposite, ticks) }
            }
            Self::Reduce => Crowd::reduce(order),
            _ => Some(Command::cancel(order.symbol, order.id, 0)),
        }
    }
}

/// An order of the opening book; `crossing` prices it through the other side.
pub fn opening(crowd: &mut Crowd, crossing: bool) -> Option<Command> {
    let place = crowd.place();
    let ticks = i64::from(crowd.random.below(if crossing { 3 } else { REACH }));
    crowd.limit(place, crowd.opening_opposite(place), if crossing { -ticks } else { ticks + 1 })
}

/// Which books a command may be about.
pub trait Scope: Copy {
    fn place(self, crowd: &mut Crowd) -> Place;
    /// A live order, each with the same probability.
    fn order(self, crowd: &mut Crowd) -> Option<LiveOrder>;
    fn is_full(self, crowd: &Crowd) -> bool;
}

/// All of them.
#[derive(Clone, Copy, Debug)]
pub struct Anywhere {
    /// Orders of full books, all together.
    pub full: usize,
}

impl Scope for Anywhere {
    #[inline]
    fn place(self, crowd: &mut Crowd) -> Place {
        crowd.place()
    }

    #[inline]
    fn order(self, crowd: &mut Crowd) -> Option<LiveOrder> {
        crowd.live.pick(&mut crowd.random)
    }

    #[inline]
    fn is_full(self, crowd: &Crowd) -> bool {
        crowd.live.len() >= self.full
    }
}

/// One symbol's. The crowd must keep its orders by symbol.
#[derive(Clone, Copy, Debug)]
pub struct Within(pub u16);

impl Scope for Within {
    #[inline]
    fn place(self, crowd: &mut Crowd) -> Place {
        let side = if crowd.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        Place { symbol: self.0, side }
    }

    #[inline]
    fn order(self, crowd: &mut Crowd) -> Option<LiveOrder> {
        crowd.by_symbol.pick(self.0, &crowd.live, &mut crowd.random)
    }

    #[inline]
    fn is_full(self, crowd: &Crowd) -> bool {
        crowd.by_symbol.live(self.0) >= RESTING_SIDE * 2
    }
}
