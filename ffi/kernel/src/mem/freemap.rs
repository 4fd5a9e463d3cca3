//! A bitmap of free things with a summary above it: one bit per frame (or heap chunk), set when free, and one bit per
//! 64 of those, set when any is free. Finding one is two find-first-sets whatever the memory holds. A buddy tree would
//! join neighbours for free, but it needs links in the memory it manages or a state per order; runs are rare here and
//! may scan.

/// Something was given back that was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotTaken;

pub struct FreeMap<'a> {
    words: &'a mut [u64],
    summary: &'a mut [u64],
    len: usize,
    free: usize,
    /// No summary word below this one is non-zero.
    hint: usize,
}

impl<'a> FreeMap<'a> {
    /// The `u64`s that [`FreeMap::new`] needs for `len` things.
    #[must_use]
    pub const fn storage(len: usize) -> usize {
        let words = len.div_ceil(64);
        words + words.div_ceil(64)
    }

    /// A map of `len` things, none free. `None` when the storage is shorter than [`FreeMap::storage`] asks.
    #[must_use]
    pub fn new(storage: &'a mut [u64], len: usize) -> Option<Self> {
        let storage = storage.get_mut(..Self::storage(len))?;
        storage.fill(0);
        let (words, summary) = storage.split_at_mut(len.div_ceil(64));
        let hint = summary.len();
        Some(Self { words, summary, len, free: 0, hint })
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.free == 0
    }

    /// How many are free.
    #[must_use]
    pub const fn free(&self) -> usize {
        self.free
    }

