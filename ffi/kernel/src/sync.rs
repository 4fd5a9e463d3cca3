//! Sharing without an operating system: a spin lock and a value set once. A spin lock, because there is no scheduler to
//! sleep in, sections are a few dozen instructions, and two processors at most want the same one. Interrupt handlers
//! take none of them, so holding one with interrupts on is safe.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

pub struct Spin<T> {
    held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only through a guard, and `held` lets one guard exist at a time.
unsafe impl<T: Send> Sync for Spin<T> {}

impl<T> Spin<T> {
    pub const fn new(value: T) -> Self {
        Self { held: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    pub fn lock(&self) -> Guard<'_, T> {
        loop {
            if let Some(guard) = self.try_lock() {
                return guard;
            }
            // Wait on a plain load: the line stays shared until the holder writes it.
            while self.held.load(Ordering::Relaxed) {
                core::hint::spin_loop();
            }
        }
    }

    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        let taken = self.held.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
        // Lazily: a guard made for a lock that was not taken would release it for its holder.
        taken.then(|| Guard { lock: self })
    }
}

pub struct Guard<'a, T> {
    lock: &'a Spin<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: this guard is the only one (see `Spin`), so no other reference to the value exists.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as for `deref`, and `&mut self` keeps it the only reference through this guard.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.lock.held.store(false, Ordering::Release);
    }
}

/// A value that is set once during start-up and only read afterwards.
pub struct Late<T> {
    set: AtomicBool,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: `set` is published with release after the only write (see `Late::set`); readers acquire it and only share.
unsafe impl<T: Send + Sync> Sync for Late<T> {}

impl<T> Default for Late<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Late<T> {
    #[must_use]
    pub const fn new() -> Self {
        Self { set: AtomicBool::new(false), value: UnsafeCell::new(None) }
    }

    /// Sets the value; `false` when it was set already, which changes nothing.
    ///
    /// # Safety
    /// No other processor may call this at the same time: start-up runs on one.
    pub unsafe fn set(&self, value: T) -> bool {
        if self.set.load(Ordering::Relaxed) {
            return false;
        }
        // SAFETY: nobody reads before `set` is published, and the caller promises that nobody else writes.
        unsafe { *self.value.get() = Some(value) };
        self.set.store(true, Ordering::Release);
        true
    }

    pub fn get(&self) -> Option<&T> {
        if !self.set.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: the value was written before `set` and is never written again.
        unsafe { (*self.value.get()).as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_threads_lose_no_increment() {
        let lock = Spin::new(0u64);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..200_000).for_each(|_| *lock.lock() += 1));
            }
        });
        assert_eq!(*lock.lock(), 400_000);
    }

    #[test]
    fn a_late_value_is_set_once() {
        let late = Late::new();
        assert_eq!(late.get(), None);
        // SAFETY: one thread.
        let sets = unsafe { (late.set(1), late.set(2)) };
        assert_eq!((sets, late.get()), ((true, false), Some(&1)));
    }

    #[test]
    fn a_held_lock_refuses_a_second_guard() {
        let lock = Spin::new(());
        let guard = lock.try_lock();
        assert!(lock.try_lock().is_none());
        assert!(lock.try_lock().is_none(), "being refused does not release it");
        drop(guard);
        assert!(lock.try_lock().is_some());
    }
}
