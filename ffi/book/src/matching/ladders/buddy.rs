//! Blocks of 2^k cells from one shared arena, split and merged in halves.
//!
//! Windows come in powers of two and grow by doubling; halves that are free together become one block again, so that a
//! symbol that needed a large window once does not cost the others theirs. One bit a block and size says that it is free.

use alloc::vec::Vec;

use crate::matching::memory;
use crate::matching::settings::SetupError;

/// The smallest block, one bitmap word: 2^6 cells.
pub const MIN_LOG2: u8 = 6;
/// The largest block: 2^18 cells.
pub const MAX_LOG2: u8 = 18;

const SIZES: usize = (MAX_LOG2 - MIN_LOG2 + 1) as usize;

pub struct Buddy {
    /// For each size, a bit for each block of this size: set when it is free as a whole.
    free: [Vec<u64>; SIZES],
    free_cells: u64,
}

impl Buddy {
    /// All of `cells` free, a multiple of 64.
    pub fn new(cells: usize, capacity: u32) -> Result<Self, SetupError> {
        let mut free = [const { Vec::new() }; SIZES];
        for (size, bits) in free.iter_mut().enumerate() {
            *bits = memory::zeroed((cells >> (size + MIN_LOG2 as usize)).div_ceil(64), capacity)?;
        }
        let mut buddy = Self { free, free_cells: 0 };
        let mut at = 0;
        while at < cells {
            let aligned = if at == 0 { u32::from(MAX_LOG2) } else { at.trailing_zeros() };
            let fits = (cells - at).ilog2();
            let log2 = aligned.min(fits).min(u32::from(MAX_LOG2)) as u8;
            buddy.give(at as u32, log2);
            at += 1 << log2;
        }
        Ok(buddy)
    }

    #[cfg(test)]
    pub fn free_cells(&self) -> u64 {
        self.free_cells
    }

    /// The first cell of a free block, now taken.
    pub fn take(&mut self, log2: u8) -> Option<u32> {
        let (found, first) = (log2..=MAX_LOG2).find_map(|size| Some((size, self.first_free(size)?)))?;
        self.set(found, first, false);
        for size in log2..found {
            self.set(size, first + (1 << size), true);
        }
        self.free_cells -= 1 << log2;
        Some(first)
    }

    /// Gives a block back.
    pub fn give(&mut self, mut first: u32, mut log2: u8) {
        self.free_cells += 1 << log2;
        while log2 < MAX_LOG2 && self.is_free(log2, first ^ 1 << log2) {
            self.set(log2, first ^ 1 << log2, false);
            first &= !(1 << log2);
            log2 += 1;
        }
        self.set(log2, first, true);
    }

    fn first_free(&self, log2: u8) -> Option<u32> {
        let bits = &self.free[(log2 - MIN_LOG2) as usize];
        let word = bits.iter().position(|&word| word != 0)?;
        Some((word as u32 * 64 + bits[word].trailing_zeros()) << log2)
    }

    fn is_free(&self, log2: u8, first: u32) -> bool {
        let block = (first >> log2) as usize;
        self.free[(log2 - MIN_LOG2) as usize].get(block / 64).is_some_and(|word| word >> (block % 64) & 1 == 1)
    }

    fn set(&mut self, log2: u8, first: u32, free: bool) {
        let block = (first >> log2) as usize;
        let word = &mut self.free[(log2 - MIN_LOG2) as usize][block / 64];
        let bit = 1 << (block % 64);
        *word = if free { *word | bit } else { *word & !bit };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_arena_of_any_size_is_handed_out_to_the_last_cell() {
        let mut buddy = Buddy::new(64 * 5, 1).unwrap();
        let mut firsts: Vec<_> = core::iter::from_fn(|| buddy.take(MIN_LOG2)).collect();
        firsts.sort_unstable();
        assert_eq!(firsts, [0, 64, 128, 192, 256]);
        assert_eq!(buddy.free_cells(), 0);
    }

    #[test]
    fn halves_that_are_free_together_become_one_block_again() {
        let mut buddy = Buddy::new(1 << 10, 1).unwrap();
        let small: Vec<_> = core::iter::from_fn(|| buddy.take(MIN_LOG2)).collect();
        assert_eq!((small.len(), buddy.take(10)), (16, None));
        small.into_iter().for_each(|first| buddy.give(first, MIN_LOG2));
        assert_eq!(buddy.take(10), Some(0));
    }

    proptest! {
        #[test]
        fn taken_blocks_are_aligned_and_never_overlap(steps in proptest::collection::vec((6u8..10, any::<bool>()), 1..200)) {
            let mut buddy = Buddy::new(64 * 37, 1).unwrap();
            let mut taken: Vec<(u32, u8)> = Vec::new();
            for (log2, take) in steps {
                if take {
                    if let Some(first) = buddy.take(log2) {
                        prop_assert_eq!(first % (1 << log2), 0);
                        prop_assert!(first + (1 << log2) <= 64 * 37);
                        for &(other, size) in &taken {
                            prop_assert!(first + (1 << log2) <= other || other + (1 << size) <= first);
                        }
                        taken.push((first, log2));
                    }
                } else if let Some((first, size)) = taken.pop() {
                    buddy.give(first, size);
                }
                let used: u64 = taken.iter().map(|&(_, size)| 1u64 << size).sum();
                prop_assert_eq!(buddy.free_cells() + used, 64 * 37);
            }
        }
    }
}
