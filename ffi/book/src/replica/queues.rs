//! The queues of all levels at one moment.
//!
//! Orders carry the number of their arrival instead of links to their neighbours, so that a message visits its own order
//! and no other; who wants the queues has them put together here, in one pass over all orders and a sort.

use alloc::vec::Vec;

use hftz_model::Side;

use super::Books;
use crate::store::StateHasher;
use crate::store::order::{Order, Spot};

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

impl OrderView {
    pub(super) fn of(order: &Order) -> Self {
        let &Order { reference, shares, .. } = order;
        let spot = order.spot();
        let side = if spot.side() == 0 { Side::Buy } else { Side::Sell };
        Self { reference, locate: spot.locate(), side, price: spot.price(), shares }
    }
}

/// Live orders by locate, side (bids first), level (best first) and arrival.
pub struct Queues(Vec<Order>);

/// Sorts as the queues do: a worse level later. Which price is worse is the side's matter.
fn rank(spot: Spot) -> (u16, usize, u32) {
    (spot.locate(), spot.side(), if spot.side() == 0 { !spot.price() } else { spot.price() })
}

impl Queues {
    pub(super) fn of<'a>(orders: impl Iterator<Item = &'a Order>, room: usize) -> Self {
        let mut sorted = Vec::with_capacity(room);
        sorted.extend(orders.copied());
        sorted.sort_unstable_by_key(|order: &Order| (rank(order.spot()), order.arrival()));
        Self(sorted)
    }

    /// Every order.
    pub fn iter(&self) -> impl Iterator<Item = OrderView> + '_ {
        self.0.iter().map(OrderView::of)
    }

    /// Orders of one level, first in the queue first.
    pub fn level(&self, locate: u16, side: Side, price: u32) -> impl ExactSizeIterator<Item = OrderView> + '_ {
        let wanted = rank(Spot::new(locate, side.index(), price));
        let start = self.0.partition_point(|order| rank(order.spot()) < wanted);
        let rest = &self.0[start..];
        rest[..rest.partition_point(|order| rank(order.spot()) == wanted)].iter().map(OrderView::of)
    }

    /// The state hash (`docs/state-hash.md`).
    #[must_use]
    pub fn hash(&self) -> StateHasher {
        let mut hasher = StateHasher::new();
        for side in self.0.chunk_by(|one, other| {
            (rank(one.spot()).0, rank(one.spot()).1) == (rank(other.spot()).0, rank(other.spot()).1)
        }) {
            for (at, order) in side.iter().map(OrderView::of).enumerate() {
                if at == 0 {
                    hasher.side(order.locate, order.side);
                }
                hasher.order(order.reference, i64::from(order.price), order.shares);
            }
        }
        hasher
    }
}

impl Books {
    /// The queues as they are now. Visits every order, and takes 24 bytes of memory for each.
    #[must_use]
    pub fn queues(&self) -> Queues {
        Queues::of(self.orders.iter(), self.live() as usize)
    }

    /// The state hash of all books (`docs/state-hash.md`), by way of [`Self::queues`].
    #[must_use]
    pub fn hash(&self) -> StateHasher {
        self.queues().hash()
    }
}
