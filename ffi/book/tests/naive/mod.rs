//! The books as plain ordered maps: slow, and right at a glance. The twin of `replica::Books` in every test.

use std::collections::{BTreeMap, VecDeque};

use hftz_book::replica::{Anomaly, LevelView, Observer, OnAnomaly, OrderView, Tally, Top, Trade};
use hftz_book::store::StateHasher;
use hftz_model::{Delta, Side, TradingState};

type Queue = VecDeque<(u64, u32)>;

#[derive(Default)]
struct Book {
    sides: [BTreeMap<u32, Queue>; 2],
    state: Option<TradingState>,
}

impl Book {
    fn best(&self, side: Side) -> (u32, u64) {
        let levels = &self.sides[side.index()];
        let best = if side == Side::Buy { levels.last_key_value() } else { levels.first_key_value() };
        best.map_or((0, 0), |(&price, queue)| (price, queue.iter().map(|order| u64::from(order.1)).sum()))
    }

    fn top(&self) -> Top {
        let ((bid_price, bid_size), (ask_price, ask_size)) = (self.best(Side::Buy), self.best(Side::Sell));
        Top { bid_price, ask_price, bid_size, ask_size }
    }
}

/// Books of every symbol.
#[derive(Default)]
pub struct NaiveBooks {
    books: BTreeMap<u16, Book>,
    orders: BTreeMap<u64, OrderView>,
    peak: usize,
    policy: OnAnomaly,
    pub anomalies: [Tally; Anomaly::ALL.len()],
    pub locked: Tally,
    pub crossed: Tally,
}

impl NaiveBooks {
    /// No orders, `policy` decides about anomalies.
    pub fn with_policy(policy: OnAnomaly) -> Self {
        Self { policy, ..Self::default() }
    }

    /// Applies one message; false when it stopped at it.
    pub fn apply(&mut self, delta: &Delta, observer: &mut impl Observer) -> bool {
        match delta.kind {
            b'A' | b'F' => self.add(delta, observer),
            b'E' | b'C' | b'X' | b'D' => self.reduce(delta, observer),
            b'U' => self.replace(delta, observer),
            b'P' | b'Q' => self.print(delta, observer),
            b'H' => self.state(delta, observer),
            _ => Some(()),
        }
        .is_some()
            || self.policy != OnAnomaly::Stop
    }

    fn add(&mut self, delta: &Delta, observer: &mut impl Observer) -> Option<()> {
        let Some(side) = delta.side() else { return self.flag(Anomaly::BadSide, delta, observer) };
        if delta.shares == 0 {
            return self.flag(Anomaly::ZeroShares, delta, observer);
        }
        let displaced = self.orders.get(&delta.reference).copied();
        if displaced.is_some() {
            self.flag(Anomaly::DuplicateReference, delta, observer)?;
        }
        let &Delta { reference, locate, price, shares, .. } = delta;
        self.watch(delta, [displaced.map_or(locate, |order| order.locate), locate], observer, |books| {
            if displaced.is_some() {
                books.remove(reference);
            }
            books.insert(OrderView { reference, locate, side, price, shares });
        });
        Some(())
    }

    fn reduce(&mut self, delta: &Delta, observer: &mut impl Observer) -> Option<()> {
        let Some(&order) = self.orders.get(&delta.reference) else {
            return self.flag(Anomaly::UnknownReference, delta, observer);
        };
        if order.locate != delta.locate {
            self.flag(Anomaly::LocateMismatch, delta, observer)?;
        }
        let executes = matches!(delta.kind, b'E' | b'C');
        if delta.kind != b'D' && delta.shares > order.shares {
            let kind = if executes { Anomaly::OverExecution } else { Anomaly::OverCancel };
            self.flag(kind, delta, observer)?;
        }
        if executes {
            let price = if delta.kind == b'C' { delta.price } else { order.price };
            observer.trade(
                delta,
                &Trade {
                    locate: order.locate,
                    side: Some(order.side),
                    price,
                    size: delta.traded(),
                    match_number: delta.other,
                    printable: delta.printable(),
                },
            );
        }
        self.watch(delta, [order.locate; 2], observer, |books| {
            if delta.kind == b'D' || delta.shares >= order.shares {
                books.remove(order.reference);
            } else {
                books.shrink(order.reference, delta.shares);
            }
        });
        Some(())
    }

    fn replace(&mut self, delta: &Delta, observer: &mut impl Observer) -> Option<()> {
        let Some(&order) = self.orders.get(&delta.reference) else {
            return self.flag(Anomaly::UnknownReference, delta, observer);
        };
        if order.locate != delta.locate {
            self.flag(Anomaly::LocateMismatch, delta, observer)?;
        }
        let &Delta { other: reference, price, shares, .. } = delta;
        let mut displaced = None;
        if shares == 0 {
            self.flag(Anomaly::ZeroShares, delta, observer)?;
        } else if reference != order.reference
            && let Some(&live) = self.orders.get(&reference)
        {
            self.flag(Anomaly::NewReferenceLive, delta, observer)?;
            displaced = Some(live);
        }
        self.watch(delta, [displaced.unwrap_or(order).locate, order.locate], observer, |books| {
            if displaced.is_some() {
                books.remove(reference);
            }
            books.remove(order.reference);
            if shares > 0 {
                books.insert(OrderView { reference, price, shares, ..order });
            }
        });
        Some(())
    }

    fn print(&mut self, delta: &Delta, observer: &mut impl Observer) -> Option<()> {
        let side = delta.side();
        if delta.kind == b'P' && side.is_none() {
            self.flag(Anomaly::BadSide, delta, observer)?;
        }
        let &Delta { locate, price, other: match_number, .. } = delta;
        observer.trade(delta, &Trade { locate, side, price, size: delta.traded(), match_number, printable: true });
        Some(())
    }

