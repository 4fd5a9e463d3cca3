//! A processor's own stack of free frames. Allocation is a pop: no lock, no shared line but the ownership bit. Half is
//! refilled or drained at a time, so that a program alternating at the edge does not take the lock every time.

/// Frames a list holds at most.
pub const CAPACITY: usize = 64;
/// Frames moved between a list and the shared map at once.
pub const BATCH: usize = CAPACITY / 2;

pub struct FrameList {
    frames: [u32; CAPACITY],
    count: usize,
}

impl Default for FrameList {
    fn default() -> Self {
        Self::new()
    }
}

impl FrameList {
    #[must_use]
    pub const fn new() -> Self {
        Self { frames: [0; CAPACITY], count: 0 }
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.count == CAPACITY
    }

    /// The frame freed last: the one most likely in this processor's cache.
    #[inline]
    pub fn pop(&mut self) -> Option<u32> {
        self.count = self.count.checked_sub(1)?;
        self.frames.get(self.count).copied()
    }

    /// `false` when the list is full.
    #[inline]
    pub fn push(&mut self, frame: u32) -> bool {
        match self.frames.get_mut(self.count) {
            Some(slot) => {
                *slot = frame;
                self.count += 1;
                true
            }
            None => false,
        }
    }
}
