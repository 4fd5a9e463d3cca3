//! The C++ reference ring, with its loops in C++ too.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::sync::Arc;

use hftz_lab::ring::{Item, Lane, Large, Middle, SOURCE, Small, Source, Wait};

/// An item for which the C++ side has a ring.
pub trait Compiled: Item {
    const NEW: unsafe extern "C" fn(usize) -> *mut c_void;
    const DELETE: unsafe extern "C" fn(*mut c_void);
    const PRODUCE: unsafe extern "C" fn(*mut c_void, *const Self, u64, bool);
    const CONSUME: unsafe extern "C" fn(*mut c_void, u64, bool) -> u64;
}

macro_rules! compiled {
    ($item:ty, $new:ident, $delete:ident, $produce:ident, $consume:ident) => {
        unsafe extern "C" {
            fn $new(capacity: usize) -> *mut c_void;
            fn $delete(ring: *mut c_void);
            fn $produce(ring: *mut c_void, source: *const $item, count: u64, yields: bool);
            fn $consume(ring: *mut c_void, count: u64, yields: bool) -> u64;
        }

        impl Compiled for $item {
            const NEW: unsafe extern "C" fn(usize) -> *mut c_void = $new;
            const DELETE: unsafe extern "C" fn(*mut c_void) = $delete;
            const PRODUCE: unsafe extern "C" fn(*mut c_void, *const Self, u64, bool) = $produce;
            const CONSUME: unsafe extern "C" fn(*mut c_void, u64, bool) -> u64 = $consume;
        }
    };
}

compiled!(Small, hftz_peer_ring_new_1, hftz_peer_ring_delete_1, hftz_peer_ring_produce_1, hftz_peer_ring_consume_1);
compiled!(Middle, hftz_peer_ring_new_4, hftz_peer_ring_delete_4, hftz_peer_ring_produce_4, hftz_peer_ring_consume_4);
compiled!(Large, hftz_peer_ring_new_8, hftz_peer_ring_delete_8, hftz_peer_ring_produce_8, hftz_peer_ring_consume_8);

/// As `source_items` in ring.cpp.
const _: () = assert!(SOURCE == 64);

/// A ring of the C++ side.
pub struct Ring<T: Compiled>(*mut c_void, PhantomData<T>);

// SAFETY: the C++ ring is made for two threads; `Cpp::open` gives each end to one.
unsafe impl<T: Compiled> Send for Ring<T> {}
// SAFETY: as above.
unsafe impl<T: Compiled> Sync for Ring<T> {}

impl<T: Compiled> Drop for Ring<T> {
    fn drop(&mut self) {
        // SAFETY: made by the constructor of this item, and this is the last reference.
        unsafe { T::DELETE(self.0) };
    }
}

/// The C++ reference.
pub struct Cpp;

impl<T: Compiled> Lane<T> for Cpp {
    const NAME: &'static str = "C++ cached-index ring";
    type In = Arc<Ring<T>>;
    type Out = Arc<Ring<T>>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        // SAFETY: a constructor; the capacity is a power of two.
        let ring = unsafe { T::NEW(capacity) };
        if ring.is_null() {
            return Err("no memory for the C++ ring".into());
        }
        let ring = Arc::new(Ring(ring, PhantomData));
        Ok((Arc::clone(&ring), ring))
    }

    fn produce(tx: &mut Self::In, source: &Source<T>, count: u64, wait: Wait) {
        // SAFETY: the ring is alive, and this is its only producer; a source has as many items as the C++ side reads.
        unsafe { T::PRODUCE(tx.0, source.as_ptr(), count, wait == Wait::Yield) };
    }

    fn consume(rx: &mut Self::Out, count: u64, wait: Wait) -> u64 {
        // SAFETY: the ring is alive, and this is its only consumer.
        unsafe { T::CONSUME(rx.0, count, wait == Wait::Yield) }
    }
}
