//! What only some orders carry: triggers, expiries, acceptance order. Beside the order arena, at the same handle, in
//! columns whose pages a plain limit order never touches.
//!
//! Two sets of links serve all the orders' sorted sets, because an order is in at most one set of each column: it waits
//! for its trigger, or is elected, or takes part in an auction; and beside that it may expire.

use alloc::vec::Vec;

use super::memory;
use super::settings::SetupError;
use super::treap::Nodes;

pub struct Extras {
    /// Sequence number of the acceptance.
    pub accepted: Vec<u64>,
    /// The last trade must reach it; as a key that is lower when it is reached first.
    pub trigger: Vec<i64>,
    pub expiry: Vec<u64>,
    pub minimum: Vec<u32>,
    links: Vec<[u32; 2]>,
    expiry_links: Vec<[u32; 2]>,
}

impl Extras {
    pub fn new(capacity: u32) -> Result<Self, SetupError> {
        let length = capacity as usize + 1;
        Ok(Self {
            accepted: memory::zeroed(length, capacity)?,
            trigger: memory::zeroed(length, capacity)?,
            expiry: memory::zeroed(length, capacity)?,
            minimum: memory::zeroed(length, capacity)?,
            links: memory::zeroed(length, capacity)?,
            expiry_links: memory::zeroed(length, capacity)?,
        })
    }
}

/// Stops by trigger, then acceptance.
pub struct ByTrigger<'a>(pub &'a mut Extras);
/// Elected stops, and orders that take part in an auction, by acceptance.
pub struct ByAcceptance<'a>(pub &'a mut Extras);
/// Orders that expire at a time, by it, then acceptance.
pub struct ByExpiry<'a>(pub &'a mut Extras);

macro_rules! nodes {
    ($view:ident, $links:ident, $key:ty, |$extras:ident, $at:ident| $read:expr) => {
        impl Nodes for $view<'_> {
            type Key = $key;
            fn key(&self, order: u32) -> $key {
                let ($extras, $at) = (&*self.0, order as usize);
                $read
            }
            fn child(&self, order: u32, which: usize) -> u32 {
                self.0.$links[order as usize][which]
            }
            fn set_child(&mut self, order: u32, which: usize, to: u32) {
                self.0.$links[order as usize][which] = to;
            }
        }
    };
}

nodes!(ByTrigger, links, (i64, u64), |extras, at| (extras.trigger[at], extras.accepted[at]));
nodes!(ByAcceptance, links, u64, |extras, at| extras.accepted[at]);
nodes!(ByExpiry, expiry_links, (u64, u64), |extras, at| (extras.expiry[at], extras.accepted[at]));
