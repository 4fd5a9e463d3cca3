//! The live orders of each symbol, for flows that must draw one from a given book.
//!
//! Each symbol has a list of ids. What ends is not looked for but left standing; a draw that meets it throws it out and draws
//! again, and a list is swept when most of it is dead. So each order costs a push and at most one removal, whichever way
//! it ends, and a draw stays uniform over those that live. Flows that draw from all books alike keep none of this.

use crate::live::{Live, LiveOrder};
use crate::random::Random;

/// Lists by symbol, or none at all.
#[derive(Clone, Debug, Default)]
pub struct BySymbol {
    lists: Vec<List>,
}

#[derive(Clone, Debug, Default)]
struct List {
    ids: Vec<u64>,
    live: usize,
}

/// Dead ids that are not worth a sweep.
const FEW: usize = 32;

impl BySymbol {
    /// Keeps the orders of symbols 1 to `symbols`.
    pub fn new(symbols: u16) -> Self {
        Self { lists: vec![List::default(); usize::from(symbols)] }
    }

    /// An order came to rest; `live` already has it.
    #[inline(always)]
    pub fn insert(&mut self, symbol: u16, id: u64, live: &Live) {
        if !self.lists.is_empty() {
            self.note(symbol, id, live);
        }
    }

    fn note(&mut self, symbol: u16, id: u64, live: &Live) {
        let Some(list) = self.lists.get_mut(usize::from(symbol).wrapping_sub(1)) else { return };
        if list.ids.len() > 2 * list.live + FEW {
            list.ids.retain(|&id| live.get(id).is_some());
        }
        list.ids.push(id);
        list.live += 1;
    }

    /// One of its orders ended.
    #[inline]
    pub fn ended(&mut self, symbol: u16) {
        if let Some(list) = self.lists.get_mut(usize::from(symbol).wrapping_sub(1)) {
            list.live -= 1;
        }
    }

    /// Live orders of a symbol.
    pub fn live(&self, symbol: u16) -> usize {
        self.lists.get(usize::from(symbol).wrapping_sub(1)).map_or(0, |list| list.live)
    }

    /// One of a symbol's live orders, each with the same probability.
    #[allow(clippy::cast_possible_truncation)]
    pub fn pick(&mut self, symbol: u16, live: &Live, random: &mut Random) -> Option<LiveOrder> {
        let list = self.lists.get_mut(usize::from(symbol).wrapping_sub(1))?;
        while !list.ids.is_empty() {
            let index = random.below(list.ids.len() as u32) as usize;
            let order = live.get(list.ids[index]);
            if order.is_some() {
                return order;
            }
            list.ids.swap_remove(index);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hftz_model::Side;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn draws_agree_with_sets_and_lists_stay_short() {
        let (mut live, mut lists, mut random) = (Live::with_capacity(4), BySymbol::new(3), Random::new(1));
        let mut naive: [BTreeSet<u64>; 3] = Default::default();
        for step in 0..60_000 {
            let symbol = random.below(3) as u16 + 1;
            let set = &mut naive[usize::from(symbol) - 1];
            if random.below(100) < if step < 20_000 { 60 } else { 45 } {
                let id = live.next_id();
                live.insert(LiveOrder { id, price: 1, open: 1, symbol, side: Side::Buy });
                lists.insert(symbol, id, &live);
                set.insert(id);
            } else if random.below(2) == 0 {
                // Ends by a trade: the oldest, not the one that was drawn.
                if let Some(id) = set.pop_first() {
                    assert!(live.remove(id));
                    lists.ended(symbol);
                }
            } else if let Some(order) = lists.pick(symbol, &live, &mut random) {
                assert!(set.remove(&order.id) && live.remove(order.id));
                lists.ended(symbol);
            } else {
                assert!(set.is_empty());
            }
            let list = &lists.lists[usize::from(symbol) - 1];
            assert_eq!(list.live, naive[usize::from(symbol) - 1].len());
        }
        for (list, set) in lists.lists.iter().zip(&naive) {
            assert!(list.ids.len() <= 2 * list.live + FEW + 20_000, "{} of {}", list.live, list.ids.len());
            assert!(set.iter().all(|id| list.ids.contains(id)));
        }
    }

    #[test]
    fn dead_orders_do_not_pile_up_where_nobody_draws() {
        let (mut live, mut lists) = (Live::with_capacity(4), BySymbol::new(1));
        for _ in 0..10_000 {
            let id = live.next_id();
            live.insert(LiveOrder { id, price: 1, open: 1, symbol: 1, side: Side::Buy });
            lists.insert(1, id, &live);
            live.remove(id);
            lists.ended(1);
        }
        assert!(lists.lists[0].ids.len() <= FEW + 1, "{}", lists.lists[0].ids.len());
    }

    #[test]
    fn each_live_order_is_drawn_equally_often_with_dead_ones_between() {
        let (mut live, mut lists, mut random) = (Live::with_capacity(4), BySymbol::new(1), Random::new(2));
        for n in 0..20 {
            let id = live.next_id();
            live.insert(LiveOrder { id, price: 1, open: 1, symbol: 1, side: Side::Buy });
            lists.insert(1, id, &live);
            if n % 2 == 1 {
                live.remove(id);
                lists.ended(1);
            }
        }
        let mut seen = BTreeMap::new();
        for _ in 0..100_000 {
            *seen.entry(lists.pick(1, &live, &mut random).unwrap().id).or_insert(0_u32) += 1;
        }
        assert_eq!(seen.len(), 10);
        assert!(seen.values().all(|n| n.abs_diff(10_000) < 475), "{seen:?}");
    }
}
