//! The atomics and cells that everything here is built of: those of `core`, or those of `loom` under `--cfg loom`.
//!
//! Public so that the crates above are model-checked with the same switch.

#[cfg(loom)]
pub use loom::{
    cell::UnsafeCell,
    hint::spin_loop,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
};

#[cfg(not(loom))]
pub use {
    alloc::sync::Arc,
    core::hint::spin_loop,
    core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
    core_cell::UnsafeCell,
};

#[cfg(not(loom))]
mod core_cell {
    /// `core`'s cell with the closure interface by which loom sees who reads and who writes.
    #[derive(Debug)]
    #[repr(transparent)]
    pub struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        /// Calls `f` with a pointer that it may only read through.
        #[inline(always)]
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// Calls `f` with a pointer that it may write through.
        #[inline(always)]
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}
