//! Price levels outside a ladder's window: a crit-bit tree over the 32-bit key, larger is better.
//!
//! Few levels live here, at any distance from each other, so an array would be mostly empty. A crit-bit tree holds one
//! inner cell and one leaf a level, is never deeper than the 32 bits of a key whatever prices a feed chooses, needs no
//! balancing, and finds the next key below any other in one descent. (A `BTreeMap` would do the same and allocate while
//! it works; a sorted array moves half of itself for every new price.)

use crate::store::chunks::Chunks;

/// A leaf's [`Cell::bit`].
const LEAF: u32 = u32::MAX;

/// An inner cell (tests `bit`, has two children) or a leaf (has a key and a size).
#[derive(Clone, Copy)]
#[repr(C, align(32))]
struct Cell {
    /// Shares of all orders of a level.
    size: u64,
    key: u32,
    bit: u32,
    children: [u32; 2],
}

const _: () = assert!(size_of::<Cell>() == 32);

/// The cells of every tree. A tree is the number of its root cell, 0 when empty, and belongs to its owner.
pub struct Far {
    cells: Chunks<Cell, 11>,
    used: u32,
    free: u32,
}

impl Far {
    pub const fn new() -> Self {
        Self { cells: Chunks::new(u32::MAX), used: 0, free: 0 }
    }

    #[inline]
    fn cell(&self, at: u32) -> *mut Cell {
        debug_assert!(at != 0 && at < self.used);
        // SAFETY: roots and children hold only what `acquire` gave out, below `used`, which is at most the capacity.
        unsafe { self.cells.at(at) }
    }

    #[inline]
    fn get(&self, at: u32) -> Cell {
        // SAFETY: every cell below `used` has been written by `acquire`.
        unsafe { *self.cell(at) }
    }

    fn acquire(&mut self, cell: Cell) -> u32 {
        let at = if self.free != 0 {
            let at = self.free;
            self.free = self.get(at).key;
            at
        } else {
            // Cell 0 stands for none and is never used.
            self.used = self.used.max(1);
            if u64::from(self.used) >= self.cells.capacity() {
                self.cells.grow();
            }
            self.used += 1;
            self.used - 1
        };
        // SAFETY: below `used`, and in no tree.
        unsafe { self.cell(at).write(cell) };
        at
    }

    fn release(&mut self, at: u32) {
        let free = self.free;
        // SAFETY: a cell that was in a tree is initialised and out of it now.
        unsafe { (*self.cell(at)).key = free };
        self.free = at;
    }

    /// The leaf to which the bits of `key` lead.
    #[inline]
    fn descend(&self, root: u32, key: u32) -> u32 {
        let mut at = root;
        loop {
            let cell = self.get(at);
            if cell.bit == LEAF {
                return at;
            }
            at = cell.children[(key >> cell.bit & 1) as usize];
        }
    }

    /// The size of the level at `key`.
    pub fn find(&self, root: u32, key: u32) -> Option<*mut u64> {
        if root == 0 {
            return None;
        }
        let leaf = self.descend(root, key);
        // SAFETY: a leaf of the tree, initialised.
        (self.get(leaf).key == key).then(|| unsafe { &raw mut (*self.cell(leaf)).size })
    }

    /// The size of the level at `key`, 0 if there was none.
    pub fn enter(&mut self, root: &mut u32, key: u32) -> *mut u64 {
        let leaf = Cell { size: 0, key, bit: LEAF, children: [0; 2] };
        if *root == 0 {
            *root = self.acquire(leaf);
            // SAFETY: just acquired.
            return unsafe { &raw mut (*self.cell(*root)).size };
        }
        let near = self.descend(*root, key);
        let differs = self.get(near).key ^ key;
        if differs == 0 {
            // SAFETY: a leaf of the tree, initialised.
            return unsafe { &raw mut (*self.cell(near)).size };
        }
        let bit = 31 - differs.leading_zeros();
        let leaf = self.acquire(leaf);
        let mut link: *mut u32 = root;
        loop {
            // SAFETY: `link` is the owner's root or a child slot of a cell; cells do not move, nothing else is borrowed.
            let at = unsafe { *link };
            let cell = self.get(at);
            if cell.bit == LEAF || cell.bit < bit {
                let mut children = [at; 2];
                children[(key >> bit & 1) as usize] = leaf;
                let inner = self.acquire(Cell { size: 0, key: 0, bit, children });
                // SAFETY: as above.
                unsafe { *link = inner };
                // SAFETY: acquired above.
                return unsafe { &raw mut (*self.cell(leaf)).size };
            }
            // SAFETY: `at` is an inner cell of the tree.
            link = unsafe { &raw mut (*self.cell(at)).children[(key >> cell.bit & 1) as usize] };
        }
    }

