//! What each message does to the books.
//!
//! The common path of each message tests once, for all anomalies together, whether anything is unusual; what follows
//! from that is out of line. E, C, X and D are one path: all of them take up to so many shares off an order.

use hftz_model::{Delta, Side, TradingState};

use super::table::Pair;
use super::{Anomaly, Books, Observer, OnAnomaly, Top, Trade};
use crate::store::index::{Found, Guess, Home};
use crate::store::orders::{Handle, Order};

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
    fn insert(&mut self, home: Home, pair: *mut Pair, order: Order) -> bool {
        let handle = self.orders.insert(order);
        self.index.insert(home, handle, &self.orders);
        self.peak = self.peak.max(self.orders.live());
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[usize::from(order.side & 1)] };
        ladder.push(handle, &mut self.orders, &mut self.pool)
    }

    /// An add with a bad side, without shares or with a live reference.
    #[cold]
    #[inline(never)]
    fn odd_add(&mut self, delta: &Delta, found: Option<Found>, observer: &mut impl Observer) -> Applied {
        if delta.side().is_none() {
            return self.flag(Anomaly::BadSide, delta, observer);
        }
        if delta.shares == 0 {
            return self.flag(Anomaly::ZeroShares, delta, observer);
        }
        let Some(found) = found else { return Some(()) };
        self.flag(Anomaly::DuplicateReference, delta, observer)?;
        let older = self.orders.get(found.handle).locate;
        let &Delta { reference, locate, price, shares, code, .. } = delta;
        let before = [older, locate].map(|locate| (locate, self.top(locate)));
        self.remove(reference);
        let side = u8::from(code == Side::Sell.byte());
        let pair = self.table.enter(locate);
        self.insert(self.index.home(reference), pair, Order::new(reference, locate, side, price, shares));
        self.compare(delta, before, observer);
        Some(())
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

    /// E C X D of another symbol's order, or of more than is open.
    #[cold]
    #[inline(never)]
    fn odd_reduce(&mut self, delta: &Delta, handle: Handle, observer: &mut impl Observer) -> Applied {
        let &Order { locate, shares, .. } = self.orders.get(handle);
        if locate != delta.locate {
            self.flag(Anomaly::LocateMismatch, delta, observer)?;
        }
        if delta.kind != b'D' && delta.shares > shares {
            let kind = if delta.kind == b'X' { Anomaly::OverCancel } else { Anomaly::OverExecution };
            self.flag(kind, delta, observer)?;
        }
        Some(())
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
        let best = ladder.best(&self.pool);
        let left = ladder.reduce(handle, u32::MAX, &mut self.orders, &mut self.pool);
        self.index.remove(hint.home, found);
        let order = self.orders.get_mut(handle);
        (order.reference, order.price, order.shares) = (delta.other, delta.price, delta.shares);
        self.index.insert(new_home, handle, &self.orders);
        let joined = ladder.push(handle, &mut self.orders, &mut self.pool);
        if (left.touched | joined) && ladder.best(&self.pool) != best {
            self.touched(delta, delta.locate, side, key, observer);
        }
    }

    /// A replace of another symbol's order, to no shares, or to a reference that is live.
    #[cold]
    #[inline(never)]
    fn odd_replace(
        &mut self,
        delta: &Delta,
        found: Found,
        taken: Option<Found>,
        observer: &mut impl Observer,
    ) -> Applied {
        let &Order { locate, side, .. } = self.orders.get(found.handle);
        if locate != delta.locate {
            self.flag(Anomaly::LocateMismatch, delta, observer)?;
        }
        let taken = taken.filter(|taken| taken.handle != found.handle);
        let mut older = locate;
        if delta.shares == 0 {
            self.flag(Anomaly::ZeroShares, delta, observer)?;
        } else if let Some(taken) = taken {
            self.flag(Anomaly::NewReferenceLive, delta, observer)?;
            older = self.orders.get(taken.handle).locate;
        }
        let before = [older, locate].map(|locate| (locate, self.top(locate)));
        self.remove(delta.reference);
        let &Delta { other, price, shares, .. } = delta;
        if shares > 0 {
            self.remove(other);
            let pair = self.table.enter(locate);
            self.insert(self.index.home(other), pair, Order::new(other, locate, side, price, shares));
        }
        self.compare(delta, before, observer);
        Some(())
    }

    /// Takes an order out if it is live, and tells nobody.
    fn remove(&mut self, reference: u64) {
        let home = self.index.home(reference);
        let Some(found) = self.index.find(home, reference, &self.orders) else { return };
        let &Order { locate, side, .. } = self.orders.get(found.handle);
        let Some(pair) = self.table.get_mut(locate) else { return };
        pair[usize::from(side & 1)].reduce(found.handle, u32::MAX, &mut self.orders, &mut self.pool);
        self.index.remove(home, found);
        self.orders.remove(found.handle);
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

    /// Counts an anomaly; `None` when the message must have no effect.
    #[cold]
    #[inline(never)]
    fn flag(&mut self, kind: Anomaly, delta: &Delta, observer: &mut impl Observer) -> Applied {
        self.anomalies.add(kind, delta.offset);
        observer.anomaly(kind, delta);
        (self.policy == OnAnomaly::Count).then_some(())
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

    fn crossing(&mut self, before: Spread, after: Spread, offset: u64) {
        match after {
            Spread::Locked if before != after => self.crossings.locked.add(offset),
            Spread::Crossed if before != after => self.crossings.crossed.add(offset),
            _ => {}
        }
    }

    /// Tells what a message with several steps did to the tops of two books (perhaps the same), the last one's own last.
    fn compare(&mut self, delta: &Delta, before: [(u16, Top); 2], observer: &mut impl Observer) {
        let first = usize::from(before[0].0 == before[1].0);
        for (locate, before) in before.into_iter().skip(first) {
            let after = self.top(locate);
            if after != before {
                self.crossing(Spread::of_top(&before), Spread::of_top(&after), delta.offset);
                observer.top(delta, locate, &after);
            }
        }
    }
}

/// How bid and ask stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spread {
    /// Bid below ask, or a side is empty.
    Open,
    Locked,
    Crossed,
}

impl Spread {
    /// From the best keys of both sides ([`crate::store::ladder`]): bid + 1 and 2^32 - ask, or 0 for an empty side, which
    /// cannot bring the sum up to the threshold.
    #[inline(always)]
    fn of(one: u64, other: u64) -> Self {
        const LOCKED: u64 = (1 << 32) + 1;
        match (one + other).cmp(&LOCKED) {
            core::cmp::Ordering::Less => Self::Open,
            core::cmp::Ordering::Equal => Self::Locked,
            core::cmp::Ordering::Greater => Self::Crossed,
        }
    }

    fn of_top(top: &Top) -> Self {
        let bid = top.bid().map_or(0, |(price, _)| u64::from(price) + 1);
        let ask = top.ask().map_or(0, |(price, _)| (1 << 32) - u64::from(price));
        Self::of(bid, ask)
    }
}
