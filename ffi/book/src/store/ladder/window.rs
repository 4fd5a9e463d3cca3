//! Occupancy bits of the window and the search through them.
//!
//! The window is a ring, so "the next worse level" is the next lower set bit, going round once. A word of the summary
//! covers 64 words of 64 bits, the widest window, so a search looks at no more than three words. The narrowest window's
//! bits are a ring of their own in the ladder itself.

use super::Ladder;
use super::blocks::INLINE_BITS;

impl Ladder {
    #[inline(always)]
    fn is_wide(&self) -> bool {
        usize::from(self.width) > INLINE_BITS
    }

    /// The occupancy words of a wide window.
    #[inline(always)]
    fn words(&self) -> *mut u64 {
        debug_assert!(self.is_wide());
        self.levels.as_ptr().wrapping_add(usize::from(self.width)).cast()
    }

    /// A word of a wide window.
    #[inline(always)]
    fn word(&self, word: usize) -> u64 {
        // SAFETY: the block of a wide window has its words behind its levels, one for 64 places.
        unsafe { *self.words().add(word) }
    }

    /// Notes that a place holds a level, or none. Without a branch on which.
    #[inline(always)]
    pub(super) fn mark(&mut self, place: usize, holds: bool) {
        let set = |word: &mut u64, at: usize, holds: bool| {
            *word = (*word | 1 << (at & 63)) ^ u64::from(!holds) << (at & 63);
        };
        if self.is_wide() {
            // SAFETY: as in `word`; `place` is inside the window.
            let word = unsafe { &mut *self.words().add(place >> 6) };
            set(word, place, holds);
            let any = *word != 0;
            set(&mut self.bits[0], place >> 6, any);
        } else {
            set(&mut self.bits[place >> 6 & (INLINE_BITS / 64 - 1)], place, holds);
        }
    }

    /// The best tick of the window's grid whose price is worse than `key`; `None` when no tick is.
    pub(super) fn tick_below(&self, key: u64) -> Option<u32> {
        let grid = self.grid().step();
        // `key` is a key plus 1: worse prices have keys of at most `key` - 2.
        let bound = key.checked_sub(2)? as u32;
        Some(if self.flip == 0 { bound / grid } else { !((bound ^ self.flip).div_ceil(grid)) })
    }

    /// The best price of the window at `tick` or worse.
    pub(super) fn occupied_from(&self, tick: u32) -> Option<u32> {
        if tick < self.base {
            return None;
        }
        let reach = (tick - self.base).min(u32::from(self.mask)) as usize;
        let distance = self.occupied_within(reach)?.1;
        Some(self.price_at(self.base + (reach - distance) as u32))
    }

    /// The next worse occupied place than this one, and its price.
    pub(super) fn occupied_below(&self, place: usize) -> Option<(usize, u32)> {
        let reach = place.wrapping_sub(self.base as usize) & usize::from(self.mask);
        let (found, distance) = self.occupied_within(reach)?;
        Some((found, self.price_at(self.base + (reach - distance) as u32)))
    }

    /// The first occupied place from `reach` places above the window's worst price downwards, and how far down that is.
    #[inline(always)]
    fn occupied_within(&self, reach: usize) -> Option<(usize, usize)> {
        let mask = usize::from(self.mask);
        let start = (self.base as usize + reach) & mask;
        if !self.is_wide() {
            // The whole ring in one number, turned until the start is on top: no branch on where in it the level is.
            let [low, high] = self.bits.map(u128::from);
            let distance = (high << 64 | low).rotate_left((INLINE_BITS - 1 - start) as u32).leading_zeros() as usize;
            return (distance <= reach).then_some((start.wrapping_sub(distance) & mask, distance));
        }
        let summary = self.bits[0];
        if summary == 0 {
            return None;
        }
        let (word, below) = (start >> 6, u64::MAX >> (63 - (start & 63)));
        let lower = summary & ((1 << word) - 1);
        let here = self.word(word) & below;
        let found = if here != 0 {
            word << 6 | highest(here)
        } else if lower != 0 {
            let word = highest(lower);
            word << 6 | highest(self.word(word))
        } else {
            // Round the ring: words above, or the upper part of the same one.
            let above = highest(summary);
            above << 6 | highest(self.word(above))
        };
        let distance = start.wrapping_sub(found) & mask;
        (distance <= reach).then_some((found, distance))
    }

    /// The price of a tick of the window.
    pub(super) fn price_at(&self, tick: u32) -> u32 {
        (tick ^ self.flip) * self.grid().step()
    }
}

#[inline(always)]
fn highest(word: u64) -> usize {
    63 - word.leading_zeros() as usize
}
