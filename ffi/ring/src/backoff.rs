//! Exponential back-off between attempts at a contended word.

use crate::sync::spin_loop;

/// Waits 1, 2, 4 ... up to 64 pauses (about 2 us on current x86-64), so that two threads that collide once soon do not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    step: u32,
}

/// log2 of the longest wait.
const LONGEST: u32 = 6;

impl Backoff {
    #[must_use]
    pub const fn new() -> Self {
        Self { step: 0 }
    }

    /// Waits, and doubles the next wait.
    #[inline]
    pub fn wait(&mut self) {
        // One pause stands for them all where every interleaving is explored.
        let pauses = if cfg!(loom) { 1 } else { 1_u32 << self.step };
        for _ in 0..pauses {
            spin_loop();
        }
        self.step = (self.step + 1).min(LONGEST);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new();
        let mut waits = [0; 9];
        for wait in &mut waits {
            *wait = 1_u32 << backoff.step;
            backoff.wait();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
    }
}
