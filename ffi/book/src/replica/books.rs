//! The books and what can be asked of them.

use alloc::vec::Vec;

use hftz_model::{Side, TradingState};

use super::table::Table;
use super::{Anomalies, Crossings, OnAnomaly, Top};
use crate::store::StateHasher;
use crate::store::index::Index;
use crate::store::ladder::{Ladder, Pool};
use crate::store::orders::{Level, Order, Orders};

/// One live order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderView {
    pub reference: u64,
    pub locate: u16,
    pub side: Side,
    /// 10^-4.
    pub price: u32,
    /// Shares still open, never 0.
    pub shares: u32,
}

/// One price level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LevelView {
    /// 10^-4.
    pub price: u32,
    /// Shares of all its orders.
    pub size: u64,
    pub orders: u32,
}

/// Books of every symbol of a feed. Driven by [`Self::apply_batch`]; see the module for what it promises.
pub struct Books {
    pub(super) orders: Orders,
    pub(super) index: Index,
    pub(super) table: Table,
    pub(super) pool: Pool,
    pub(super) states: Vec<Option<TradingState>>,
    pub(super) policy: OnAnomaly,
    pub(super) anomalies: Anomalies,
    pub(super) crossings: Crossings,
}

// SAFETY: the pointers inside lead only to memory that the same `Books` owns, or to one constant.
unsafe impl Send for Books {}

impl Default for Books {
    fn default() -> Self {
        Self::new()
    }
}

impl Books {
    /// No orders, anomalies counted.
    #[must_use]
    pub fn new() -> Self {
        Self::with_policy(OnAnomaly::default())
    }

    /// No orders, `policy` decides about anomalies.
    #[must_use]
    pub fn with_policy(policy: OnAnomaly) -> Self {
        Self {
            orders: Orders::new(),
            index: Index::new(),
            table: Table::new(),
            pool: Pool::new(),
            states: Vec::new(),
            policy,
            anomalies: Anomalies::default(),
            crossings: Crossings::default(),
        }
    }

    /// Best level of each side. O(1).
    #[inline]
    #[must_use]
    pub fn top(&self, locate: u16) -> Top {
        self.table.get(locate).map_or_else(Top::default, Top::of)
    }

    fn ladder(&self, locate: u16, side: Side) -> Option<&Ladder> {
        Some(&self.table.get(locate)?[side.index()])
    }

    fn queue<'a>(&'a self, level: &'a Level) -> impl Iterator<Item = &'a Order> + 'a {
        let mut next = level.head;
        core::iter::from_fn(move || {
            let order = (!next.is_none()).then(|| self.orders.get(next))?;
            next = order.next;
            Some(order)
        })
    }

    /// Levels of one side from the best.
    pub fn levels(&self, locate: u16, side: Side) -> impl Iterator<Item = LevelView> + '_ {
        let levels = self.ladder(locate, side).into_iter().flat_map(|ladder| ladder.iter(&self.pool));
        levels.map(|(price, level)| LevelView { price, size: level.shares, orders: self.queue(level).count() as u32 })
    }

    /// Orders of one level, first in the queue first.
    pub fn orders(&self, locate: u16, side: Side, price: u32) -> impl Iterator<Item = OrderView> + '_ {
        let level = self.ladder(locate, side).and_then(|ladder| ladder.find(price, &self.pool));
        level.into_iter().flat_map(|level| self.queue(level)).map(view)
    }

    /// A live order.
    #[must_use]
    pub fn order(&self, reference: u64) -> Option<OrderView> {
        let found = self.index.find(self.index.home(reference), reference, &self.orders)?;
        Some(view(self.orders.get(found.handle)))
    }

    /// Locates that hold an order, ascending.
    pub fn locates(&self) -> impl Iterator<Item = u16> + '_ {
        self.table.iter().filter(|(_, pair)| pair.iter().any(|side| !side.is_empty())).map(|(locate, _)| locate)
    }

    /// What the last valid H said; `None` before the first (a symbol without one at the open is halted).
    #[must_use]
    pub fn trading_state(&self, locate: u16) -> Option<TradingState> {
        self.states.get(usize::from(locate)).copied().flatten()
    }

    /// Live orders.
    #[must_use]
    pub fn live(&self) -> u64 {
        self.index.entries()
    }

    /// The most orders that were ever live at once.
    #[must_use]
    pub fn peak_live(&self) -> u64 {
        u64::from(self.orders.peak())
    }

    /// Bytes of memory held beside this value itself, all slack included. Never shrinks.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let states = self.states.capacity() * size_of::<Option<TradingState>>();
        (self.orders.bytes() + self.index.bytes() + self.table.bytes() + self.pool.bytes() + states) as u64
    }

    #[must_use]
    pub fn anomalies(&self) -> &Anomalies {
        &self.anomalies
    }

    #[must_use]
    pub fn crossings(&self) -> &Crossings {
        &self.crossings
    }

    /// The state hash of all books (`docs/state-hash.md`). Visits every order.
    #[must_use]
    pub fn hash(&self) -> StateHasher {
        let mut hasher = StateHasher::new();
        for (locate, pair) in self.table.iter() {
            for (side, ladder) in [Side::Buy, Side::Sell].into_iter().zip(pair) {
                if !ladder.is_empty() {
                    hasher.side(locate, side);
                }
                for order in ladder.iter(&self.pool).flat_map(|(_, level)| self.queue(level)) {
                    hasher.order(order.reference, i64::from(order.spot.price()), order.shares);
                }
            }
        }
        hasher
    }
}

fn view(order: &Order) -> OrderView {
    let &Order { reference, spot, shares, .. } = order;
    let side = if spot.side() == 0 { Side::Buy } else { Side::Sell };
    OrderView { reference, locate: spot.locate(), side, price: spot.price(), shares }
}
