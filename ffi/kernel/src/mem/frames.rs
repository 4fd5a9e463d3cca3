//! The physical memory manager: a bitmap of free frames behind a lock, in front of it a list per processor, beside it a
//! bit per frame that says a user owns it.
//!
//! The ownership bit is what makes a double free an exact error: a frame in a processor's list is taken from the bitmap
//! but owned by nobody. It costs one locked instruction on each path (12 cycles), against which the whole allocation
//! has 150 ns.

use super::entry::PAGE_SIZE;
use super::freemap::FreeMap;
use super::lists::{BATCH, FrameList};
use super::pressure::{Level, Pressure};
use crate::sync::Spin;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A physical frame, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Frame(pub u32);

impl Frame {
    /// The frame that holds a physical address; `None` above 16 TiB, which frame numbers do not reach.
    #[must_use]
    pub fn at(address: u64) -> Option<Self> {
        u32::try_from(address / PAGE_SIZE).ok().map(Self)
    }

    #[must_use]
    pub const fn address(self) -> u64 {
        self.0 as u64 * PAGE_SIZE
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameError {
    /// Given back twice, or never allocated.
    NotOwned,
    /// No such frame is managed.
    Outside,
}

pub struct Frames<'a> {
    map: Spin<FreeMap<'a>>,
    owned: &'a [AtomicU64],
    len: usize,
    /// Frames the manager was given at the start.
    total: AtomicUsize,
    pressure: Spin<Pressure>,
}

impl<'a> Frames<'a> {
    /// `u64`s of storage per structure for frames `0..len`: the free map, the ownership bits.
    #[must_use]
    pub const fn storage(len: usize) -> (usize, usize) {
        (FreeMap::storage(len), len.div_ceil(64))
    }

    /// A manager of frames `0..len`, none of them free yet. `None` when a storage is too short; `owned` must be zero.
    #[must_use]
    pub fn new(free: &'a mut [u64], owned: &'a [AtomicU64], len: usize) -> Option<Self> {
        let owned = owned.get(..len.div_ceil(64))?;
        let map = Spin::new(FreeMap::new(free, len)?);
        Some(Self { map, owned, len, total: AtomicUsize::new(0), pressure: Spin::new(Pressure::new(0, 0)) })
    }

    /// Hands frames to the manager at start-up.
    ///
    /// # Errors
    /// [`FrameError::Outside`] when some of them are free already or not managed.
    pub fn donate(&self, start: usize, count: usize) -> Result<(), FrameError> {
        self.map.lock().give_run(start, count).map_err(|_| FrameError::Outside)?;
        let total = self.total.fetch_add(count, Ordering::Relaxed) + count;
        *self.pressure.lock() = Pressure::of(total);
        Ok(())
    }

    #[must_use]
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// Frames in the shared map; those in processors' lists are free too, but not counted here.
    #[must_use]
    pub fn free(&self) -> usize {
        self.map.lock().free()
    }

    /// Observes the pressure now; gives a level that was just entered. The caller then calls back whoever registered.
    pub fn check_pressure(&self) -> Option<Level> {
        let free = self.free();
        self.pressure.lock().observe(free)
    }

    #[must_use]
    pub fn level(&self) -> Level {
        self.pressure.lock().level()
    }

    /// One frame, from the list or, when that is empty, from the shared map. Contents are whatever they were.
    #[inline]
    pub fn alloc(&self, list: &mut FrameList) -> Option<Frame> {
        let frame = match list.pop() {
            Some(frame) => frame,
            None => self.refill(list)?,
        };
        self.own(frame as usize);
        Some(Frame(frame))
    }

    #[cold]
    #[inline(never)]
    fn refill(&self, list: &mut FrameList) -> Option<u32> {
        let mut map = self.map.lock();
        let first = map.take()?;
        for _ in 1..BATCH {
            let Some(frame) = map.take() else { break };
            list.push(frame as u32);
        }
        Some(first as u32)
    }

