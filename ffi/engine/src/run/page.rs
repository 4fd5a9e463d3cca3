//! The shared page: 4 KiB of native memory through which a run is watched and stopped without a call.
//!
//! Counters are `f64` in aligned 8-byte cells: JavaScript reads them with one untorn load and they are exact to 2^53.
//! Each cell has one writer (the run), so a relaxed store is enough; the reader only ever displays them.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// Size and alignment of the page in bytes.
pub const PAGE_BYTES: usize = 4096;
/// First word of the page, so that a wrong pointer is noticed.
pub const PAGE_MAGIC: u32 = 0x485A_5447;
const COUNTERS: usize = 32;

/// Where a run is in its life, as stored in the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum RunState {
    Opened = 0,
    Running = 1,
    Finished = 2,
}

/// What the counter cells mean; the number is the cell's index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Counter {
    /// Messages decoded or written.
    Messages = 0,
    /// Bytes taken in, before decompression.
    BytesIn = 1,
    /// Size of the input in bytes when it is known, else 0.
    BytesTotal = 2,
    /// Bytes written.
    BytesOut = 3,
    /// Orders now resting in all books.
    LiveOrders = 4,
    /// Anomalies counted so far.
    Anomalies = 5,
    /// Messages known to be lost.
    Lost = 6,
    /// Messages asked for: the goal of a generator, 0 when open-ended.
    Goal = 7,
    /// Latest lateness against the schedule in nanoseconds.
    LatenessNs = 8,
    /// Nanoseconds since the run started, written with every other update.
    ElapsedNs = 9,
    /// Trades seen or made.
    Trades = 10,
    /// Exchange time of the last message, nanoseconds since midnight.
    ClockNs = 11,
    /// Commands that wait for the matching thread.
    RingDepth = 12,
    /// From arrival to report, nanoseconds, half of the commands at most.
    LatencyP50Ns = 13,
    /// 99 of 100.
    LatencyP99Ns = 14,
    /// 999 of 1000.
    LatencyP999Ns = 15,
    /// Clients that are connected.
    Clients = 16,
}

/// Names and cells of the counters, in order: the part of the layout that TypeScript checks at load.
pub const LAYOUT: &[(&str, Counter)] = &[
    ("messages", Counter::Messages),
    ("bytesIn", Counter::BytesIn),
    ("bytesTotal", Counter::BytesTotal),
    ("bytesOut", Counter::BytesOut),
    ("liveOrders", Counter::LiveOrders),
    ("anomalies", Counter::Anomalies),
    ("lost", Counter::Lost),
    ("goal", Counter::Goal),
    ("latenessNs", Counter::LatenessNs),
    ("elapsedNs", Counter::ElapsedNs),
    ("trades", Counter::Trades),
    ("clockNs", Counter::ClockNs),
    ("ringDepth", Counter::RingDepth),
    ("latencyP50Ns", Counter::LatencyP50Ns),
    ("latencyP99Ns", Counter::LatencyP99Ns),
    ("latencyP999Ns", Counter::LatencyP999Ns),
    ("clients", Counter::Clients),
];

/// The page itself.
#[repr(C, align(4096))]
pub struct Page {
    magic: AtomicU32,
    state: AtomicU32,
    stop: AtomicU32,
    reserved: AtomicU32,
    counters: [AtomicU64; COUNTERS],
}

impl Page {
    pub fn set(&self, counter: Counter, value: f64) {
        self.counters[counter as usize].store(value.to_bits(), Relaxed);
    }

    #[must_use]
    pub fn get(&self, counter: Counter) -> f64 {
        f64::from_bits(self.counters[counter as usize].load(Relaxed))
    }

    /// Asks the run to end in order; safe from any thread, any number of times.
    pub fn request_stop(&self) {
        self.stop.store(1, Release);
    }

    #[must_use]
    pub fn stop_requested(&self) -> bool {
        self.stop.load(Acquire) != 0
    }

    pub(super) fn set_state(&self, state: RunState) {
        self.state.store(state as u32, Release);
    }

    #[must_use]
    pub fn finished(&self) -> bool {
        self.state.load(Acquire) == RunState::Finished as u32
    }
}

/// The layout as JSON text: `{"pageBytes", "magic", "state", "stop", "counters": {name: byte offset}}`.
#[must_use]
pub fn layout_json() -> String {
    let base = std::mem::offset_of!(Page, counters);
    let cells: Vec<String> =
        LAYOUT.iter().map(|(name, counter)| format!("\"{name}\":{}", base + *counter as usize * 8)).collect();
    format!(
        "{{\"pageBytes\":{PAGE_BYTES},\"magic\":{PAGE_MAGIC},\"state\":{},\"stop\":{},\"counters\":{{{}}}}}",
        std::mem::offset_of!(Page, state),
        std::mem::offset_of!(Page, stop),
        cells.join(",")
    )
}

/// Owner of one page. The address stays fixed for the owner's life, which is what lets JavaScript keep a view of it.
pub struct PageBox(NonNull<Page>);

// SAFETY: every field of `Page` is atomic, so sharing or moving the pointer between threads races on nothing.
unsafe impl Send for PageBox {}
// SAFETY: as above.
unsafe impl Sync for PageBox {}

impl PageBox {
    #[must_use]
    pub fn new() -> Self {
        const { assert!(size_of::<Page>() == PAGE_BYTES) };
        let layout = Layout::new::<Page>();
        // SAFETY: the layout is not zero-sized.
        let raw = unsafe { alloc_zeroed(layout) }.cast::<Page>();
        let Some(page) = NonNull::new(raw) else { handle_alloc_error(layout) };
        // SAFETY: freshly allocated for a `Page`; all-zero bytes are a valid value of it (atomics only).
        unsafe { page.as_ref() }.magic.store(PAGE_MAGIC, Relaxed);
        Self(page)
    }

    /// The page's address, valid until the box is dropped.
    #[must_use]
    pub fn address(&self) -> *mut Page {
        self.0.as_ptr()
    }
}

impl Default for PageBox {
    fn default() -> Self {
        Self::new()
    }
}

impl std::ops::Deref for PageBox {
    type Target = Page;

    fn deref(&self) -> &Page {
        // SAFETY: the pointer came from `new`, is valid until `drop`, and is only ever shared.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for PageBox {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout and not freed before.
        unsafe { dealloc(self.0.as_ptr().cast(), Layout::new::<Page>()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_exact_up_to_two_to_the_53() {
        let page = PageBox::new();
        let value = 9_007_199_254_740_992_f64;
        page.set(Counter::Messages, value);
        assert_eq!(page.get(Counter::Messages), value);
        assert_eq!(page.get(Counter::BytesIn), 0.0);
    }

    #[test]
    fn every_counter_is_named_once_and_lies_in_the_page() {
        for (index, (name, counter)) in LAYOUT.iter().enumerate() {
            assert_eq!(*counter as usize, index, "{name}");
        }
        assert!(LAYOUT.len() <= COUNTERS);
    }

    #[test]
    fn a_stop_is_seen_and_stays() {
        let page = PageBox::new();
        assert!(!page.stop_requested());
        page.request_stop();
        page.request_stop();
        assert!(page.stop_requested());
    }
}
