//! The queues under test, behind one face: a way to send so many numbers from one thread to another.

use hftz_ring::{Linked, Mpmc, spsc};
use std::hint::spin_loop;

/// A queue that is shared by reference.
#[macro_export]
macro_rules! shared_lane {
    ($lane:ident, $name:literal, $queue:ty, |$capacity:ident| $open:expr, |$q:ident, $value:ident| $push:expr) => {
        pub struct $lane;

        impl $crate::ring::Lane for $lane {
            const NAME: &'static str = $name;
            type In = std::sync::Arc<$queue>;
            type Out = std::sync::Arc<$queue>;

            fn open($capacity: usize) -> Result<(Self::In, Self::Out), String> {
                let queue: std::sync::Arc<$queue> = std::sync::Arc::new($open);
                Ok((std::sync::Arc::clone(&queue), queue))
            }

            #[inline]
            fn push($q: &mut Self::In, $value: u64) -> bool {
                $push
            }

            #[inline]
            fn pop(rx: &mut Self::Out) -> Option<u64> {
                rx.pop()
            }
        }
    };
}

/// One kind of queue.
pub trait Lane {
    const NAME: &'static str;
    type In: Send;
    type Out: Send;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String>;

    fn push(tx: &mut Self::In, value: u64) -> bool;

    fn pop(rx: &mut Self::Out) -> Option<u64>;

    /// Sends `0..count`.
    #[inline]
    fn produce(tx: &mut Self::In, count: u64) {
        for value in 0..count {
            while !Self::push(tx, value) {
                spin_loop();
            }
        }
    }

    /// Receives `count` numbers; their sum.
    #[inline]
    fn consume(rx: &mut Self::Out, count: u64) -> u64 {
        let mut sum = 0;
        for _ in 0..count {
            sum += loop {
                match Self::pop(rx) {
                    Some(value) => break value,
                    None => spin_loop(),
                }
            };
        }
        sum
    }
}

pub struct Ours;

impl Lane for Ours {
    const NAME: &'static str = "hftz spsc";
    type In = spsc::Producer<u64>;
    type Out = spsc::Consumer<u64>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        spsc::channel(capacity).map_err(|error| error.to_string())
    }

    #[inline]
    fn push(tx: &mut Self::In, value: u64) -> bool {
        tx.push(value).is_ok()
    }

    #[inline]
    fn pop(rx: &mut Self::Out) -> Option<u64> {
        rx.pop()
    }
}

/// Ours, up to 32 at a time.
pub struct OursBatched;

impl Lane for OursBatched {
    const NAME: &'static str = "hftz spsc, batches of 32";
    type In = spsc::Producer<u64>;
    type Out = spsc::Consumer<u64>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        Ours::open(capacity)
    }

    fn push(tx: &mut Self::In, value: u64) -> bool {
        Ours::push(tx, value)
    }

    fn pop(rx: &mut Self::Out) -> Option<u64> {
        rx.pop()
    }

    fn produce(tx: &mut Self::In, count: u64) {
        let mut next = 0;
        while next < count {
            let pushed = tx.push_from(next..count.min(next + 32)) as u64;
            next += pushed;
            if pushed == 0 {
                spin_loop();
            }
        }
    }

    fn consume(rx: &mut Self::Out, count: u64) -> u64 {
        let (mut sum, mut taken) = (0, 0);
        while taken < count {
            let now = rx.drain(32, |value| sum += value) as u64;
            taken += now;
            if now == 0 {
                spin_loop();
            }
        }
        sum
    }
}

shared_lane!(OursMpmc, "hftz mpmc", Mpmc<u64>, |n| Mpmc::new(n).map_err(|e| e.to_string())?, |q, v| q.push(v).is_ok());

shared_lane!(OursLinked, "hftz Michael-Scott", Linked<u64>, |n| Linked::new(n).map_err(|e| e.to_string())?, |q, v| q
    .push(v)
    .is_ok());
