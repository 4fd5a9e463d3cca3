//! One side: levels by tick, and which of them hold something.
//!
//! An occupancy word covers 32 levels: a bit each in its low half, a version in its high half. The rule is that a set bit may
//! lie and a clear bit may not: whoever finds a set bit looks at the level, but never looks where the bit is clear. So setting is
//! unconditional, and clearing is a compare-and-swap from the word as it was *before* the level was seen empty. Every
//! addition to an empty tick raises the version between filling the tick and setting the bit; a clearing that overlooked it
//! then fails.

use super::Reject;
use super::level::{LEVEL_TICKS, Level, TRIES};
use hftz_ring::Backoff;
use hftz_ring::sync::{AtomicU64, Ordering};

/// Levels that an occupancy word covers.
const SPAN: usize = 32;
const VERSION: u64 = 1 << 32;

/// Quantities by tick, from 0.
pub struct Ladder {
    levels: Box<[Level]>,
    words: Box<[AtomicU64]>,
}

impl Ladder {
    /// An empty ladder of `levels` levels.
    #[must_use]
    pub fn new(levels: usize) -> Self {
        Self {
            levels: (0..levels).map(|_| Level::new()).collect(),
            words: (0..levels.div_ceil(SPAN)).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// How many ticks there are.
    #[must_use]
    pub fn ticks(&self) -> usize {
        self.levels.len() * LEVEL_TICKS
    }

    /// Adds to the quantity of a tick. Returns the new quantity.
    ///
    /// # Errors
    /// [`Reject::Overflow`], [`Reject::Contended`].
    ///
    /// # Panics
    /// When there is no such tick.
    #[inline]
    pub fn add(&self, tick: usize, quantity: u32) -> Result<u32, Reject> {
        let level = tick / LEVEL_TICKS;
        let grown = |old: u32| old.checked_add(quantity).ok_or(Reject::Overflow);
        let old = self.levels[level].update(tick % LEVEL_TICKS, grown)?;
        if old == 0 && quantity != 0 {
            self.mark(level);
        }
        Ok(old + quantity)
    }

    /// Takes up to `quantity` from a tick. Returns how much was there to take.
    ///
    /// # Errors
    /// [`Reject::Empty`], [`Reject::Contended`].
    ///
    /// # Panics
    /// When there is no such tick.
    #[inline]
    pub fn take(&self, tick: usize, quantity: u32) -> Result<u32, Reject> {
        let level = tick / LEVEL_TICKS;
        let shrunk = |old: u32| if old == 0 { Err(Reject::Empty) } else { Ok(old.saturating_sub(quantity)) };
        let old = self.levels[level].update(tick % LEVEL_TICKS, shrunk)?;
        if old <= quantity {
            self.unmark(level);
        }
        Ok(old.min(quantity))
    }

    /// The quantity of a tick.
    ///
    /// # Panics
    /// When there is no such tick.
    #[must_use]
    pub fn quantity(&self, tick: usize) -> u32 {
        self.levels[tick / LEVEL_TICKS].quantity(tick % LEVEL_TICKS)
    }

    /// The highest tick that holds something, and its quantity. Exact while nobody writes to its level; beside writers, a tick
    /// that was the highest at some moment of the call.
    #[must_use]
    pub fn highest(&self) -> Option<(usize, u32)> {
        self.words.iter().enumerate().rev().find_map(|(word, bits)| {
            let mut bits = occupied(bits);
            while bits != 0 {
                let bit = bits.ilog2();
                let level = word * SPAN + bit as usize;
                if let Some((tick, quantity)) = self.levels[level].occupied().next_back() {
                    return Some((level * LEVEL_TICKS + tick, quantity));
                }
                bits &= !(1 << bit);
            }
            None
        })
    }

    /// The lowest tick that holds something, and its quantity; exact as [`Ladder::highest`] is.
    #[must_use]
    pub fn lowest(&self) -> Option<(usize, u32)> {
        self.words.iter().enumerate().find_map(|(word, bits)| {
            let mut bits = occupied(bits);
            while bits != 0 {
                let level = word * SPAN + bits.trailing_zeros() as usize;
                if let Some((tick, quantity)) = self.levels[level].occupied().next() {
                    return Some((level * LEVEL_TICKS + tick, quantity));
                }
                bits &= bits - 1;
            }
            None
        })
    }

    /// The sum of all quantities; exact while nobody writes.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.levels.iter().flat_map(Level::occupied).map(|(_, quantity)| u64::from(quantity)).sum()
    }

    fn mark(&self, level: usize) {
        let word = &self.words[level / SPAN];
        word.fetch_add(VERSION, Ordering::AcqRel);
        word.fetch_or(1 << (level % SPAN), Ordering::AcqRel);
    }

    fn unmark(&self, level: usize) {
        let word = &self.words[level / SPAN];
        let bit = 1_u64 << (level % SPAN);
        let mut backoff = Backoff::new();
        // A bit that stays set after so many attempts costs readers one look at an empty level.
        for _ in 0..TRIES {
            let before = word.load(Ordering::Acquire);
            if before & bit == 0 || self.levels[level].occupied().next().is_some() {
                return;
            }
            let after = (before & !bit).wrapping_add(VERSION);
            if word.compare_exchange(before, after, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return;
            }
            backoff.wait();
        }
    }
}

#[allow(clippy::cast_possible_truncation)]
fn occupied(word: &AtomicU64) -> u32 {
    word.load(Ordering::Acquire) as u32
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_ladder_behaves_like_an_ordered_map(
            steps in proptest::collection::vec((0_usize..2_048, any::<bool>(), 1_u32..1_000), 1..400), narrow in any::<bool>(),
        ) {
            let ladder = Ladder::new(128);
            let mut naive = BTreeMap::new();
            for (tick, add, quantity) in steps {
                // Few ticks make levels fill and empty; many spread over all the words.
                let tick = if narrow { tick % 40 } else { tick };
                if add {
                    let held = naive.entry(tick).or_insert(0);
                    *held += quantity;
                    prop_assert_eq!(ladder.add(tick, quantity), Ok(*held));
                } else {
                    let held = naive.remove(&tick).unwrap_or(0);
                    let taken = held.min(quantity);
                    prop_assert_eq!(ladder.take(tick, quantity), if held == 0 { Err(Reject::Empty) } else { Ok(taken) });
                    if held > taken {
                        naive.insert(tick, held - taken);
                    }
                }
                let entry = |found: Option<(&usize, &u32)>| found.map(|(&tick, &quantity)| (tick, quantity));
                prop_assert_eq!(ladder.highest(), entry(naive.last_key_value()));
                prop_assert_eq!(ladder.lowest(), entry(naive.first_key_value()));
            }
            prop_assert_eq!(ladder.total(), naive.values().map(|&quantity| u64::from(quantity)).sum::<u64>());
        }
    }

    #[test]
    fn a_quantity_never_wraps() {
        let ladder = Ladder::new(1);
        ladder.add(3, u32::MAX).unwrap();
        assert_eq!(ladder.add(3, 1), Err(Reject::Overflow));
        assert_eq!(ladder.take(3, u32::MAX), Ok(u32::MAX));
        assert_eq!(ladder.take(3, 1), Err(Reject::Empty));
        assert_eq!(ladder.highest(), None);
    }
}
