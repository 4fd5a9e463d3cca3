//! How the two sides of a book stand to each other.

use super::{Books, Top};

impl Books {
    pub(super) fn crossing(&mut self, before: Spread, after: Spread, offset: u64) {
        match after {
            Spread::Locked if before != after => self.crossings.locked.add(offset),
            Spread::Crossed if before != after => self.crossings.crossed.add(offset),
            _ => {}
        }
    }
}

/// How bid and ask stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// Bid below ask, or a side is empty.
    Open,
    Locked,
    Crossed,
}

impl Spread {
    /// From the best keys of both sides ([`crate::store::ladder`]): bid + 1 and 2^32 - ask, or 0 for an empty side, which
    /// cannot bring the sum up to the threshold.
    #[inline(always)]
    pub(super) fn of(one: u64, other: u64) -> Self {
        const LOCKED: u64 = (1 << 32) + 1;
        match (one + other).cmp(&LOCKED) {
            core::cmp::Ordering::Less => Self::Open,
            core::cmp::Ordering::Equal => Self::Locked,
            core::cmp::Ordering::Greater => Self::Crossed,
        }
    }

    pub(super) fn of_top(top: &Top) -> Self {
        let bid = top.bid().map_or(0, |(price, _)| u64::from(price) + 1);
        let ask = top.ask().map_or(0, |(price, _)| (1 << 32) - u64::from(price));
        Self::of(bid, ask)
    }
}
