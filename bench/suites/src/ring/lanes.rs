//! The queues under test, behind one face: a way to send so many numbers from one thread to another.

use std::hint::spin_loop;
use std::sync::Arc;

use crossbeam_queue::{ArrayQueue, SegQueue};
use hftz_ring::{Linked, Mpmc, spsc};

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

pub struct Rtrb;

impl Lane for Rtrb {
    const NAME: &'static str = "rtrb";
    type In = rtrb::Producer<u64>;
    type Out = rtrb::Consumer<u64>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        Ok(rtrb::RingBuffer::new(capacity))
    }

    #[inline]
    fn push(tx: &mut Self::In, value: u64) -> bool {
        tx.push(value).is_ok()
    }

    #[inline]
    fn pop(rx: &mut Self::Out) -> Option<u64> {
        rx.pop().ok()
    }
}

/// A queue that is shared by reference.
macro_rules! shared {
    ($lane:ident, $name:literal, $queue:ty, |$capacity:ident| $open:expr, |$q:ident, $value:ident| $push:expr) => {
        pub struct $lane;

        impl Lane for $lane {
            const NAME: &'static str = $name;
            type In = Arc<$queue>;
            type Out = Arc<$queue>;

            fn open($capacity: usize) -> Result<(Self::In, Self::Out), String> {
                let queue: Arc<$queue> = Arc::new($open);
                Ok((Arc::clone(&queue), queue))
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

shared!(OursMpmc, "hftz mpmc", Mpmc<u64>, |n| Mpmc::new(n).map_err(|e| e.to_string())?, |q, v| q.push(v).is_ok());
shared!(OursLinked, "hftz Michael-Scott", Linked<u64>, |n| Linked::new(n).map_err(|e| e.to_string())?, |q, v| q
    .push(v)
    .is_ok());
shared!(CrossbeamArray, "crossbeam ArrayQueue", ArrayQueue<u64>, |n| ArrayQueue::new(n), |q, v| q.push(v).is_ok());
shared!(CrossbeamSeg, "crossbeam SegQueue", SegQueue<u64>, |_n| SegQueue::new(), |q, v| {
    q.push(v);
    true
});

#[cfg(cpp_ring)]
pub use cpp::Cpp;

#[cfg(cpp_ring)]
mod cpp {
    use std::ffi::c_void;
    use std::sync::Arc;

    use super::Lane;

    unsafe extern "C" {
        fn hftz_peer_ring_new(capacity: usize) -> *mut c_void;
        fn hftz_peer_ring_delete(ring: *mut c_void);
        fn hftz_peer_ring_produce(ring: *mut c_void, count: u64);
        fn hftz_peer_ring_consume(ring: *mut c_void, count: u64) -> u64;
    }

    pub struct Ring(*mut c_void);

    // SAFETY: the C++ ring is made for two threads; `Cpp::open` gives each end to one.
    unsafe impl Send for Ring {}
    // SAFETY: as above.
    unsafe impl Sync for Ring {}

    impl Drop for Ring {
        fn drop(&mut self) {
            // SAFETY: made by `hftz_peer_ring_new`, and this is the last reference.
            unsafe { hftz_peer_ring_delete(self.0) };
        }
    }

    /// The C++ reference; its loops are in C++ too.
    pub struct Cpp;

    impl Lane for Cpp {
        const NAME: &'static str = "C++ cached-index ring";
        type In = Arc<Ring>;
        type Out = Arc<Ring>;

        fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
            // SAFETY: a constructor; the capacity is a power of two.
            let ring = unsafe { hftz_peer_ring_new(capacity) };
            let ring =
                if ring.is_null() { return Err("no memory for the C++ ring".into()) } else { Arc::new(Ring(ring)) };
            Ok((Arc::clone(&ring), ring))
        }

        fn push(_: &mut Self::In, _: u64) -> bool {
            false
        }

        fn pop(_: &mut Self::Out) -> Option<u64> {
            None
        }

        fn produce(tx: &mut Self::In, count: u64) {
            // SAFETY: the ring is alive, and this is its only producer.
            unsafe { hftz_peer_ring_produce(tx.0, count) };
        }

        fn consume(rx: &mut Self::Out, count: u64) -> u64 {
            // SAFETY: the ring is alive, and this is its only consumer.
            unsafe { hftz_peer_ring_consume(rx.0, count) }
        }
    }
}
