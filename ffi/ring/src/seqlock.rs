//! The latest value of something: one writer that never waits, any number of readers that retry.
//!
//! The value is `N` 64-bit words in relaxed atomics, not a plain struct behind a volatile read: a reader that meets the writer
//! reads old and new words mixed, which for plain memory would be undefined behaviour; here it is merely a value that the
//! sequence number then rejects. On x86-64 both compile to the same moves.

use crate::padded::Padded;
use crate::sync::{AtomicU64, Ordering, fence, spin_loop};

/// `N` words, written together and read together.
#[derive(Debug)]
pub struct SeqLock<const N: usize> {
    /// Even: at rest; odd: a write is under way.
    sequence: Padded<AtomicU64>,
    words: [AtomicU64; N],
}

impl<const N: usize> SeqLock<N> {
    #[must_use]
    pub fn new(value: [u64; N]) -> Self {
        Self { sequence: Padded(AtomicU64::new(0)), words: value.map(AtomicU64::new) }
    }

    /// Replaces the value. One thread only: two writers would publish a mixture (and nothing worse).
    #[inline]
    pub fn write(&self, value: [u64; N]) {
        let before = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(before.wrapping_add(1), Ordering::Relaxed);
        // Whoever sees one of the new words sees the odd sequence number too.
        fence(Ordering::Release);
        for (word, new) in self.words.iter().zip(value) {
            word.store(new, Ordering::Relaxed);
        }
        self.sequence.store(before.wrapping_add(2), Ordering::Release);
    }

    /// The value, or nothing when a write was under way.
    #[inline]
    pub fn try_read(&self) -> Option<[u64; N]> {
        let before = self.sequence.load(Ordering::Acquire);
        let value = core::array::from_fn(|i| self.words[i].load(Ordering::Relaxed));
        // The words are read before the sequence number is read again.
        fence(Ordering::Acquire);
        let after = self.sequence.load(Ordering::Relaxed);
        (before == after && before & 1 == 0).then_some(value)
    }

    /// The value; tries again while writes are under way.
    #[inline]
    pub fn read(&self) -> [u64; N] {
        loop {
            if let Some(value) = self.try_read() {
                return value;
            }
            spin_loop();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_last_write() {
        let lock = SeqLock::new([1, 2]);
        assert_eq!(lock.read(), [1, 2]);
        lock.write([3, 4]);
        assert_eq!(lock.try_read(), Some([3, 4]));
    }
}
