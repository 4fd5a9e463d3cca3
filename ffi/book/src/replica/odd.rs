//! Messages that do not fit the book ([`super::Anomaly`]), out of the way of those that do.
//!
//! Every anomaly is found before anything is changed, so that a message that must have no effect has none.

use hftz_model::{Delta, Side};

use super::spread::Spread;
use super::{Anomaly, Books, Observer, OnAnomaly, Top};
use crate::store::order::{Order, Spot};
use crate::store::orders::Entry;

impl Books {
    /// An add with a bad side, without shares or with a live reference.
    #[cold]
    #[inline(never)]
    pub(super) fn odd_add(&mut self, delta: &Delta, found: Option<Entry>, observer: &mut impl Observer) -> Option<()> {
        if delta.side().is_none() {
            return self.flag(Anomaly::BadSide, delta, observer);
        }
        if delta.shares == 0 {
            return self.flag(Anomaly::ZeroShares, delta, observer);
        }
        let Some(found) = found else { return Some(()) };
        self.flag(Anomaly::DuplicateReference, delta, observer)?;
        let older = self.orders.get(found).spot().locate();
        let &Delta { reference, locate, price, shares, code, .. } = delta;
        let before = [older, locate].map(|locate| (locate, self.top(locate)));
        self.remove(reference);
        let spot = Spot::new(locate, usize::from(code == Side::Sell.byte()), price);
        let pair = self.table.enter(locate);
        self.insert(self.orders.home(reference), pair, reference, spot, shares);
        self.compare(delta, before, observer);
        Some(())
    }

    /// E C X D of another symbol's order, or of more than is open.
    #[cold]
    #[inline(never)]
    pub(super) fn odd_reduce(&mut self, delta: &Delta, order: &Order, observer: &mut impl Observer) -> Option<()> {
        if order.spot().locate() != delta.locate {
            self.flag(Anomaly::LocateMismatch, delta, observer)?;
        }
        if delta.kind != b'D' && delta.shares > order.shares {
            let kind = if delta.kind == b'X' { Anomaly::OverCancel } else { Anomaly::OverExecution };
            self.flag(kind, delta, observer)?;
        }
        Some(())
    }

    /// A replace of another symbol's order, to no shares, or to a reference that is live.
    #[cold]
    #[inline(never)]
    pub(super) fn odd_replace(
        &mut self,
        delta: &Delta,
        found: Entry,
        taken: Option<Entry>,
        observer: &mut impl Observer,
    ) -> Option<()> {
        let spot = self.orders.get(found).spot();
        let locate = spot.locate();
        if locate != delta.locate {
            self.flag(Anomaly::LocateMismatch, delta, observer)?;
        }
        let taken = taken.filter(|_| delta.other != delta.reference);
        let mut older = locate;
        if delta.shares == 0 {
            self.flag(Anomaly::ZeroShares, delta, observer)?;
        } else if let Some(taken) = taken {
            self.flag(Anomaly::NewReferenceLive, delta, observer)?;
            older = self.orders.get(taken).spot().locate();
        }
        let before = [older, locate].map(|locate| (locate, self.top(locate)));
        self.remove(delta.reference);
        let &Delta { other, price, shares, .. } = delta;
        if shares > 0 {
            self.remove(other);
            let pair = self.table.enter(locate);
            self.insert(self.orders.home(other), pair, other, Spot::new(locate, spot.side(), price), shares);
        }
        self.compare(delta, before, observer);
        Some(())
    }

    /// Takes an order out if it is live, and tells nobody.
    fn remove(&mut self, reference: u64) {
        let home = self.orders.home(reference);
        let Some(entry) = self.orders.find(home, reference) else { return };
        let &Order { shares, .. } = self.orders.get(entry);
        let spot = self.orders.get(entry).spot();
        let pair = self.table.enter(spot.locate());
        // SAFETY: the pair of the order's locate, which the table keeps in place; nothing else refers to it now.
        let ladder = unsafe { &mut (&mut (*pair).0)[spot.side()] };
        ladder.reduce(spot.price(), shares, &mut self.pool);
        self.orders.remove(home, entry);
    }

    /// Counts an anomaly; `None` when the message must have no effect.
    #[cold]
    #[inline(never)]
    pub(super) fn flag(&mut self, kind: Anomaly, delta: &Delta, observer: &mut impl Observer) -> Option<()> {
        self.anomalies.add(kind, delta.offset);
        observer.anomaly(kind, delta);
        (self.policy == OnAnomaly::Count).then_some(())
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
