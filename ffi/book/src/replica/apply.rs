//! What each message does to the books.
//!
//! The usual course of each message tests once, for all that may be unusual together, whether anything is; what follows
//! from that is out of line.

use hftz_model::{Delta, Side, TradingState};

use super::spread::Spread;
use super::table::Pair;
use super::{Anomaly, Books, Observer, OnAnomaly, Top, Trade};
use crate::store::ladder::Place;
use crate::store::order::Spot;
use crate::store::orders::Home;
use crate::store::tags::Slot;

/// Where the things of a message probably are. Everything but the home is checked before it is believed.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Hint {
    /// The home of its reference.
    pub home: Home,
    /// The ladders of its locate.
    pub pair: *mut Pair,
    /// Where in its home the order is that it names.
    pub guess: Slot,
    /// Where that order stands, if it is the message's symbol; of an add, where its order will.
    pub spot: Spot,
    /// The place of that spot.
    pub place: Place,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// The usual happened, and places and homes are where they were.
    Plainly,
    /// It was applied.
    Otherwise,
    /// It is an anomaly and had no effect.
    Not,
}

impl From<Option<()>> for Applied {
    #[inline(always)]
    fn from(applied: Option<()>) -> Self {
        if applied.is_some() { Self::Otherwise } else { Self::Not }
    }
}

const SIDES: [u8; 2] = [Side::Buy.byte(), Side::Sell.byte()];

/// Whether a message adds an order.
#[inline(always)]
pub(super) fn adds(kind: u8) -> bool {
    matches!(kind, b'A' | b'F')
}

impl Books {
    /// Applies one message. False when the policy is [`OnAnomaly::Stop`] and the message is an anomaly: then it has no
    /// effect beside being counted.
    #[inline]
    pub fn apply(&mut self, delta: &Delta, observer: &mut impl Observer) -> bool {
        let hint = self.look(delta);
        self.apply_with(delta, &hint, observer) != Applied::Not || self.policy != OnAnomaly::Stop
    }

    /// Looks where the things of a message are now.
    #[inline]
    pub(super) fn look(&mut self, delta: &Delta) -> Hint {
        let (home, pair) = (self.orders.home(delta.reference), self.table.enter(delta.locate));
        let guess = self.orders.guess(home);
        let spot = if adds(delta.kind) {
            Spot::new(delta.locate, usize::from(delta.code == Side::Sell.byte()), delta.price)
        } else {
            self.orders.get(home.entry(guess)).spot().of(delta.locate)
        };
        // SAFETY: an entry of the table, which keeps it in place; nothing else refers to it now.
        let place = unsafe { (&(*pair).0)[spot.side()].place(spot.price()) };
        Hint { home, pair, guess, spot, place }
    }

    /// As [`Self::apply`], knowing where things are.
    #[inline(always)]
    pub(super) fn apply_with(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        match delta.kind {
            b'A' | b'F' => self.add(delta, hint, observer),
            b'D' => self.delete(delta, hint, observer),
            b'E' | b'C' | b'X' => self.reduce(delta, hint, observer),
            b'U' => self.replace(delta, hint, observer),
            _ => self.other(delta, observer).into(),
        }
    }

    #[inline(always)]
    fn add(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let &Delta { reference, shares, code, .. } = delta;
        let &Hint { home, spot, place, .. } = hint;
        let fits = code == SIDES[spot.side()] && shares != 0;
        let (true, Some(slot), Some(size)) = (fits, self.orders.room(home), place.moved(i64::from(shares))) else {
            return self.add_slowly(delta, hint, observer).into();
        };
        let risen = self.orders.put(home, slot, reference, spot, shares);
        self.resize(delta, hint, size, observer);
        if risen { Applied::Otherwise } else { Applied::Plainly }
    }

    /// Gives the level of a hint another size.
    #[inline(always)]
    fn resize(&mut self, delta: &Delta, hint: &Hint, size: u32, observer: &mut impl Observer) {
        let &Hint { pair, spot, place, .. } = hint;
        // SAFETY: the pair of the message's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        let before = ladder.best_key();
        if ladder.resize(place, spot.price(), size, &self.pool) {
            self.touched(delta, pair, spot, before, observer);
        }
    }

