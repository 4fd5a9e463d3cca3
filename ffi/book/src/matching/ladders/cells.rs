//! The dense part of the ladders: one cell a price near the touch, and bitmaps that find the next occupied one.
//!
//! A window is a run of cells that both sides of a symbol share, because at one price only one side rests while a symbol
//! trades; each side has its own bit a cell, and a cell means something only where a bit is set. A second bitmap has one
//! bit for each word of the first, so the next level is two or three words away however far it lies.

use alloc::vec::Vec;

use super::buddy::Buddy;
use crate::matching::memory;
use crate::matching::settings::SetupError;

pub struct Cells {
    levels: Vec<u32>,
    /// One word of occupancy for 64 cells and each side.
    words: Vec<[u64; 2]>,
    /// One word for 64 words and each side: which of them are not zero.
    groups: Vec<[u64; 2]>,
    pub blocks: Buddy,
}

/// A window in the arena.
#[derive(Clone, Copy)]
pub struct Window {
    /// Its first cell, a multiple of `span`.
    pub first: u32,
    /// Its length in cells, a power of two from 64 on.
    pub span: u32,
}

impl Cells {
    /// `count` cells, a multiple of 64.
    pub fn new(count: usize, capacity: u32) -> Result<Self, SetupError> {
        Ok(Self {
            levels: memory::zeroed(count, capacity)?,
            words: memory::zeroed(count / 64, capacity)?,
            groups: memory::zeroed((count / 64).div_ceil(64), capacity)?,
            blocks: Buddy::new(count, capacity)?,
        })
    }

    /// Cells of all windows and of none.
    pub fn count(&self) -> u64 {
        self.levels.len() as u64
    }

    /// The level of a side in a cell, 0 when there is none.
    #[inline]
    pub fn get(&self, cell: u32, side: usize) -> u32 {
        let occupied = self.words[(cell / 64) as usize][side & 1] >> (cell % 64) & 1;
        if occupied == 1 { self.level(cell) } else { 0 }
    }

    /// The level in an occupied cell.
    #[inline]
    pub fn level(&self, cell: u32) -> u32 {
        debug_assert!((cell as usize) < self.levels.len());
        // SAFETY: a cell's word has been looked at, and there are 64 cells for each word.
        unsafe { *self.levels.get_unchecked(cell as usize) }
    }

    #[inline]
    pub fn is_empty(&self, cell: u32) -> bool {
        let [bids, asks] = self.words[(cell / 64) as usize];
        (bids | asks) >> (cell % 64) & 1 == 0
    }

    /// Puts a level into an empty cell.
    #[inline]
    pub fn put(&mut self, cell: u32, side: usize, level: u32) {
        let word = (cell / 64) as usize;
        self.levels[cell as usize] = level;
        self.words[word][side] |= 1 << (cell % 64);
        self.groups[word / 64][side] |= 1 << (word % 64);
    }

    /// Empties a side's cell.
    #[inline]
    pub fn clear(&mut self, cell: u32, side: usize) {
        let word = (cell / 64) as usize;
        self.words[word][side] &= !(1 << (cell % 64));
        if self.words[word][side] == 0 {
            self.groups[word / 64][side] &= !(1 << (word % 64));
        }
    }

    /// The lowest occupied cell of a side in the window at or above `from`, counted from the window's first; `from` may be
    /// the span.
    #[inline]
    pub fn at_or_above(&self, window: Window, from: u32, side: usize) -> Option<u32> {
        if from >= window.span {
            return None;
        }
        let start = window.first + from;
        let mut word = (start / 64) as usize;
        let bits = self.words[word][side] & !0 << (start % 64);
        if bits != 0 {
            return Some(word as u32 * 64 + bits.trailing_zeros() - window.first);
        }
        let end = ((window.first + window.span) / 64) as usize;
        word += 1;
        while word < end {
            let nonzero = self.groups[word / 64][side] & !0 << (word % 64);
            if nonzero != 0 {
                word = word / 64 * 64 + nonzero.trailing_zeros() as usize;
                return (word < end).then(|| word as u32 * 64 + self.words[word][side].trailing_zeros() - window.first);
            }
            word = (word / 64 + 1) * 64;
        }
        None
    }

    /// The highest occupied cell of a side in the window below `from`, which may be the span.
    #[inline]
    pub fn below(&self, window: Window, from: u32, side: usize) -> Option<u32> {
        if from == 0 {
            return None;
        }
        let last = window.first + from - 1;
        let mut word = (last / 64) as usize;
        let bits = self.words[word][side] & !0 >> (63 - last % 64);
        if bits != 0 {
            return Some(word as u32 * 64 + 63 - bits.leading_zeros() - window.first);
        }
        let begin = (window.first / 64) as usize;
        while word > begin {
            word -= 1;
            let nonzero = self.groups[word / 64][side] & !0 >> (63 - word % 64);
            if nonzero != 0 {
                word = word / 64 * 64 + 63 - nonzero.leading_zeros() as usize;
                return (word >= begin)
                    .then(|| word as u32 * 64 + 63 - self.words[word][side].leading_zeros() - window.first);
            }
            word = word / 64 * 64;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn the_next_cell_is_found_like_in_a_sorted_set(
            log2 in 6u32..15,
            marks in proptest::collection::vec((0u32..1 << 14, 0usize..2, any::<bool>()), 0..60),
            from in 0u32..=1 << 14,
        ) {
            let span = 1 << log2;
            let mut cells = Cells::new(1 << 16, 1).unwrap();
            let window = Window { first: span, span };
            // Neighbours that must never be seen.
            for side in 0..2 {
                cells.put(span - 1, side, 9);
                cells.put(2 * span, side, 9);
            }
            let mut naive = [BTreeSet::new(), BTreeSet::new()];
            for (mark, side, put) in marks {
                let mark = mark % span;
                if put && cells.is_empty(span + mark) {
                    cells.put(span + mark, side, mark + 1);
                    naive[side].insert(mark);
                } else if !put && naive[side].remove(&mark) {
                    cells.clear(span + mark, side);
                }
            }
            let from = from % (span + 1);
            for (side, naive) in naive.iter().enumerate() {
                prop_assert_eq!(cells.at_or_above(window, from, side), naive.range(from..).next().copied());
                prop_assert_eq!(cells.below(window, from, side), naive.range(..from).next_back().copied());
                for mark in 0..span.min(200) {
                    let level = if naive.contains(&mark) { mark + 1 } else { 0 };
                    prop_assert_eq!(cells.get(span + mark, side), level);
                }
            }
        }
    }
}