    /// Gives a frame back to the list.
    ///
    /// # Errors
    /// [`FrameError`] when nobody owns it; nothing changes.
    #[inline]
    pub fn free_frame(&self, list: &mut FrameList, frame: Frame) -> Result<(), FrameError> {
        self.disown(frame)?;
        if !list.push(frame.0) {
            self.drain(list, BATCH);
            list.push(frame.0);
        }
        Ok(())
    }

    /// Moves up to `count` frames of a list back into the shared map.
    #[cold]
    #[inline(never)]
    pub fn drain(&self, list: &mut FrameList, count: usize) {
        let mut map = self.map.lock();
        for _ in 0..count {
            let Some(frame) = list.pop() else { break };
            // A listed frame is taken from the map and owned by nobody, so this cannot fail.
            let given = map.give(frame as usize);
            debug_assert!(given.is_ok());
        }
    }

    /// `count` frames in a row, the first a multiple of `align`: 2 MiB and 1 GiB pages, device rings.
    pub fn alloc_run(&self, count: usize, align: usize) -> Option<Frame> {
        let start = self.map.lock().take_run(count, align)?;
        for (word, mask) in words(start, count) {
            self.owned[word].fetch_or(mask, Ordering::Relaxed);
        }
        Some(Frame(start as u32))
    }

    /// Gives a run back, 64 frames at a time.
    ///
    /// # Errors
    /// [`FrameError`] when nobody owns some frame of it; nothing changes.
    pub fn free_run(&self, start: Frame, count: usize) -> Result<(), FrameError> {
        let start = start.0 as usize;
        if start.checked_add(count).is_none_or(|past| past > self.len) {
            return Err(FrameError::Outside);
        }
        let mut map = self.map.lock();
        if words(start, count).any(|(word, mask)| self.owned[word].load(Ordering::Relaxed) & mask != mask) {
            return Err(FrameError::NotOwned);
        }
        for (word, mask) in words(start, count) {
            self.owned[word].fetch_and(!mask, Ordering::Relaxed);
        }
        map.give_run(start, count).map_err(|_| FrameError::NotOwned)
    }

    /// A frame of one colour out of `colours`, a power of two.
    pub fn alloc_coloured(&self, colour: usize, colours: usize) -> Option<Frame> {
        let frame = self.map.lock().take_coloured(colour, colours)?;
        self.own(frame);
        Some(Frame(frame as u32))
    }

    #[inline]
    fn own(&self, frame: usize) {
        if let Some(word) = self.owned.get(frame / 64) {
            word.fetch_or(1 << (frame % 64), Ordering::Relaxed);
        }
    }

