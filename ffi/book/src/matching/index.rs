//! From order id to handle: what the engine asks of the table that finds its orders.
//!
//! A table holds handles; the ids stand in the orders themselves, which it is given with every call. It is a parameter of the engine
//! and not a choice at run time: a look for an id is on the way of every command.

use super::orders::Order;
use super::settings::SetupError;

/// What a look for an id found; good until the next change of the table.
#[derive(Clone, Copy)]
pub struct Found<P> {
    /// 0 when the id is not live.
    pub handle: u32,
    /// Where the table has it.
    pub place: P,
}

/// Finds live orders by id.
pub trait Index: Sized {
    /// Where an entry is.
    type Place: Copy;
    /// Room for an id that is not live; good until the next change of the table.
    type Room: Copy;

    /// A table for at most `capacity` orders, which takes all its memory now.
    ///
    /// # Errors
    /// When there is not so much memory.
    fn new(capacity: u32) -> Result<Self, SetupError>;

    /// Looks for the live order with this id.
    fn find(&self, id: u64, slots: &[Order]) -> Found<Self::Place>;

    /// Looks where an id can go, `None` when it is live: a look for it and for room at once.
    fn room(&self, id: u64, slots: &[Order]) -> Option<Self::Room>;

    /// Adds an order that is in its slot where a [look](Self::room) found room for its id; `live` counts it.
    fn insert(&mut self, room: Self::Room, handle: u32, live: u32, slots: &mut [Order]);

    /// Takes the order that [`find`](Self::find) found out of the table.
    fn remove(&mut self, found: Found<Self::Place>, slots: &mut [Order]);
}

#[cfg(test)]
mod tests {
    use super::super::counted::CountedIds;
    use super::super::ids::Ids;
    use super::super::orders::Orders;
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Orders come and go as `steps` say: an id, which of three shapes it has, whether it comes.
    fn agrees_with_a_map<I: Index>(steps: &[(u64, u32, bool)]) -> Result<(), TestCaseError> {
        let (mut orders, mut ids) = (Orders::new(600).unwrap(), I::new(600).unwrap());
        let mut naive = HashMap::new();
        for &(low, shape, add) in steps {
            // Dense ids, ids of many sessions, ids that share their low bits.
            let id = [low + 1, (low << 48) + 1, (low + 1) << 20][shape as usize];
            let found = orders.look(id, &ids);
            prop_assert_eq!(found.handle, naive.get(&id).copied().unwrap_or(0));
            if add && !orders.is_full() && !naive.contains_key(&id) {
                naive.insert(id, orders.insert(&Order { id, ..Order::NONE }, &mut ids));
            } else if !add && naive.remove(&id).is_some() {
                orders.remove_found(found, &mut ids);
            } else if naive.contains_key(&id) {
                prop_assert_eq!(orders.insert(&Order { id, ..Order::NONE }, &mut ids), 0);
            }
        }
        prop_assert_eq!(orders.live() as usize, naive.len());
        for (&id, &handle) in &naive {
            prop_assert_eq!(orders.look(id, &ids).handle, handle);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn orders_are_found_by_id_like_in_a_map(
            steps in proptest::collection::vec((0u64..400, 0u32..3, proptest::bool::weighted(0.7)), 1..1500)
        ) {
            agrees_with_a_map::<Ids>(&steps)?;
            agrees_with_a_map::<CountedIds>(&steps)?;
        }
    }
}