    fn state(&mut self, delta: &Delta, observer: &mut impl Observer) -> Option<()> {
        let Some(state) = TradingState::from_byte(delta.code) else {
            return self.flag(Anomaly::BadState, delta, observer);
        };
        if self.books.entry(delta.locate).or_default().state.replace(state) != Some(state) {
            observer.state(delta, delta.locate, state);
        }
        Some(())
    }

    /// Counts an anomaly; `None` when the message must have no effect.
    fn flag(&mut self, kind: Anomaly, delta: &Delta, observer: &mut impl Observer) -> Option<()> {
        self.anomalies[kind as usize].add(delta.offset);
        observer.anomaly(kind, delta);
        (self.policy == OnAnomaly::Count).then_some(())
    }

    /// Runs `change` and tells what it did to the tops of two books (possibly the same one).
    fn watch(
        &mut self,
        delta: &Delta,
        locates: [u16; 2],
        observer: &mut impl Observer,
        change: impl FnOnce(&mut Self),
    ) {
        let before = locates.map(|locate| self.top(locate));
        change(self);
        let first = usize::from(locates[0] == locates[1]);
        for (locate, before) in locates.into_iter().zip(before).skip(first) {
            let after = self.top(locate);
            if after == before {
                continue;
            }
            observer.top(delta, locate, &after);
            let (was, is) = (spread(&before), spread(&after));
            match is {
                Some(core::cmp::Ordering::Equal) if was != is => self.locked.add(delta.offset),
                Some(core::cmp::Ordering::Greater) if was != is => self.crossed.add(delta.offset),
                _ => {}
            }
        }
    }

    fn insert(&mut self, order: OrderView) {
        let book = self.books.entry(order.locate).or_default();
        book.sides[order.side.index()].entry(order.price).or_default().push_back((order.reference, order.shares));
        self.orders.insert(order.reference, order);
        self.peak = self.peak.max(self.orders.len());
    }

    fn shrink(&mut self, reference: u64, by: u32) {
        let Some(order) = self.orders.get_mut(&reference) else { return };
        order.shares -= by;
        let Some(book) = self.books.get_mut(&order.locate) else { return };
        let Some(queue) = book.sides[order.side.index()].get_mut(&order.price) else { return };
        for entry in queue.iter_mut().filter(|entry| entry.0 == reference) {
            entry.1 -= by;
        }
    }

    fn remove(&mut self, reference: u64) {
        let Some(order) = self.orders.remove(&reference) else { return };
        let Some(book) = self.books.get_mut(&order.locate) else { return };
        let levels = &mut book.sides[order.side.index()];
        let Some(queue) = levels.get_mut(&order.price) else { return };
        queue.retain(|entry| entry.0 != reference);
        if queue.is_empty() {
            levels.remove(&order.price);
        }
    }

    /// Best level of each side.
    pub fn top(&self, locate: u16) -> Top {
        self.books.get(&locate).map_or(Top::default(), Book::top)
    }

    /// Levels of one side from the best.
    pub fn levels(&self, locate: u16, side: Side) -> impl Iterator<Item = LevelView> + '_ {
        let side_levels = self.books.get(&locate).map(|book| &book.sides[side.index()]);
        let mut ends = side_levels.into_iter().flat_map(BTreeMap::iter);
        core::iter::from_fn(move || if side == Side::Buy { ends.next_back() } else { ends.next() })
            .map(|(&price, queue)| LevelView { price, size: queue.iter().map(|order| u64::from(order.1)).sum() })
    }

    /// Orders of one level, first in the queue first.
    pub fn orders(&self, locate: u16, side: Side, price: u32) -> impl Iterator<Item = OrderView> + '_ {
        let queue = self.books.get(&locate).and_then(|book| book.sides[side.index()].get(&price));
        queue.into_iter().flatten().map(move |&(reference, shares)| OrderView {
            reference,
            locate,
            side,
            price,
            shares,
        })
    }

    /// Locates that hold an order, ascending.
    pub fn locates(&self) -> impl Iterator<Item = u16> + '_ {
        self.books
            .iter()
            .filter(|(_, book)| book.sides.iter().any(|levels| !levels.is_empty()))
            .map(|(&locate, _)| locate)
    }

    /// What the last valid H said; `None` before the first (a symbol without one at the open is halted).
    pub fn trading_state(&self, locate: u16) -> Option<TradingState> {
        self.books.get(&locate)?.state
    }

    /// Live orders.
    pub fn live(&self) -> u64 {
        self.orders.len() as u64
    }

    /// The most orders that were ever live at once.
    pub fn peak_live(&self) -> u64 {
        self.peak as u64
    }

    /// The state hash of all books (`docs/state-hash.md`).
    pub fn hash(&self) -> StateHasher {
        let mut hasher = StateHasher::new();
        for locate in self.locates() {
            for side in [Side::Buy, Side::Sell] {
                let mut opened = false;
                for level in self.levels(locate, side) {
                    if !opened {
                        hasher.side(locate, side);
                        opened = true;
                    }
                    for order in self.orders(locate, side, level.price) {
                        hasher.order(order.reference, i64::from(order.price), order.shares);
                    }
                }
            }
        }
        hasher
    }
}

/// Bid against ask; `None` when a side is empty.
fn spread(top: &Top) -> Option<core::cmp::Ordering> {
    Some(top.bid()?.0.cmp(&top.ask()?.0))
}
