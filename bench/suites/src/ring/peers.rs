//! Queues of other people, behind the lab's face.

use crossbeam_queue::{ArrayQueue, SegQueue};
use hftz_lab::ring::Lane;
use hftz_lab::shared_lane;

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

shared_lane!(CrossbeamArray, "crossbeam ArrayQueue", ArrayQueue<u64>, |n| ArrayQueue::new(n), |q, v| q.push(v).is_ok());

shared_lane!(CrossbeamSeg, "crossbeam SegQueue", SegQueue<u64>, |_n| SegQueue::new(), |q, v| {
    q.push(v);
    true
});

#[cfg(cpp_ring)]
pub use cpp::Cpp;

#[cfg(cpp_ring)]
mod cpp {
    use std::ffi::c_void;
    use std::sync::Arc;

    use hftz_lab::ring::Lane;

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
