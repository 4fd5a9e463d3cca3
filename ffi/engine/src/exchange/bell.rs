//! Wakes a thread that found nothing to do, at no cost while it is busy: a flag says whether it sleeps at all.

use hftz_net::Waker;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::thread::Thread;
use std::time::Duration;

/// Longest sleep without a look around.
pub const NAP: Duration = Duration::from_millis(50);

/// One sleeper's bell; anybody may ring it.
#[derive(Default)]
pub struct Bell {
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
    waker: OnceLock<Waker>,
}

impl Bell {
    /// Of a thread that sleeps in a poller, which `waker` ends.
    #[must_use]
    pub fn of_poller(waker: Waker) -> Self {
        Self { waker: OnceLock::from(waker), ..Self::default() }
    }

    /// Before the last look for work and the sleep that follows it. Who brings work and rings afterwards is never missed:
    /// either the look sees the work, or the ring sees the sleeper.
    pub fn begin(&self) {
        self.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// After the sleep.
    pub fn end(&self) {
        self.asleep.store(false, Ordering::Relaxed);
    }

    /// Sleeps as a plain thread, unless `is_work` says that there is something to do.
    pub fn park(&self, is_work: impl FnOnce() -> bool) {
        self.thread.get_or_init(std::thread::current);
        self.begin();
        if !is_work() {
            std::thread::park_timeout(NAP);
        }
        self.end();
    }

    /// Wakes the sleeper, if it sleeps. Call it after the work is where the sleeper looks.
    #[inline]
    pub fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake();
        } else if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}
