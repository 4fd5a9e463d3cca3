//! The queue of Michael and Scott ("Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue Algorithms", PODC
//! 1996, figure 1), over a fixed pool of nodes.
//!
//! Lock-free in the strict sense: a thread may stop anywhere and the others still finish, because whoever meets a half-done
//! insertion completes it. As in the paper, links are counted (a 32-bit node number beside a 32-bit tag that every change
//! raises), so a node that was freed and used again is not mistaken for the old one, and nodes come from a free list, so nothing
//! allocates after construction. One thing differs: the paper copies a value out *before* it owns it, which races with a
//! reuse of the node. Here the winner reads afterwards, and a node goes back to the pool when it is both emptied and unlinked,
//! by whichever of those two threads comes second. So any `T` may travel, not only words.

use crate::backoff::Backoff;
use crate::error::{Full, RingError, check_capacity};
use crate::padded::Padded;
use crate::sync::{AtomicU32, AtomicU64, Ordering, UnsafeCell};
use alloc::boxed::Box;
use core::mem::MaybeUninit;

/// A node number and the tag that tells its uses apart, packed into the word that compare-and-swap works on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Link(u64);

/// The node number that means "none".
const NONE: u32 = u32::MAX;

impl Link {
    const fn new(node: u32, tag: u32) -> Self {
        Self((tag as u64) << 32 | node as u64)
    }

    #[allow(clippy::cast_possible_truncation)]
    const fn node(self) -> u32 {
        self.0 as u32
    }

    const fn tag(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// A link to `node` that can be told from this one.
    const fn to(self, node: u32) -> Self {
        Self::new(node, self.tag().wrapping_add(1))
    }
}

struct Node<T> {
    next: AtomicU64,
    /// The node below this one in the pool, while it is there.
    below: AtomicU32,
    /// How many of the two partings, emptied and unlinked, have happened.
    parted: AtomicU32,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// A first-in first-out queue of fixed capacity; share it by reference.
pub struct Linked<T> {
    /// The node before the first value: its own value is gone.
    head: Padded<AtomicU64>,
    /// The last node, or one before it while an insertion is half done.
    tail: Padded<AtomicU64>,
    pool: Padded<AtomicU64>,
    nodes: Box<[Node<T>]>,
}

// SAFETY: values move between threads only whole (T: Send); a node's value is written by the thread that took it from the pool
// and read by the one thread whose compare-and-swap moved `head` onto it.
unsafe impl<T: Send> Sync for Linked<T> {}
// SAFETY: as above; the queue owns its values.
unsafe impl<T: Send> Send for Linked<T> {}

impl<T> Linked<T> {
    /// A queue for `capacity` items, a power of two from 2. Items being taken out at this moment count against it.
    ///
    /// # Errors
    /// [`RingError::Capacity`].
    #[allow(clippy::cast_possible_truncation)]
    pub fn new(capacity: usize) -> Result<Self, RingError> {
        let capacity = check_capacity(capacity)? as u32;
        // Node 0 is the first dummy, already emptied; the others lie in the pool, 1 on top.
        let node = |i: u32| Node {
            next: AtomicU64::new(Link::new(NONE, 0).0),
            below: AtomicU32::new(if i < capacity { i + 1 } else { NONE }),
            parted: AtomicU32::new(u32::from(i == 0)),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        };
        Ok(Self {
            head: Padded(AtomicU64::new(Link::new(0, 0).0)),
            tail: Padded(AtomicU64::new(Link::new(0, 0).0)),
            pool: Padded(AtomicU64::new(Link::new(1, 0).0)),
            nodes: (0..=capacity).map(node).collect(),
        })
    }

    #[must_use]
    pub fn capacity(&self) -> usize {
        self.nodes.len() - 1
    }