    #[must_use]
    pub fn is_free(&self, index: usize) -> bool {
        self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Takes the lowest free one.
    #[inline]
    pub fn take(&mut self) -> Option<usize> {
        while let Some(summary) = self.summary.get(self.hint) {
            if *summary != 0 {
                let word = self.hint * 64 + summary.trailing_zeros() as usize;
                let index = word * 64 + self.words[word].trailing_zeros() as usize;
                self.clear(index);
                return Some(index);
            }
            self.hint += 1;
        }
        None
    }

    /// Takes the lowest free one whose index leaves `colour` modulo `colours`, a power of two.
    pub fn take_coloured(&mut self, colour: usize, colours: usize) -> Option<usize> {
        let word = (0..self.words.len()).find(|word| self.coloured(*word, colour, colours) != 0)?;
        let index = word * 64 + self.coloured(word, colour, colours).trailing_zeros() as usize;
        self.clear(index);
        Some(index)
    }

    /// The free bits of a word that have the colour. With 64 colours or more a word holds at most one.
    fn coloured(&self, word: usize, colour: usize, colours: usize) -> u64 {
        let mut mask = 0;
        if colours <= 64 {
            let mut bit = colour;
            while bit < 64 {
                mask |= 1 << bit;
                bit += colours;
            }
        } else if word % (colours / 64) == colour / 64 {
            mask = 1 << (colour % 64);
        }
        self.words[word] & mask
    }

    /// Takes the lowest free run of `count` that begins at a multiple of `align`.
    pub fn take_run(&mut self, count: usize, align: usize) -> Option<usize> {
        let align = align.max(1);
        let mut start = self.next_free(0)?.next_multiple_of(align);
        while count > 0 && start.checked_add(count)? <= self.len {
            match self.last_used(start, count) {
                None => {
                    (start..start + count).for_each(|index| self.clear(index));
                    return Some(start);
                }
                Some(used) => start = self.next_free(used + 1)?.next_multiple_of(align),
            }
        }
        None
    }

    /// The last index of the run that is not free: nothing can start at or before it.
    fn last_used(&self, start: usize, count: usize) -> Option<usize> {
        let mut past = start + count;
        while past > start {
            let word = (past - 1) / 64;
            let from = (word * 64).max(start);
            let width = past - from;
            let mask = if width == 64 { u64::MAX } else { ((1u64 << width) - 1) << (from % 64) };
            let used = !self.words[word] & mask;
            if used != 0 {
                return Some(word * 64 + 63 - used.leading_zeros() as usize);
            }
            past = from;
        }
        None
    }

    fn next_free(&self, from: usize) -> Option<usize> {
        let mut word = from / 64;
        let first = self.words.get(word)? & (u64::MAX << (from % 64));
        if first != 0 {
            return Some(word * 64 + first.trailing_zeros() as usize);
        }
        word += 1;
        let mut group = word / 64;
        let mut summary = self.summary.get(group)? & u64::MAX.checked_shl((word % 64) as u32).unwrap_or(0);
        while summary == 0 {
            group += 1;
            summary = *self.summary.get(group)?;
        }
        let word = group * 64 + summary.trailing_zeros() as usize;
        Some(word * 64 + self.words[word].trailing_zeros() as usize)
    }

    /// Gives one back.
    ///
    /// # Errors
    /// [`NotTaken`] when it is free already or outside the map; nothing changes.
    #[inline]
    pub fn give(&mut self, index: usize) -> Result<(), NotTaken> {
        if index >= self.len || self.is_free(index) {
            return Err(NotTaken);
        }
        let word = index / 64;
        self.words[word] |= 1 << (index % 64);
        self.summary[word / 64] |= 1 << (word % 64);
        self.hint = self.hint.min(word / 64);
        self.free += 1;
        Ok(())
    }

    /// Gives a run back, whole words at a time.
    ///
    /// # Errors
    /// [`NotTaken`] when any of it is free or outside the map; nothing changes.
    pub fn give_run(&mut self, start: usize, count: usize) -> Result<(), NotTaken> {
        let past = start.checked_add(count).filter(|past| *past <= self.len).ok_or(NotTaken)?;
        let spans = |at: usize| {
            let width = (64 - at % 64).min(past - at);
            (width, if width == 64 { u64::MAX } else { ((1u64 << width) - 1) << (at % 64) })
        };
        let mut at = start;
        while at < past {
            let (width, mask) = spans(at);
            if self.words[at / 64] & mask != 0 {
                return Err(NotTaken);
            }
            at += width;
        }
        at = start;
        while at < past {
            let (width, mask) = spans(at);
            let word = at / 64;
            self.words[word] |= mask;
            self.summary[word / 64] |= 1 << (word % 64);
            at += width;
        }
        self.hint = self.hint.min(start / 4096);
        self.free += count;
        Ok(())
    }

    #[inline]
    fn clear(&mut self, index: usize) {
        let word = index / 64;
        self.words[word] &= !(1 << (index % 64));
        if self.words[word] == 0 {
            self.summary[word / 64] &= !(1 << (word % 64));
        }
        self.free -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with_free(len: usize, act: impl FnOnce(&mut FreeMap)) {
        let mut storage = vec![0; FreeMap::storage(len)];
        let mut map = FreeMap::new(&mut storage, len).unwrap();
        map.give_run(0, len).unwrap();
        act(&mut map);
    }

    #[test]
    fn a_map_without_enough_storage_is_refused() {
        assert!(FreeMap::new(&mut [0; 1], 64).is_none());
    }

    #[test]
    fn everything_can_be_taken_once() {
        with_free(5_000, |map| {
            for expected in 0..5_000 {
                assert_eq!(map.take(), Some(expected));
            }
            assert_eq!(map.take(), None);
        });
    }

    #[test]
    fn giving_twice_is_an_error_and_changes_nothing() {
        with_free(100, |map| {
            assert_eq!(map.take(), Some(0));
            assert_eq!(map.give(0), Ok(()));
            assert_eq!(map.give(0), Err(NotTaken));
            assert_eq!(map.give(100), Err(NotTaken));
            assert_eq!(map.give_run(90, 20), Err(NotTaken));
            assert_eq!(map.free(), 100);
        });
    }

    #[test]
    fn a_coloured_frame_has_its_colour_for_every_number_of_colours() {
        for shift in 0..9 {
            let colours = 1 << shift;
            with_free(1_024, |map| {
                for colour in 0..colours {
                    assert_eq!(map.take_coloured(colour, colours).unwrap() % colours, colour);
                }
            });
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Take,
        Run(usize, usize),
        Coloured(usize),
        Give(usize),
        GiveRun(usize, usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => Just(Step::Take),
            2 => (1usize..200, 0u32..8).prop_map(|(count, shift)| Step::Run(count, 1 << shift)),
            1 => (0usize..8).prop_map(Step::Coloured),
            3 => (0usize..9_100).prop_map(Step::Give),
            2 => (0usize..9_000, 0usize..300).prop_map(|(start, count)| Step::GiveRun(start, count)),
        ];
        prop::collection::vec(step, 1..120)
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_vector_of_booleans(len in 1usize..9_000, steps in steps()) {
            let mut storage = vec![u64::MAX; FreeMap::storage(len)];
            let mut map = FreeMap::new(&mut storage, len).unwrap();
            map.give_run(0, len).unwrap();
            let mut naive = vec![true; len];
            for step in steps {
                match step {
                    Step::Take => {
                        let expected = naive.iter().position(|free| *free);
                        prop_assert_eq!(map.take(), expected);
                        if let Some(at) = expected { naive[at] = false; }
                    }
                    Step::Run(count, align) => {
                        let expected = (0..len).step_by(align)
                            .find(|at| at + count <= len && naive[*at..at + count].iter().all(|free| *free));
                        prop_assert_eq!(map.take_run(count, align), expected);
                        if let Some(at) = expected { naive[at..at + count].fill(false); }
                    }
                    Step::Coloured(colour) => {
                        let expected = (colour..len).step_by(8).find(|at| naive[*at]);
                        prop_assert_eq!(map.take_coloured(colour, 8), expected);
                        if let Some(at) = expected { naive[at] = false; }
                    }
                    Step::Give(at) => {
                        let allowed = naive.get(at) == Some(&false);
                        prop_assert_eq!(map.give(at).is_ok(), allowed);
                        if allowed { naive[at] = true; }
                    }
                    Step::GiveRun(start, count) => {
                        let allowed = start + count <= len && naive[start..start + count].iter().all(|free| !free);
                        prop_assert_eq!(map.give_run(start, count).is_ok(), allowed);
                        if allowed { naive[start..start + count].fill(true); }
                    }
                }
                prop_assert_eq!(map.free(), naive.iter().filter(|free| **free).count());
            }
        }
    }
}
