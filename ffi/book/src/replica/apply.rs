//! What each message does to the books.
//!
//! The usual course of each message tests once, for all that may be unusual together, whether anything is; what follows
//! from that is out of line.

use hftz_model::{Delta, Side, TradingState};

use super::spread::Spread;
use super::table::Pair;
use super::{Anomaly, Books, Observer, OnAnomaly, Top, Trade};
use crate::store::ladder::{Ladder, Place};
use crate::store::order::Spot;
use crate::store::orders::{Entry, Home};

/// Where the things of a message probably are. Everything but the home is checked before it is believed.
#[derive(Clone, Copy)]
pub(super) struct Hint {
    /// The home of its reference.
    pub home: Home,
    /// The ladders of its locate.
    pub pair: *mut Pair,
    /// Where the order is that it names.
    pub guess: Entry,
    /// Where that order stands, if it is the message's symbol; of an add, where its order will.
    pub spot: Spot,
    /// The place of that spot.
    pub place: Place,
}

/// Whether a message was applied. A skipped one counts as applied, unless the policy is to stop.
pub(super) type Applied = Option<()>;

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
        self.apply_with(delta, &hint, observer)
    }

    /// Looks where the things of a message are now.
    #[inline]
    pub(super) fn look(&mut self, delta: &Delta) -> Hint {
        let (home, pair) = (self.orders.home(delta.reference), self.table.enter(delta.locate));
        let guess = self.orders.guess(home);
        let spot = if adds(delta.kind) {
            Spot::new(delta.locate, usize::from(delta.code == Side::Sell.byte()), delta.price)
        } else {
            self.orders.get(guess).spot().of(delta.locate)
        };
        // SAFETY: an entry of the table, which keeps it in place; nothing else refers to it now.
        let place = unsafe { (&(*pair).0)[spot.side()].place(spot.price()) };
        Hint { home, pair, guess, spot, place }
    }

    /// As [`Self::apply`], knowing where things are.
    #[inline(always)]
    pub(super) fn apply_with(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> bool {
        let applied = match delta.kind {
            b'A' | b'F' => self.add(delta, hint, observer),
            b'D' => self.delete(delta, hint, observer),
            b'E' | b'C' | b'X' => self.reduce(delta, hint, observer),
            b'U' => self.replace(delta, hint, observer),
            _ => self.other(delta, observer),
        };
        applied.is_some() || self.policy != OnAnomaly::Stop
    }

    #[inline(always)]
    fn add(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let &Delta { reference, shares, code, .. } = delta;
        let &Hint { home, pair, spot, place, .. } = hint;
        let fits = (code == Side::Buy.byte()) | (code == Side::Sell.byte());
        let Some(entry) = self.orders.room(home).filter(|_| fits & (shares != 0) & place.takes(shares)) else {
            return self.add_slowly(delta, hint, observer);
        };
        self.orders.put(home, entry, reference, spot, shares);
        // SAFETY: the pair of the message's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        let before = ladder.best_key();
        if ladder.join(place, spot.price(), shares) {
            self.touched(delta, pair, spot, before, observer);
        }
        Some(())
    }

    /// An add that needs a search, a chain, a level outside the window, or is not one.
    #[inline(never)]
    fn add_slowly(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
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
        let order = self.orders.confirm(hint.guess, delta.reference)?;
        let same = (order.spot() == hint.spot) & hint.place.holds();
        same.then_some(order.shares)
    }

    #[inline(always)]
    fn delete(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let Some(shares) = self.confirm(delta, hint) else {
            return self.reduce_slowly(delta, hint, observer);
        };
        self.leave(delta, hint, shares, observer);
        Some(())
    }

    /// A whole order of so many shares leaves.
    #[inline(always)]
    fn leave(&mut self, delta: &Delta, hint: &Hint, shares: u32, observer: &mut impl Observer) {
        let &Hint { home, pair, guess, spot, place } = hint;
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        let before = ladder.best_key();
        let touched = ladder.leave(place, spot.price(), shares, &self.pool);
        self.orders.remove(home, guess);
        if touched {
            self.touched(delta, pair, spot, before, observer);
        }
    }

    #[inline(always)]
    fn reduce(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let Some(shares) = self.confirm(delta, hint).filter(|&shares| delta.shares <= shares) else {
            return self.reduce_slowly(delta, hint, observer);
        };
        self.print(delta, hint.spot, observer);
        if delta.shares == shares {
            self.leave(delta, hint, shares, observer);
            return Some(());
        }
        let &Hint { pair, guess, spot, place, .. } = hint;
        self.orders.set_shares(guess, shares - delta.shares);
        // SAFETY: as in `leave`.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        if ladder.cut(place, spot.price(), delta.shares) {
            self.touched(delta, pair, spot, ladder.best_key(), observer);
        }
        Some(())
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
    fn reduce_slowly(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
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

    #[inline(always)]
    fn replace(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let Some(shares) = self.confirm(delta, hint).filter(|_| delta.shares > 0) else {
            return self.replace_slowly(delta, hint, observer);
        };
        let new_home = self.orders.home(delta.other);
        let taken = self.orders.find(new_home, delta.other);
        if taken.is_some() {
            return self.odd_replace(delta, hint.guess, taken, observer);
        }
        self.swap(delta, hint, shares, new_home, observer);
        Some(())
    }

    #[inline(never)]
    fn replace_slowly(&mut self, delta: &Delta, hint: &Hint, observer: &mut impl Observer) -> Applied {
        let Some(entry) = self.orders.find(hint.home, delta.reference) else {
            return self.flag(Anomaly::UnknownReference, delta, observer);
        };
        let new_home = self.orders.home(delta.other);
        let taken = self.orders.find(new_home, delta.other);
        let order = *self.orders.get(entry);
        let spot = order.spot();
        if (spot.locate() != delta.locate) | (delta.shares == 0) | taken.is_some() {
            return self.odd_replace(delta, entry, taken, observer);
        }
        let hint = Hint { guess: entry, spot, place: Place::nowhere(), ..*hint };
        self.swap(delta, &hint, order.shares, new_home, observer);
        Some(())
    }

    /// The order leaves and the new one joins the tail of its level.
    #[inline(always)]
    fn swap(&mut self, delta: &Delta, hint: &Hint, shares: u32, new_home: Home, observer: &mut impl Observer) {
        let &Hint { home, pair, guess, spot, place } = hint;
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder: &mut Ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        let (key, best) = (ladder.best_key(), ladder.best());
        let left = if place.holds() {
            ladder.leave(place, spot.price(), shares, &self.pool)
        } else {
            ladder.reduce(spot.price(), shares, &mut self.pool)
        };
        let joined = ladder.push(delta.price, delta.shares, &mut self.pool);
        let best_now = ladder.best();
        self.orders.remove(home, guess);
        self.orders.insert(new_home, delta.other, Spot::new(spot.locate(), spot.side(), delta.price), delta.shares);
        if (left | joined) && best_now != best {
            self.touched(delta, pair, spot, key, observer);
        }
    }

    /// Everything that leaves the levels alone.
    #[inline(never)]
    fn other(&mut self, delta: &Delta, observer: &mut impl Observer) -> Applied {
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
        if after != before {
            self.crossing(Spread::of(before, across), Spread::of(after, across), delta.offset);
        }
        observer.top(delta, spot.locate(), &Top::of(sides));
    }
}
