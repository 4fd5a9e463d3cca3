//! How reports leave: by a table of functions that the harness brings or takes from here.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use hftz_ring::Full;
use hftz_ring::spsc::{Burst, Consumer, channel};

use super::report::Report;

/// The table, in the ABI's order.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Transport {
    pub create: unsafe extern "C" fn(capacity: u32) -> *mut c_void,
    /// 1 taken, 0 full.
    pub push: unsafe extern "C" fn(sink: *mut c_void, report: *const Report) -> c_int,
    /// Copies up to `max` waiting reports to `out` and returns how many.
    pub drain: unsafe extern "C" fn(sink: *mut c_void, out: *mut Report, max: u32) -> u32,
    pub flush: unsafe extern "C" fn(sink: *mut c_void),
    pub destroy: unsafe extern "C" fn(sink: *mut c_void),
}

/// Where an engine's reports go.
pub enum Outlet {
    Nowhere,
    /// The filling end of a ring that [`RING`] has made: a report goes there without a call.
    Ring(NonNull<Filling>),
    Table(Transport, *mut c_void),
}

impl Outlet {
    /// # Safety
    /// The functions of `transport` may be called with `sink` as long as this lives; nobody else pushes to it.
    pub unsafe fn new(transport: Option<Transport>, sink: *mut c_void) -> Self {
        match (transport, NonNull::new(sink.cast::<Ends>())) {
            (None, _) => Self::Nowhere,
            (Some(table), Some(ends)) if ptr::fn_addr_eq(table.push, RING.push) => {
                // SAFETY: a sink whose reports go through our `push` comes from our `create`.
                Self::Ring(unsafe { NonNull::new_unchecked((*ends.as_ptr()).producer.get()) })
            }
            (Some(table), _) => Self::Table(table, sink),
        }
    }

    /// Hands one report on, however long the other end takes to make room.
    #[inline(always)]
    pub fn push(&mut self, report: &Report) {
        match self {
            Self::Ring(filling) => {
                // SAFETY: the ring lives as long as this, and its filling end is this thread's alone (`new`).
                let filling = unsafe { filling.as_mut() };
                if let Err(Full(words)) = filling.push(report.words()) {
                    push_patiently(|| filling.push(words).is_ok());
                }
            }
            _ => self.push_by_table(*report),
        }
    }

    #[inline(never)]
    fn push_by_table(&self, report: Report) {
        if let Self::Table(table, sink) = self {
            // SAFETY: whoever gave the table to `engine_init` vouched for calls with this sink.
            push_patiently(|| unsafe { (table.push)(*sink, &raw const report) } != 0);
        }
    }

    pub fn flush(&mut self) {
        match self {
            Self::Nowhere => {}
            // SAFETY: as in `push`.
            Self::Ring(filling) => unsafe { filling.as_mut() }.flush(),
            // SAFETY: as above.
            Self::Table(table, sink) => unsafe { (table.flush)(*sink) },
        }
    }
}

/// Tries until there was room.
#[inline(never)]
fn push_patiently(mut try_once: impl FnMut() -> bool) {
    let mut tries = 0u32;
    while !try_once() {
        tries += 1;
        // On a machine with one core the other end only gets on when this one lets it.
        if tries.is_multiple_of(64) { std::thread::yield_now() } else { std::hint::spin_loop() }
    }
}

/// Reports that leave together, until a flush.
const BURST: usize = 128;

/// The ring of this house under the ABI's table: one thread pushes, one drains.
pub static RING: Transport = Transport { create, push, drain, flush, destroy };

pub type Filling = Burst<{ Report::WORDS }>;

struct Ends {
    producer: UnsafeCell<Filling>,
    consumer: UnsafeCell<Consumer<[u64; Report::WORDS]>>,
}

unsafe extern "C" fn create(capacity: u32) -> *mut c_void {
    let made = catch_unwind(|| channel(capacity.max(2).checked_next_power_of_two()? as usize).ok());
    let Ok(Some((producer, consumer))) = made else { return ptr::null_mut() };
    let producer = Burst::new(producer, BURST);
    let ends = Ends { producer: UnsafeCell::new(producer), consumer: UnsafeCell::new(consumer) };
    Box::into_raw(Box::new(ends)).cast()
}

/// # Safety
/// `sink` comes from [`create`]; one thread at a time pushes; `report` is readable.
unsafe extern "C" fn push(sink: *mut c_void, report: *const Report) -> c_int {
    // SAFETY: the sink is live and only this thread uses its filling end; the report is readable.
    let (producer, report) = unsafe { (&mut *(*sink.cast::<Ends>()).producer.get(), &*report) };
    c_int::from(producer.push(report.words()).is_ok())
}

/// # Safety
/// `sink` comes from [`create`]; one thread at a time drains; `out` has room for `max` reports.
unsafe extern "C" fn drain(sink: *mut c_void, out: *mut Report, max: u32) -> u32 {
    // SAFETY: the sink is live and only this thread uses its emptying end.
    let consumer = unsafe { &mut *(*sink.cast::<Ends>()).consumer.get() };
    let mut count = 0;
    consumer.drain(max as usize, |words| {
        // SAFETY: `drain` calls this at most `max` times, and `out` has room for as many.
        unsafe { out.add(count).write(Report::from(words)) };
        count += 1;
    });
    // At most `max`, which is a u32.
    #[allow(clippy::cast_possible_truncation)]
    let count = count as u32;
    count
}

/// # Safety
/// `sink` comes from [`create`]; one thread at a time pushes and flushes.
unsafe extern "C" fn flush(sink: *mut c_void) {
    // SAFETY: the sink is live and only this thread uses its filling end.
    unsafe { (*(*sink.cast::<Ends>()).producer.get()).flush() };
}

/// # Safety
/// `sink` is null or comes from [`create`], and nobody uses it any more.
unsafe extern "C" fn destroy(sink: *mut c_void) {
    if !sink.is_null() {
        // SAFETY: it came out of a box in `create`. A panic in a drop must not cross the border.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(unsafe { Box::from_raw(sink.cast::<Ends>()) })));
    }
}
