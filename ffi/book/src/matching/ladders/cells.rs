//! The dense part of the ladders: one cell a price near the touch, and bitmaps that find the next occupied one.
//!
//! A window is a run of cells that both sides of a symbol share, because at one price only one side rests while a symbol
//! trades; each side has its own bit a cell, and a cell means something only where a bit is set. A second bitmap has one
//! bit for each word of the first and a third one for each word of the second: the next level is at most five words away, and
//! that there is none is known after three.

use alloc::vec::Vec;

use hftz_isa::prefetch;

use super::buddy::{Buddy, MAX_LOG2};
use crate::matching::memory;
use crate::matching::settings::SetupError;

pub struct Cells {
    levels: Vec<u32>,
    /// One word of occupancy for 64 cells and each side.
    words: Vec<[u64; 2]>,
    /// One word for 64 words and each side: which of them are not zero.
    groups: Vec<[u64; 2]>,
    /// The same for 64 groups, which is the largest window.
    tops: Vec<[u64; 2]>,
    pub blocks: Buddy,
}

const _: () = assert!(1 << MAX_LOG2 == 64 * 64 * 64);

/// A window in the arena.
#[derive(Clone, Copy)]
pub struct Window {
    /// Its first cell, a multiple of `span`.
    pub first: u32,
    /// Its length in cells, a power of two from 64 to the largest block.
    pub span: u32,
}

impl Cells {
    /// `count` cells, a multiple of 64.
    pub fn new(count: usize, capacity: u32) -> Result<Self, SetupError> {
        let words = count / 64;
        let groups = words.div_ceil(64);
        Ok(Self {
            levels: memory::zeroed(count, capacity)?,
            words: memory::zeroed(words, capacity)?,
            groups: memory::zeroed(groups, capacity)?,
            tops: memory::zeroed(groups.div_ceil(64), capacity)?,
            blocks: Buddy::new(count, capacity)?,
        })
    }

    /// Cells of all windows and of none.
    pub fn count(&self) -> u64 {
        self.levels.len() as u64
    }

    #[inline(always)]
    fn word(&self, word: u32) -> &[u64; 2] {
        debug_assert!((word as usize) < self.words.len());
        // SAFETY: cells are those of windows, which are blocks of this arena, and there is a word for every 64 of them.
        unsafe { self.words.get_unchecked(word as usize) }
    }

    #[inline(always)]
    fn group(&self, group: u32) -> &[u64; 2] {
        debug_assert!((group as usize) < self.groups.len());
        // SAFETY: as for `word`: there is a group for every 64 words.
        unsafe { self.groups.get_unchecked(group as usize) }
    }

    #[inline(always)]
    fn top(&self, top: u32) -> &[u64; 2] {
        debug_assert!((top as usize) < self.tops.len());
        // SAFETY: as for `word`: there is a top for every 64 groups.
        unsafe { self.tops.get_unchecked(top as usize) }
    }

    /// The level of a side in a cell, 0 when there is none.
    #[inline(always)]
    pub fn get(&self, cell: u32, side: usize) -> u32 {
        let occupied = self.word(cell / 64)[side & 1] >> (cell % 64) & 1;
        if occupied == 1 { self.level(cell) } else { 0 }
    }

    /// The level in an occupied cell.
    #[inline(always)]
    pub fn level(&self, cell: u32) -> u32 {
        debug_assert!((cell as usize) < self.levels.len());
        // SAFETY: as for `word`.
        unsafe { *self.levels.get_unchecked(cell as usize) }
    }

    #[inline(always)]
    pub fn is_empty(&self, cell: u32) -> bool {
        let [bids, asks] = self.word(cell / 64);
        (bids | asks) >> (cell % 64) & 1 == 0
    }

    /// Asks for what tells whether a cell is occupied, and by which level.
    #[inline(always)]
    pub fn fetch(&self, cell: u32) {
        self.fetch_word(cell);
        prefetch(self.levels.as_ptr().wrapping_add(cell as usize));
    }