    #[inline(always)]
    fn delete(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let &Hint { home, guess, place, .. } = hint;
        let Some(size) = self.confirm(delta, hint).and_then(|open| place.moved(-i64::from(open))) else {
            return self.reduce_slowly(delta, hint, observer).into();
        };
        self.orders.remove(home, home.entry(guess));
        self.resize(delta, hint, size, observer);
        Applied::Plainly
    }

    /// An add that needs a search, a chain, a level outside the window, or is not one.
    #[inline(never)]
    fn add_slowly(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Option<()> {
        let &Hint { home, pair, spot, .. } = hint;
        let found = self.orders.find(home, delta.reference);
        if delta.side().is_none() | (delta.shares == 0) | found.is_some() {
            return self.odd_add(delta, found, observer);
        }
        // SAFETY: as in `add`.
        let before = unsafe { (&(*pair).0)[spot.side()].best_key() };
        if self.insert(home, pair, delta.reference, spot, delta.shares) {
            self.touched(delta, pair, spot, before, observer);
        }
        Some(())
    }

    /// Takes a new order in. True when it changed the best of its side.
    pub(super) fn insert(&mut self, home: Home, pair: *mut Pair, reference: u64, spot: Spot, shares: u32) -> bool {
        self.orders.insert(home, reference, spot, shares);
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        ladder.push(spot.price(), shares, &mut self.pool)
    }

    /// The shares of the order a message names, if it is where the hint says.
    #[inline(always)]
    fn confirm(&self, delta: &Delta, hint: &Hint) -> Option<u32> {
        let order = self.orders.confirm(hint.home.entry(hint.guess), delta.reference)?;
        order.stands_at(hint.spot).then_some(order.shares)
    }

    #[inline(always)]
    fn reduce(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let &Hint { home, guess, spot, place, .. } = hint;
        let by = delta.shares;
        let open = self.confirm(delta, hint).filter(|&open| (by > 0) & (by <= open));
        let (Some(open), Some(size)) = (open, place.moved(-i64::from(by))) else {
            return self.reduce_slowly(delta, hint, observer).into();
        };
        self.print(delta, spot, observer);
        let entry = home.entry(guess);
        if by == open {
            self.orders.remove(home, entry);
        } else {
            self.orders.set_shares(entry, open - by);
        }
        self.resize(delta, hint, size, observer);
        Applied::Plainly
    }

    /// An execution is a trade.
    #[inline(always)]
    fn print(&self, delta: &Delta, spot: Spot, observer: &mut impl Observer) {
        if matches!(delta.kind, b'E' | b'C') {
            let price = if delta.kind == b'C' { delta.price } else { spot.price() };
            let side = Some(if spot.side() == 0 { Side::Buy } else { Side::Sell });
            let (size, match_number, printable) = (delta.traded(), delta.other, delta.printable());
            observer.trade(delta, &Trade { locate: spot.locate(), side, price, size, match_number, printable });
        }
    }

    /// E C X D that needs a search, of a level outside the window, or of an order that is not there or not like that.
    #[inline(never)]
    fn reduce_slowly(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Option<()> {
        let Some(entry) = self.orders.find(hint.home, delta.reference) else {
            return self.flag(Anomaly::UnknownReference, delta, observer);
        };
        let order = *self.orders.get(entry);
        let (spot, deletes) = (order.spot(), delta.kind == b'D');
        if (spot.locate() != delta.locate) | (!deletes & (delta.shares > order.shares)) {
            self.odd_reduce(delta, &order, observer)?;
        }
        self.print(delta, spot, observer);
        let pair = self.table.enter(spot.locate());
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        let before = ladder.best_key();
        let by = if deletes { order.shares } else { delta.shares.min(order.shares) };
        let touched = ladder.reduce(spot.price(), by, &mut self.pool);
        if by == order.shares {
            self.orders.remove(hint.home, entry);
        } else {
            self.orders.set_shares(entry, order.shares - by);
        }
        if touched {
            self.touched(delta, pair, spot, before, observer);
        }
        Some(())
    }

    /// The order leaves and the new one joins the tail of its level.
    #[inline(always)]
    fn replace(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let &Delta { other, price, shares, .. } = delta;
        let &Hint { home, pair, guess, spot, place } = hint;
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        let (to, by, new_home) = (ladder.place(price), i64::from(shares), self.orders.home(other));
        let size = self.confirm(delta, hint).and_then(|open| place.moved(-i64::from(open)));
        let fits = (shares > 0) & to.moved(by).is_some();
        let (Some(size), Some(slot), true) = (size, self.orders.room(new_home), fits) else {
            return self.replace_slowly(delta, hint, observer).into();
        };
        let (key, best) = (ladder.best_key(), ladder.best());
        let left = ladder.resize(place, spot.price(), size, &self.pool);
        // What left may have made room, and so it still fits.
        let joined = to.moved(by).is_some_and(|size| ladder.resize(to, price, size, &self.pool));
        let best_now = ladder.best();
        self.orders.remove(home, home.entry(guess));
        self.orders.put(new_home, slot, other, Spot::new(spot.locate(), spot.side(), price), shares);
        if (left | joined) && best_now != best {
            self.touched(delta, pair, spot, key, observer);
        }
        Applied::Plainly
    }

    /// A replace that needs a search, a chain, a level outside the window, or is not one.
    #[inline(never)]
    fn replace_slowly(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Option<()> {
        let &Delta { reference, other, price, shares, .. } = delta;
        let &Hint { home, pair, .. } = hint;
        let Some(entry) = self.orders.find(home, reference) else {
            return self.flag(Anomaly::UnknownReference, delta, observer);
        };
        let new_home = self.orders.home(other);
        let taken = self.orders.find(new_home, other);
        let order = *self.orders.get(entry);
        let spot = order.spot();
        if (spot.locate() != delta.locate) | (shares == 0) | taken.is_some() {
            return self.odd_replace(delta, entry, taken, observer);
        }
        // SAFETY: as in `replace`.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        let (key, best) = (ladder.best_key(), ladder.best());
        let left = ladder.reduce(spot.price(), order.shares, &mut self.pool);
        let joined = ladder.push(price, shares, &mut self.pool);
        let best_now = ladder.best();
        self.orders.remove(home, entry);
        self.orders.insert(new_home, other, Spot::new(spot.locate(), spot.side(), price), shares);
        if (left | joined) && best_now != best {
            self.touched(delta, pair, spot, key, observer);
        }
        Some(())
    }

    /// Everything that leaves the levels alone.
    #[inline(never)]
    fn other(&mut self, delta: &Delta, observer: &mut impl Observer) -> Option<()> {
        let &Delta { locate, price, other: match_number, .. } = delta;
        match delta.kind {
            b'P' | b'Q' => {
                let side = delta.side();
                if delta.kind == b'P' && side.is_none() {
                    self.flag(Anomaly::BadSide, delta, observer)?;
                }
                let size = delta.traded();
                observer.trade(delta, &Trade { locate, side, price, size, match_number, printable: true });
            }
            b'H' => {
                let Some(state) = TradingState::from_byte(delta.code) else {
                    return self.flag(Anomaly::BadState, delta, observer);
                };
                let at = usize::from(locate);
                if self.states.len() <= at {
                    self.states.resize((at + 1).next_power_of_two(), None);
                }
                if self.states[at].replace(state) != Some(state) {
                    observer.state(delta, locate, state);
                }
            }
            _ => {}
        }
        Some(())
    }

    /// The best level of a side changed; `before` is its key before that.
    #[inline(always)]
    fn touched(&mut self, delta: &Delta, pair: *mut Pair, spot: Spot, before: u64, observer: &mut impl Observer) {
        // SAFETY: the pair of the spot's locate, which the table keeps in place; nothing refers to it mutably now.
        let sides = unsafe { &(*pair).0 };
        let (after, across) = (sides[spot.side()].best_key(), sides[1 - spot.side()].best_key());
        // Asked so, the answer is nearly always the same; whether the price has changed would be a coin toss.
        let spread = Spread::of(after, across);
        if spread != Spread::Open {
            self.crossing(Spread::of(before, across), spread, delta.offset);
        }
        observer.top(delta, spot.locate(), &Top::of(sides));
    }
}