    #[inline]
    fn disown(&self, frame: Frame) -> Result<(), FrameError> {
        let index = frame.0 as usize;
        let word = self.owned.get(index / 64).filter(|_| index < self.len).ok_or(FrameError::Outside)?;
        let bit = 1 << (index % 64);
        if word.fetch_and(!bit, Ordering::Relaxed) & bit == 0 {
            return Err(FrameError::NotOwned);
        }
        Ok(())
    }
}

/// The words that bits `start..start + count` lie in, each with its part of them.
fn words(start: usize, count: usize) -> impl Iterator<Item = (usize, u64)> {
    let past = start + count;
    (start / 64..past.div_ceil(64)).map(move |word| {
        let from = start.saturating_sub(word * 64).min(63) as u32;
        let width = (past - word * 64).min(64) as u32 - from;
        (word, u64::MAX >> (64 - width) << from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn with_frames<R>(len: usize, act: impl FnOnce(&Frames) -> R) -> R {
        let (free, owned) = Frames::storage(len);
        let mut free = vec![0; free];
        let owned: Vec<AtomicU64> = (0..owned).map(|_| AtomicU64::new(0)).collect();
        let frames = Frames::new(&mut free, &owned, len).unwrap();
        frames.donate(0, len).unwrap();
        act(&frames)
    }

    #[test]
    fn every_frame_is_handed_out_once_and_then_none() {
        with_frames(1_000, |frames| {
            let mut list = FrameList::new();
            let all: BTreeSet<_> = std::iter::from_fn(|| frames.alloc(&mut list)).collect();
            assert_eq!(all.len(), 1_000);
            assert_eq!(frames.alloc_run(1, 1), None);
        });
    }

    #[test]
    fn a_double_free_is_found_while_the_frame_sits_in_a_list() {
        with_frames(100, |frames| {
            let mut list = FrameList::new();
            let frame = frames.alloc(&mut list).unwrap();
            assert_eq!(frames.free_frame(&mut list, frame), Ok(()));
            assert_eq!(frames.free_frame(&mut list, frame), Err(FrameError::NotOwned));
            assert_eq!(frames.free_frame(&mut list, Frame(100)), Err(FrameError::Outside));
        });
    }

    #[test]
    fn pressure_is_announced_when_memory_runs_low() {
        with_frames(6_400, |frames| {
            assert_eq!(frames.check_pressure(), None);
            let run = frames.alloc_run(6_100, 1).unwrap();
            assert_eq!(frames.check_pressure(), Some(Level::Low));
            frames.free_run(run, 6_100).unwrap();
            assert_eq!(frames.free_run(run, 1), Err(FrameError::NotOwned));
            assert_eq!(frames.free_run(Frame(6_399), 2), Err(FrameError::Outside));
            assert_eq!((frames.check_pressure(), frames.level()), (None, Level::Calm));
        });
    }

    #[test]
    fn two_processors_never_own_the_same_frame() {
        with_frames(4_096, |frames| {
            let take = || {
                let mut list = FrameList::new();
                std::iter::from_fn(|| frames.alloc(&mut list)).take(1_500).collect::<Vec<_>>()
            };
            let (one, two) = std::thread::scope(|scope| {
                let one = scope.spawn(take);
                let two = scope.spawn(take);
                (one.join().unwrap(), two.join().unwrap())
            });
            let all: BTreeSet<_> = one.iter().chain(&two).collect();
            assert_eq!(all.len(), one.len() + two.len());
        });
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_set_of_owned_frames(steps in prop::collection::vec((0u8..6, 0u32..700), 1..300)) {
            with_frames(600, |frames| {
                let mut list = FrameList::new();
                let mut owned = BTreeSet::new();
                for (what, number) in steps {
                    match what {
                        0 | 1 => match frames.alloc(&mut list) {
                            Some(frame) => prop_assert!(owned.insert(frame)),
                            None => prop_assert_eq!(owned.len(), 600),
                        },
                        2 => {
                            let known = owned.remove(&Frame(number));
                            prop_assert_eq!(frames.free_frame(&mut list, Frame(number)).is_ok(), known);
                        }
                        5 => {
                            let run = number..number + 3;
                            let known = run.clone().all(|frame| owned.contains(&Frame(frame)));
                            prop_assert_eq!(frames.free_run(Frame(number), 3).is_ok(), known);
                            if known { run.for_each(|frame| assert!(owned.remove(&Frame(frame)))); }
                        }
                        3 => if let Some(start) = frames.alloc_run(number as usize % 40 + 1, 4) {
                            prop_assert_eq!(start.0 % 4, 0);
                            for frame in start.0..=start.0 + number % 40 {
                                prop_assert!(owned.insert(Frame(frame)));
                            }
                        },
                        _ => if let Some(frame) = frames.alloc_coloured(number as usize % 16, 16) {
                            prop_assert_eq!(frame.0 % 16, number % 16);
                            prop_assert!(owned.insert(frame));
                        },
                    }
                    prop_assert_eq!(frames.free() + list.len() + owned.len(), 600);
                }
                Ok(())
            })?;
        }
    }
}