    /// Adds at the end.
    ///
    /// # Errors
    /// [`Full`] with the value, when no node is free.
    pub fn push(&self, value: T) -> Result<(), Full<T>> {
        let Some(fresh) = self.take_node() else { return Err(Full(value)) };
        let node = self.node(fresh);
        // SAFETY: the node came out of the pool, so this thread alone has it until it is linked below, and its old value was
        // taken before it was put there.
        node.value.with_mut(|cell| unsafe { (*cell).write(value) });
        node.parted.store(0, Ordering::Relaxed);
        node.next.store(load(&node.next).to(NONE).0, Ordering::Relaxed);
        let mut backoff = Backoff::new();
        loop {
            let tail = load(&self.tail);
            let next = load(&self.node(tail.node()).next);
            // Only while `tail` is still the tail is `next` surely its successor and not a later use of that node.
            if tail != load(&self.tail) {
                continue;
            }
            if next.node() != NONE {
                swing(&self.tail, tail, next.node());
            } else if swing(&self.node(tail.node()).next, next, fresh) {
                // Should this fail, another thread has done it for us.
                swing(&self.tail, tail, fresh);
                return Ok(());
            } else {
                backoff.wait();
            }
        }
    }

    /// Takes from the front; nothing when the queue is empty.
    pub fn pop(&self) -> Option<T> {
        let mut backoff = Backoff::new();
        loop {
            let head = load(&self.head);
            let tail = load(&self.tail);
            let next = load(&self.node(head.node()).next);
            if head != load(&self.head) {
                continue;
            }
            if next.node() == NONE {
                return None;
            }
            if head.node() == tail.node() {
                // An insertion is half done: finish it, so that `head` never overtakes `tail`.
                swing(&self.tail, tail, next.node());
            } else if swing(&self.head, head, next.node()) {
                let node = self.node(next.node());
                // SAFETY: this thread alone moved `head` onto this node, so it alone reads the value, which was written before
                // the node was linked; the node is not used again before this thread parts from it.
                let value = node.value.with(|cell| unsafe { (*cell).assume_init_read() });
                self.part(next.node());
                self.part(head.node());
                return Some(value);
            } else {
                backoff.wait();
            }
        }
    }

    #[inline]
    fn node(&self, number: u32) -> &Node<T> {
        &self.nodes[number as usize]
    }

    fn take_node(&self) -> Option<u32> {
        loop {
            let top = load(&self.pool);
            if top.node() == NONE {
                return None;
            }
            let below = self.node(top.node()).below.load(Ordering::Relaxed);
            if swing(&self.pool, top, below) {
                return Some(top.node());
            }
        }
    }

    /// Notes that a node was emptied or unlinked; the second of the two puts it back into the pool.
    fn part(&self, number: u32) {
        let node = self.node(number);
        if node.parted.fetch_add(1, Ordering::AcqRel) == 0 {
            return;
        }
        loop {
            let top = load(&self.pool);
            node.below.store(top.node(), Ordering::Relaxed);
            if swing(&self.pool, top, number) {
                return;
            }
        }
    }
}

#[inline]
fn load(word: &AtomicU64) -> Link {
    Link(word.load(Ordering::Acquire))
}

/// Moves `word` from the link `from` to a new one to `node`, unless someone was faster.
#[inline]
fn swing(word: &AtomicU64, from: Link, node: u32) -> bool {
    word.compare_exchange(from.0, from.to(node).0, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

impl<T> Drop for Linked<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn values_come_out_in_order_and_a_full_queue_gives_the_value_back() {
        let queue = Linked::new(4).unwrap();
        for round in 0..10 {
            for i in 0..4 {
                queue.push(round * 4 + i).unwrap();
            }
            assert_eq!(queue.push(99), Err(Full(99)));
            for i in 0..4 {
                assert_eq!(queue.pop(), Some(round * 4 + i));
            }
            assert_eq!(queue.pop(), None);
        }
    }

    #[test]
    fn values_left_inside_are_dropped_with_the_queue() {
        let token = alloc::sync::Arc::new(());
        let queue = Linked::new(8).unwrap();
        for _ in 0..5 {
            queue.push(token.clone()).unwrap();
        }
        drop(queue.pop());
        drop(queue);
        assert_eq!(alloc::sync::Arc::strong_count(&token), 1);
    }
}