    /// Asks for what tells whether a cell is occupied.
    #[inline(always)]
    pub fn fetch_word(&self, cell: u32) {
        prefetch(self.words.as_ptr().wrapping_add(cell as usize / 64));
    }

    /// Puts a level into an empty cell.
    #[inline(always)]
    pub fn put(&mut self, cell: u32, side: usize, level: u32) {
        let (word, group, top) = (cell / 64, cell / 64 / 64, cell / 64 / 64 / 64);
        debug_assert!((cell as usize) < self.levels.len() && (top as usize) < self.tops.len());
        // SAFETY: as for `word`, `group` and `top`.
        unsafe {
            *self.levels.get_unchecked_mut(cell as usize) = level;
            self.words.get_unchecked_mut(word as usize)[side & 1] |= 1 << (cell % 64);
            self.groups.get_unchecked_mut(group as usize)[side & 1] |= 1 << (word % 64);
            self.tops.get_unchecked_mut(top as usize)[side & 1] |= 1 << (group % 64);
        }
    }

    /// Empties a side's cell.
    #[inline(always)]
    pub fn clear(&mut self, cell: u32, side: usize) {
        let (word, group, top) = (cell / 64, cell / 64 / 64, cell / 64 / 64 / 64);
        debug_assert!((cell as usize) < self.levels.len() && (top as usize) < self.tops.len());
        // Whether a word becomes empty is a coin toss: writing all three costs less than to guess.
        // SAFETY: as for `word`, `group` and `top`.
        unsafe {
            let bits = &mut self.words.get_unchecked_mut(word as usize)[side & 1];
            *bits &= !(1 << (cell % 64));
            let emptied = u64::from(*bits == 0);
            let bits = &mut self.groups.get_unchecked_mut(group as usize)[side & 1];
            *bits &= !(emptied << (word % 64));
            let emptied = u64::from(*bits == 0);
            self.tops.get_unchecked_mut(top as usize)[side & 1] &= !(emptied << (group % 64));
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
        let mut word = start / 64;
        let bits = self.word(word)[side & 1] >> (start % 64);
        let found = if bits != 0 {
            start + bits.trailing_zeros()
        } else {
            let mut group = word / 64;
            let mut words = self.group(group)[side & 1] & !1 << (word % 64);
            if words == 0 {
                // A window lies under one top.
                let groups = self.top(group / 64)[side & 1] & !1 << (group % 64);
                if groups == 0 {
                    return None;
                }
                group = group / 64 * 64 + groups.trailing_zeros();
                words = self.group(group)[side & 1];
            }
            word = group * 64 + words.trailing_zeros();
            word * 64 + self.word(word)[side & 1].trailing_zeros()
        };
        // What follows the window may be somebody else's.
        let cell = found - window.first;
        (cell < window.span).then_some(cell)
    }

    /// The highest occupied cell of a side in the window below `from`, which may be the span.
    #[inline]
    pub fn below(&self, window: Window, from: u32, side: usize) -> Option<u32> {
        if from == 0 {
            return None;
        }
        let last = window.first + from - 1;
        let mut word = last / 64;
        let bits = self.word(word)[side & 1] << (63 - last % 64);
        let found = if bits != 0 {
            last - bits.leading_zeros()
        } else {
            let mut group = word / 64;
            let mut words = self.group(group)[side & 1] & !(!0 << (word % 64));
            if words == 0 {
                let groups = self.top(group / 64)[side & 1] & !(!0 << (group % 64));
                if groups == 0 {
                    return None;
                }
                group = group / 64 * 64 + (63 - groups.leading_zeros());
                words = self.group(group)[side & 1];
            }
            word = group * 64 + (63 - words.leading_zeros());
            word * 64 + (63 - self.word(word)[side & 1].leading_zeros())
        };
        (found >= window.first).then(|| found - window.first)
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
            log2 in 6u32..=18,
            marks in proptest::collection::vec((0u32..1 << 18, 0usize..2, any::<bool>()), 0..60),
            from in 0u32..=1 << 18,
        ) {
            let span = 1 << log2;
            let mut cells = Cells::new((3 << log2).max(1 << 16), 1).unwrap();
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
