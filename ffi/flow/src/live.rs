//! The flow's own list of live orders: any of them can be drawn with equal probability, found by id and removed, each in
//! one step.
//!
//! Orders stand in one dense array, which makes a uniform draw one load; removal moves the last into the hole. Ids come from
//! here and are a direct index: the slot of an id is its low bits, and an id whose slot is still taken is passed over. So ids
//! always rise, as native sessions demand, nothing is hashed, and a new order touches the slot after the last one. The slot
//! table is at least twice as large as the list, so passing over costs less than one step on average.

use crate::random::{Random, scale};
use hftz_model::Side;

/// A live order as the flow remembers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveOrder {
    pub id: u64,
    /// 10^-4 of the currency.
    pub price: i64,
    /// Open quantity in shares.
    pub open: u32,
    pub symbol: u16,
    pub side: Side,
}

/// Zero, so that a table that is mostly unused takes no memory yet.
const FREE: u32 = 0;

/// The live orders of a flow; at most 2^31 of them.
#[derive(Clone, Debug)]
pub struct Live {
    orders: Vec<LiveOrder>,
    /// Position in `orders` of the id whose low bits are the index, and one.
    slots: Vec<u32>,
    last_id: u64,
}

impl Live {
    /// Room for `expected` orders before the first growth.
    #[must_use]
    pub fn with_capacity(expected: usize) -> Self {
        let slots = (expected * 2).next_power_of_two().max(1024);
        Self { orders: Vec::with_capacity(expected), slots: vec![FREE; slots], last_id: 0 }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.orders.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// The next id: above all before it, its slot free.
    #[inline]
    pub fn next_id(&mut self) -> u64 {
        if self.orders.len() * 2 >= self.slots.len() {
            self.grow();
        }
        self.last_id += 1;
        while self.slots[self.slot(self.last_id)] != FREE {
            self.last_id += 1;
        }
        self.last_id
    }

    /// Adds an order under an id from [`Self::next_id`]. An id whose slot is taken is ignored.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub fn insert(&mut self, order: LiveOrder) {
        let slot = self.slot(order.id);
        if self.slots[slot] == FREE {
            self.orders.push(order);
            self.slots[slot] = self.orders.len() as u32;
        }
    }

    /// The order with this id, to be changed.
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self, id: u64) -> Option<&mut LiveOrder> {
        let position = self.position(self.slot(id));
        self.orders.get_mut(position).filter(|order| order.id == id)
    }

    /// The order with this id.
    #[inline]
    #[must_use]
    pub fn get(&self, id: u64) -> Option<LiveOrder> {
        self.nth(self.position(self.slot(id))).filter(|order| order.id == id)
    }

    /// [`Self::nth`] where it stands.
    #[inline]
    #[must_use]
    pub fn at(&self, position: usize) -> Option<&LiveOrder> {
        self.orders.get(position)
    }

    /// Forgets the order with this id; false when there is none.
    #[inline]
    pub fn remove(&mut self, id: u64) -> bool {
        let slot = self.slot(id);
        let position = self.position(slot);
        let found = self.orders.get(position).is_some_and(|order| order.id == id);
        if found {
            self.slots[slot] = FREE;
            self.orders.swap_remove(position);
            if let Some(moved) = self.orders.get(position) {
                let slot = self.slot(moved.id);
                #[allow(clippy::cast_possible_truncation)]
                {
                    self.slots[slot] = position as u32 + 1;
                }
            }
        }
        found
    }

    /// One of the live orders, each with the same probability.
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub fn pick(&self, random: &mut Random) -> Option<LiveOrder> {
        self.nth(scale(random.bits(), self.orders.len() as u32) as usize)
    }

    /// The order at a position of the list; which order stands where means nothing.
    #[inline]
    #[must_use]
    pub fn nth(&self, position: usize) -> Option<LiveOrder> {
        self.orders.get(position).copied()
    }

    /// What a look for this id reads first.
    #[inline]
    #[must_use]
    pub fn entry(&self, id: u64) -> &u32 {
        &self.slots[self.slot(id)]
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn slot(&self, id: u64) -> usize {
        id as usize & (self.slots.len() - 1)
    }

    /// The position that a slot has, beyond all of them when it is free.
    #[inline(always)]
    fn position(&self, slot: usize) -> usize {
        self.slots[slot].wrapping_sub(1) as usize
    }

    /// Doubles the slots. Ids that differ in their low bits still differ when one more bit is looked at.
    #[cold]
    fn grow(&mut self) {
        self.slots = vec![FREE; self.slots.len() * 2];
        for position in 0..self.orders.len() {
            let slot = self.slot(self.orders[position].id);
            #[allow(clippy::cast_possible_truncation)]
            {
                self.slots[slot] = position as u32 + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn order(id: u64) -> LiveOrder {
        LiveOrder { id, price: 100, open: 100, symbol: 1, side: Side::Buy }
    }

    #[test]
    fn the_list_agrees_with_a_map_through_growth_and_removal() {
        let (mut live, mut naive, mut random) = (Live::with_capacity(4), BTreeMap::new(), Random::new(1));
        let mut last = 0;
        for step in 0..60_000_u32 {
            // The list grows for two thirds of the test, then shrinks.
            if random.below(100) < if step < 40_000 { 60 } else { 30 } {
                let id = live.next_id();
                assert!(id > last, "ids rise");
                last = id;
                live.insert(order(id));
                naive.insert(id, order(id));
            } else if let Some(picked) = live.pick(&mut random) {
                assert_eq!(naive.remove(&picked.id), Some(picked));
                live.remove(picked.id);
                live.remove(picked.id);
                assert_eq!(live.get_mut(picked.id), None);
            }
            assert_eq!(live.len(), naive.len());
        }
        for (id, expected) in &naive {
            assert_eq!(live.get_mut(*id).copied(), Some(*expected));
        }
    }

    #[test]
    fn every_order_is_drawn_equally_often() {
        let (mut live, mut random) = (Live::with_capacity(10), Random::new(2));
        for _ in 0..10 {
            let id = live.next_id();
            live.insert(order(id));
        }
        let mut seen = BTreeMap::new();
        for _ in 0..100_000 {
            *seen.entry(live.pick(&mut random).unwrap().id).or_insert(0_u32) += 1;
        }
        assert_eq!(seen.len(), 10);
        assert!(seen.values().all(|n| n.abs_diff(10_000) < 475), "{seen:?}");
    }

    #[test]
    fn an_empty_list_gives_nothing() {
        assert_eq!(Live::with_capacity(0).pick(&mut Random::new(1)), None);
    }
}