    /// Takes the level at `key` out; nothing when there is none.
    pub fn remove(&mut self, root: &mut u32, key: u32) {
        if *root == 0 {
            return;
        }
        let mut link: *mut u32 = root;
        loop {
            // SAFETY: `link` is the owner's root or a child slot of a cell; cells do not move, nothing else is borrowed.
            let at = unsafe { *link };
            let cell = self.get(at);
            if cell.bit != LEAF {
                let side = (key >> cell.bit & 1) as usize;
                let below = self.get(cell.children[side]);
                if below.bit == LEAF {
                    if below.key == key {
                        // SAFETY: as above; the sibling takes the place of its parent.
                        unsafe { *link = cell.children[1 - side] };
                        self.release(cell.children[side]);
                        self.release(at);
                    }
                    return;
                }
                // SAFETY: `at` is an inner cell of the tree.
                link = unsafe { &raw mut (*self.cell(at)).children[side] };
                continue;
            }
            if cell.key == key {
                self.release(at);
                *root = 0;
            }
            return;
        }
    }

    /// The largest key that is at most `key`.
    pub fn floor(&self, root: u32, key: u32) -> Option<u32> {
        if root == 0 {
            return None;
        }
        let near = self.get(self.descend(root, key)).key;
        if near == key {
            return Some(key);
        }
        let bit = 31 - (near ^ key).leading_zeros();
        // Above `bit` every key below the stopping place agrees with `key`; there they all lie on one side of it.
        let (mut at, mut lower) = (root, 0);
        loop {
            let cell = self.get(at);
            if cell.bit == LEAF || cell.bit < bit {
                break;
            }
            let side = (key >> cell.bit & 1) as usize;
            if side == 1 {
                lower = cell.children[0];
            }
            at = cell.children[side];
        }
        let below = if key >> bit & 1 == 1 { at } else { lower };
        (below != 0).then(|| self.get(self.descend(below, u32::MAX)).key)
    }

    pub fn bytes(&self) -> usize {
        self.cells.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_agrees_with_an_ordered_set_under_random_inserts_and_removals() {
        let (mut far, mut root, mut set) = (Far::new(), 0, BTreeSet::new());
        let mut state = 1u64;
        for step in 0..40_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let draw = (state >> 33) as u32;
            // Clusters and extremes: neighbours differ in low bits, extremes in the highest.
            let key = match draw % 4 {
                0 => draw >> 24,
                1 => u32::MAX - (draw >> 25),
                2 => 1 << (draw >> 27 & 31),
                _ => draw << 1,
            };
            if step / 4000 % 2 == (draw >> 2 & 3 == 0) as u32 as i32 {
                // SAFETY: just returned by the tree.
                unsafe { *far.enter(&mut root, key) = u64::from(key) + 1 };
                set.insert(key);
            } else {
                far.remove(&mut root, key);
                set.remove(&key);
            }
            let probe = key.wrapping_add(draw >> 5 & 3).wrapping_sub(1);
            assert_eq!(far.floor(root, probe), set.range(..=probe).next_back().copied());
            let found = far.find(root, probe);
            assert_eq!(found.is_some(), set.contains(&probe));
            if let Some(level) = found {
                // SAFETY: just returned by the tree.
                assert_eq!(unsafe { *level }, u64::from(probe) + 1);
            }
        }
        for key in set {
            far.remove(&mut root, key);
        }
        assert_eq!(root, 0);
    }
}
