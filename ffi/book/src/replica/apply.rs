//! What each message does to the books.
//!
//! The common path of each message tests once, for all anomalies together, whether anything is unusual; what follows
//! from that is out of line. E, C, X and D are one path: all of them take up to so many shares off an order.

use hftz_model::{Delta, Side, TradingState};

use super::spread::Spread;
use super::table::Pair;
use super::{Anomaly, Books, Observer, OnAnomaly, Trade};
use crate::store::index::{Found, Guess, Home};
use crate::store::orders::Order;

/// Where the things of a message are.
#[derive(Clone, Copy)]
pub(super) struct Hint {
    /// The home of its reference.
    pub home: Home,
    /// The ladders of its locate.
    pub pair: *mut Pair,
    /// The order it names, perhaps.
    pub guess: Option<Guess>,
}

/// Whether a message was applied. A skipped one counts as applied, unless the policy is to stop.
pub(super) type Applied = Option<()>;

impl Books {
    /// Applies one message. False when the policy is [`OnAnomaly::Stop`] and the message is an anomaly: then it has no
    /// effect beside being counted.
    #[inline]
    pub fn apply(&mut self, delta: &Delta, observer: &mut impl Observer) -> bool {
        let hint = Hint { home: self.index.home(delta.reference), pair: self.table.enter(delta.locate), guess: None };
        self.apply_with(delta, hint, observer)
    }

    /// As [`Self::apply`], knowing where things are.
    #[inline(always)]
    pub(super) fn apply_with(&mut self, delta: &Delta, hint: Hint, observer: &mut impl Observer) -> bool {
        let applied = match delta.kind {
            b'A' | b'F' => self.add(delta, hint, observer),
            b'E' | b'C' | b'X' | b'D' => self.reduce(delta, hint, observer),
            b'U' => self.replace(delta, hint, observer),
            _ => self.other(delta, observer),
        };
        applied.is_some() || self.policy != OnAnomaly::Stop
    }

    #[inline(always)]
    fn add(&mut self, delta: &Delta, hint: Hint, observer: &mut impl Observer) -> Applied {
        let &Delta { reference, locate, price, shares, code, .. } = delta;
        let side = code == Side::Sell.byte();
        let found = self.index.find(hint.home, reference, &self.orders);
        if (!side & (code != Side::Buy.byte())) | (shares == 0) | found.is_some() {
            return self.odd_add(delta, found, observer);
        }
        let side = usize::from(side);
        // SAFETY: `hint` is right about the pair, which the table keeps in place; nothing else refers to it now.
        let before = unsafe { (&(*hint.pair).0)[side].best_key() };
        if self.insert(hint.home, hint.pair, Order::new(reference, locate, side as u8, price, shares)) {
            self.touched(delta, locate, side, before, observer);
        }
        Some(())
    }

    /// Takes a new order in. True when it changed the best of its side.
    #[inline(always)]
    pub(super) fn insert(&mut self, home: Home, pair: *mut Pair, order: Order) -> bool {
        let handle = self.orders.insert(order);
        self.index.insert(home, handle, &self.orders);
        self.peak = self.peak.max(self.orders.live());
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[usize::from(order.side & 1)] };
        ladder.push(handle, &mut self.orders, &mut self.pool)
    }

    #[inline(always)]
    fn reduce(&mut self, delta: &Delta, hint: Hint, observer: &mut impl Observer) -> Applied {
        let Some(found) = self.find(delta, hint) else {
            return self.flag(Anomaly::UnknownReference, delta, observer);
        };
        let &Order { locate, side, price, shares, .. } = self.orders.get(found.handle);
        let deletes = delta.kind == b'D';
        let mut pair = hint.pair;
        if (locate != delta.locate) | (!deletes & (delta.shares > shares)) {
            self.odd_reduce(delta, found.handle, observer)?;
            pair = self.table.enter(locate);
        }
        if matches!(delta.kind, b'E' | b'C') {
            let price = if delta.kind == b'C' { delta.price } else { price };
            let side = Some(if side == 0 { Side::Buy } else { Side::Sell });
            let (size, match_number, printable) = (delta.traded(), delta.other, delta.printable());
            observer.trade(delta, &Trade { locate, side, price, size, match_number, printable });
        }
        let by = if deletes { u32::MAX } else { delta.shares };
        let side = usize::from(side & 1);
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[side] };
        let before = ladder.best_key();
        let reduced = ladder.reduce(found.handle, by, &mut self.orders, &mut self.pool);
        if reduced.gone {
            self.index.remove(hint.home, found);
            self.orders.remove(found.handle);
        }
        if reduced.touched {
            self.touched(delta, locate, side, before, observer);
        }
        Some(())
    }

    #[inline(always)]
    fn find(&self, delta: &Delta, hint: Hint) -> Option<Found> {
        match hint.guess {
            Some(guess) => self.index.find_guessed(hint.home, guess, delta.reference, &self.orders),
            None => self.index.find(hint.home, delta.reference, &self.orders),
        }
    }

    #[inline(always)]
    fn replace(&mut self, delta: &Delta, hint: Hint, observer: &mut impl Observer) -> Applied {
        let &Delta { other, shares, .. } = delta;
        let Some(found) = self.find(delta, hint) else {
            return self.flag(Anomaly::UnknownReference, delta, observer);
        };
        let new_home = self.index.home(other);
        let taken = self.index.find(new_home, other, &self.orders);
        let &Order { locate, side, .. } = self.orders.get(found.handle);
        if (locate != delta.locate) | (shares == 0) | taken.is_some() {
            return self.odd_replace(delta, found, taken, observer);
        }
        self.swap(delta, hint, found, new_home, usize::from(side & 1), observer);
        Some(())
    }

    /// The order leaves its place and its slot takes the new one, which joins the tail of its level.
    #[inline(always)]
    fn swap(
        &mut self,
        delta: &Delta,
        hint: Hint,
        found: Found,
        new_home: Home,
        side: usize,
        observer: &mut impl Observer,
    ) {
        let handle = found.handle;
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*hint.pair).0)[side] };
        let key = ladder.best_key();
        let best = ladder.best();
        let left = ladder.reduce(handle, u32::MAX, &mut self.orders, &mut self.pool);
        self.index.remove(hint.home, found);
        let order = self.orders.get_mut(handle);
        (order.reference, order.price, order.shares) = (delta.other, delta.price, delta.shares);
        self.index.insert(new_home, handle, &self.orders);
        let joined = ladder.push(handle, &mut self.orders, &mut self.pool);
        if (left.touched | joined) && ladder.best() != best {
            self.touched(delta, delta.locate, side, key, observer);
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
    fn touched(&mut self, delta: &Delta, locate: u16, side: usize, before: u64, observer: &mut impl Observer) {
        let Some(pair) = self.table.get(locate) else { return };
        let (after, across) = (pair[side].best_key(), pair[1 - side].best_key());
        if after != before {
            self.crossing(Spread::of(before, across), Spread::of(after, across), delta.offset);
        }
        observer.top(delta, locate, &self.top(locate));
    }
}
