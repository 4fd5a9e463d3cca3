//! The queues under test, behind one face: a way to send so many items from one thread to another.

use std::hint::{black_box, spin_loop};
use std::thread::yield_now;

use hftz_ring::{Linked, Mpmc, spsc};

/// What is sent: some words, all of them written by one thread and read by the other.
pub trait Item: Copy + Send + Sync + 'static {
    /// The item of that number.
    fn numbered(number: u64) -> Self;

    /// The sum of its words.
    fn sum(&self) -> u64;
}

impl<const WORDS: usize> Item for [u64; WORDS] {
    #[inline(always)]
    fn numbered(number: u64) -> Self {
        [number; WORDS]
    }

    #[inline(always)]
    fn sum(&self) -> u64 {
        self.iter().fold(0, |sum, word| sum.wrapping_add(*word))
    }
}

/// Items to send again and again: they come from memory, as they do in use.
pub type Source<T> = [T; SOURCE];

/// Items in a source, a power of two; few enough for the nearest cache.
pub const SOURCE: usize = 64;

#[must_use]
pub fn source<T: Item>() -> Source<T> {
    black_box(std::array::from_fn(|number| T::numbered(number as u64)))
}

/// The sum of the words of so many items of a source.
#[must_use]
pub fn sum_of<T: Item>(count: u64) -> u64 {
    let sums = |count: u64| (0..count).fold(0_u64, |sum, number| sum.wrapping_add(T::numbered(number).sum()));
    let (cycles, rest) = (count / SOURCE as u64, count % SOURCE as u64);
    cycles.wrapping_mul(sums(SOURCE as u64)).wrapping_add(sums(rest))
}

/// The part of `source` that is sent next after so many items, up to [`BATCH`] of those that are left of `count`.
#[inline]
pub fn batch<T>(source: &Source<T>, sent: u64, count: u64) -> &[T] {
    let from = (sent % SOURCE as u64) as usize;
    let length = (SOURCE - from).min(BATCH).min((count - sent) as usize);
    &source[from..from + length]
}

/// 8, 32 and 64 bytes.
pub type Small = [u64; 1];
pub type Middle = [u64; 4];
pub type Large = [u64; 8];

/// What a thread does that finds the queue full or empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    Spin,
    Yield,
}

impl Wait {
    #[inline]
    pub fn a_moment(self) {
        match self {
            Self::Spin => spin_loop(),
            Self::Yield => yield_now(),
        }
    }

    /// Takes steps until `count` items have moved: a step is told how many have, and says how many it moved. Waits a
    /// moment after one that moved none.
    #[inline]
    pub fn until(self, count: u64, mut step: impl FnMut(u64) -> u64) {
        let mut done = 0;
        while done < count {
            let moved = step(done);
            done += moved;
            if moved == 0 {
                self.a_moment();
            }
        }
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spin => "spinning",
            Self::Yield => "yielding",
        }
    }
}

/// One kind of queue, between a thread that sends and one that receives.
pub trait Lane<T: Item> {
    const NAME: &'static str;
    type In: Send;
    type Out: Send;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String>;

    /// Sends `count` items of the source, over and over.
    fn produce(tx: &mut Self::In, source: &Source<T>, count: u64, wait: Wait);

    /// Receives `count` items; the sum of their words.
    fn consume(rx: &mut Self::Out, count: u64, wait: Wait) -> u64;
}

/// A queue that takes and gives one item at a time.
pub trait Single<T: Item>: Lane<T> {
    /// Sends one item, which lies in memory as it does in use. Returns whether it had room.
    fn push(tx: &mut Self::In, item: &T) -> bool;

    fn pop(rx: &mut Self::Out) -> Option<T>;

    /// [`Lane::produce`], one by one.
    #[inline]
    fn push_each(tx: &mut Self::In, source: &Source<T>, count: u64, wait: Wait) {
        wait.until(count, |sent| u64::from(Self::push(tx, &source[sent as usize % SOURCE])));
    }

