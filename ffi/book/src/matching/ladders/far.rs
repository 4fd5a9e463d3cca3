//! Levels outside the windows, ordered by key in one treap a side: key and links beside the level arena, touched only by
//! the levels that are far.

use alloc::vec::Vec;

use hftz_model::Side;

use crate::matching::memory;
use crate::matching::settings::SetupError;
use crate::matching::symbol::{key_of, price_of};
use crate::matching::treap::{self, Nodes};

pub struct Far {
    keys: Vec<i64>,
    links: Vec<[u32; 2]>,
}

impl Far {
    pub fn new(capacity: u32) -> Result<Self, SetupError> {
        let length = capacity as usize + 1;
        Ok(Self { keys: memory::zeroed(length, capacity)?, links: memory::zeroed(length, capacity)? })
    }

    pub fn set_key(&mut self, level: u32, key: i64) {
        self.keys[level as usize] = key;
    }

    /// The best key below a root that is not 0.
    pub fn best(&self, root: u32) -> i64 {
        self.key(treap::last(self, root))
    }

    /// The lowest price of a side above this one.
    pub fn above(&self, root: u32, side: Side, price: i64) -> Option<(i64, u32)> {
        let level = match side {
            Side::Buy => treap::above(self, root, price),
            Side::Sell => treap::below(self, root, key_of(side, price)),
        };
        (level != 0).then(|| (price_of(side, self.key(level)), level))
    }

    /// The highest price of a side below this one.
    pub fn below(&self, root: u32, side: Side, price: i64) -> Option<(i64, u32)> {
        let level = match side {
            Side::Buy => treap::below(self, root, price),
            Side::Sell => treap::above(self, root, key_of(side, price)),
        };
        (level != 0).then(|| (price_of(side, self.key(level)), level))
    }
}

impl Nodes for Far {
    type Key = i64;
    fn key(&self, level: u32) -> i64 {
        self.keys[level as usize]
    }
    fn child(&self, level: u32, which: usize) -> u32 {
        self.links[level as usize][which]
    }
    fn set_child(&mut self, level: u32, which: usize, to: u32) {
        self.links[level as usize][which] = to;
    }
}
