//! Values on their way out: added at the end, taken off the front, in one piece of memory that a writer can be handed.

/// Values that are gone lie in front of those that wait until so many of them do; then the rest moves down.
const SLACK: usize = 1 << 17;

/// A queue whose waiting part is a slice. It counts from its beginning, so that a place in it stays true.
pub struct Outgoing<T> {
    values: Vec<T>,
    /// Of `values`, how many have left.
    taken: usize,
    /// How many have left in all.
    gone: u64,
}

impl<T: Copy> Outgoing<T> {
    pub fn with_capacity(values: usize) -> Self {
        Self { values: Vec::with_capacity(values), taken: 0, gone: 0 }
    }

    #[inline]
    pub fn push(&mut self, value: T) {
        self.values.push(value);
    }

    /// Adds a few values, whose number is known when this is compiled.
    #[inline(always)]
    pub fn push_array<const N: usize>(&mut self, values: [T; N]) {
        self.values.reserve(N);
        let end = self.values.len();
        // SAFETY: `reserve` made room for `N` values from `end` on, an array of them lies like they do, and they are `Copy`.
        unsafe {
            self.values.as_mut_ptr().add(end).cast::<[T; N]>().write(values);
            self.values.set_len(end + N);
        }
    }

    /// The memory behind the last value, for who writes there by himself.
    pub const fn tail(&mut self) -> &mut Vec<T> {
        &mut self.values
    }

    #[inline]
    pub fn waiting(&self) -> &[T] {
        &self.values[self.taken..]
    }

    /// What waits of the first `until` values there ever were.
    pub fn waiting_until(&self, until: u64) -> &[T] {
        let waiting = self.waiting();
        let count = usize::try_from(until.saturating_sub(self.gone)).unwrap_or(usize::MAX);
        &waiting[..count.min(waiting.len())]
    }

    /// How many there ever were.
    pub fn end(&self) -> u64 {
        self.gone + self.waiting().len() as u64
    }

    /// Takes `count` off the front.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.waiting().len());
        self.taken += count;
        self.gone += count as u64;
        if self.taken == self.values.len() {
            self.values.clear();
            self.taken = 0;
        } else if self.taken >= SLACK && self.taken >= self.values.len() / 2 {
            self.values.drain(..self.taken);
            self.taken = 0;
        }
    }

    /// Of those that wait, keeps from the one with index `from` on only what `keep` says.
    pub fn sift(&mut self, from: usize, mut keep: impl FnMut(&T) -> bool) {
        let first = (self.taken + from).min(self.values.len());
        let mut kept = first;
        for at in first..self.values.len() {
            let value = self.values[at];
            if keep(&value) {
                self.values[kept] = value;
                kept += 1;
            }
        }
        self.values.truncate(kept);
        self.consume(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_is_what_came_in_its_order_however_it_is_taken() {
        let (mut queue, mut next, mut expected) = (Outgoing::with_capacity(0), 0u32, 0u32);
        for round in 0..2000u64 {
            for _ in 0..round * 7 % 500 {
                queue.push(next);
                next += 1;
            }
            let until = queue.end() - (round * 13 % 90).min(queue.end());
            let free = queue.waiting_until(until).to_vec();
            assert!(free.iter().copied().eq(expected..expected + free.len() as u32));
            assert_eq!(u64::from(expected) + free.len() as u64, until.max(u64::from(expected)));
            queue.consume(free.len());
            expected += free.len() as u32;
            assert_eq!(queue.end(), u64::from(next));
        }
        assert!(queue.values.len() < 2 * SLACK + 1000, "memory is used again");
    }

    #[test]
    fn a_sieve_touches_nothing_before_its_place() {
        let mut queue = Outgoing::with_capacity(0);
        queue.push_array([1, 2]);
        queue.push_array([3, 4, 5, 6]);
        queue.consume(1);
        queue.sift(2, |value| value % 2 == 0);
        assert_eq!((queue.waiting(), queue.end()), (&[2, 3, 4, 6][..], 5));
    }
}