    /// [`Lane::consume`], one by one.
    #[inline]
    fn pop_each(rx: &mut Self::Out, count: u64, wait: Wait) -> u64 {
        let mut sum = 0_u64;
        wait.until(count, |_| {
            let Some(item) = Self::pop(rx) else { return 0 };
            sum = sum.wrapping_add(item.sum());
            1
        });
        sum
    }
}

/// A [`Single`] as a [`Lane`].
#[macro_export]
macro_rules! one_by_one {
    ($item:ty) => {
        #[inline]
        fn produce(tx: &mut Self::In, source: &$crate::ring::Source<$item>, count: u64, wait: $crate::ring::Wait) {
            <Self as $crate::ring::Single<$item>>::push_each(tx, source, count, wait);
        }

        #[inline]
        fn consume(rx: &mut Self::Out, count: u64, wait: $crate::ring::Wait) -> u64 {
            <Self as $crate::ring::Single<$item>>::pop_each(rx, count, wait)
        }
    };
}

/// A queue that is shared by reference.
#[macro_export]
macro_rules! shared_lane {
    ($lane:ident, $name:literal, $queue:ident, |$capacity:ident| $open:expr, |$q:ident, $item:ident| $push:expr) => {
        pub struct $lane;

        impl<T: $crate::ring::Item> $crate::ring::Lane<T> for $lane {
            const NAME: &'static str = $name;
            type In = std::sync::Arc<$queue<T>>;
            type Out = std::sync::Arc<$queue<T>>;

            fn open($capacity: usize) -> Result<(Self::In, Self::Out), String> {
                let queue = std::sync::Arc::new($open);
                Ok((std::sync::Arc::clone(&queue), queue))
            }

            $crate::one_by_one!(T);
        }

        impl<T: $crate::ring::Item> $crate::ring::Single<T> for $lane {
            #[inline]
            fn push($q: &mut Self::In, $item: &T) -> bool {
                $push
            }

            #[inline]
            fn pop(rx: &mut Self::Out) -> Option<T> {
                rx.pop()
            }
        }
    };
}

pub struct Ours;

impl<T: Item> Lane<T> for Ours {
    const NAME: &'static str = "hftz spsc";
    type In = spsc::Producer<T>;
    type Out = spsc::Consumer<T>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        spsc::channel(capacity).map_err(|error| error.to_string())
    }

    one_by_one!(T);
}

impl<T: Item> Single<T> for Ours {
    #[inline]
    fn push(tx: &mut Self::In, item: &T) -> bool {
        tx.push_ref(item)
    }

    #[inline]
    fn pop(rx: &mut Self::Out) -> Option<T> {
        rx.pop()
    }
}

/// Items of a batch, and of a batch of every queue that has batches.
pub const BATCH: usize = 32;

/// Ours, up to [`BATCH`] at a time.
pub struct OursBatched;

impl<T: Item> Lane<T> for OursBatched {
    const NAME: &'static str = "hftz spsc, batches of 32";
    type In = spsc::Producer<T>;
    type Out = spsc::Consumer<T>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        Ours::open(capacity)
    }

    fn produce(tx: &mut Self::In, source: &Source<T>, count: u64, wait: Wait) {
        wait.until(count, |sent| tx.push_slice(batch(source, sent, count)) as u64);
    }

    fn consume(rx: &mut Self::Out, count: u64, wait: Wait) -> u64 {
        let mut sum = 0_u64;
        wait.until(count, |_| rx.drain(BATCH, |item: T| sum = sum.wrapping_add(item.sum())) as u64);
        sum
    }
}

shared_lane!(OursMpmc, "hftz mpmc", Mpmc, |n| Mpmc::new(n).map_err(|e| e.to_string())?, |q, v| q.push(*v).is_ok());

shared_lane!(OursLinked, "hftz Michael-Scott", Linked, |n| Linked::new(n).map_err(|e| e.to_string())?, |q, v| q
    .push(*v)
    .is_ok());
