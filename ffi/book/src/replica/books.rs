//! The books and what can be asked of them.

use alloc::vec::Vec;

use hftz_model::{Side, TradingState};

use super::table::Table;
use super::{Anomalies, Crossings, OnAnomaly, OrderView, Top};
use crate::store::ladder::{Ladder, Pool};
use crate::store::orders::Orders;

/// One price level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LevelView {
    /// 10^-4.
    pub price: u32,
    /// Shares of all its orders.
    pub size: u64,
}

/// Books of every symbol of a feed. Driven by [`Self::apply_batch`]; see the module for what it promises.
pub struct Books {
    pub(super) orders: Orders,
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

    /// Levels of one side from the best.
    pub fn levels(&self, locate: u16, side: Side) -> impl Iterator<Item = LevelView> + '_ {
        let levels = self.ladder(locate, side).into_iter().flat_map(|ladder| ladder.iter(&self.pool));
        levels.map(|(price, size)| LevelView { price, size })
    }

    /// A live order. O(1).
    #[must_use]
    pub fn order(&self, reference: u64) -> Option<OrderView> {
        let entry = self.orders.find(self.orders.home(reference), reference)?;
        Some(OrderView::of(self.orders.get(entry)))
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
        self.orders.live()
    }

    /// The most orders that were ever live at once.
    #[must_use]
    pub fn peak_live(&self) -> u64 {
        self.orders.peak()
    }

    /// Bytes of memory held beside this value itself, all slack included. Never shrinks.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let states = self.states.capacity() * size_of::<Option<TradingState>>();
        (self.orders.bytes() + self.table.bytes() + self.pool.bytes() + states) as u64
    }

    #[must_use]
    pub fn anomalies(&self) -> &Anomalies {
        &self.anomalies
    }

    #[must_use]
    pub fn crossings(&self) -> &Crossings {
        &self.crossings
    }
}
