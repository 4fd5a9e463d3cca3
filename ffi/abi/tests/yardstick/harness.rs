//! A harness of the public benchmark, as short as its ABI allows.

use std::cell::Cell;
use std::ffi::{CString, c_int, c_void};
use std::fmt::Write;
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hftz::yardstick::{Cancel, Modify, NewOrder, Payload, Report, Tagged, Transport};
use hftz_model::Side;

use hftz_lab::matching::workload::Message;

/// Reports that fit into the library's own ring.
const ROOM: u32 = 1 << 14;

/// Where the reports of a run go.
#[derive(Clone, Copy)]
pub enum Drained {
    /// Into the library's own ring, emptied by a second thread; messages come in batches of this many, 1 each alone.
    ByThread {
        batch: usize,
    },
    /// Into a transport of the harness that says "full" before every report.
    Reluctantly,
    Nowhere,
}

/// The library, opened by path; one at a time, because it has one engine for the whole process.
pub struct Harness {
    library: *mut c_void,
    _alone: MutexGuard<'static, ()>,
}

impl Harness {
    pub fn open() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let path = CString::new(library_path().to_str().unwrap()).unwrap();
        // SAFETY: a valid path; the library's initialisers are Rust's own.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!library.is_null(), "cannot open {path:?}");
        Self { library, _alone: alone }
    }

    /// A function of the library as a pointer of type `F`.
    pub fn function<F: Copy>(&self, name: &str) -> F {
        assert_eq!(size_of::<F>(), size_of::<*mut c_void>());
        let name = CString::new(name).unwrap();
        // SAFETY: an open library and a valid name.
        let address = unsafe { libc::dlsym(self.library, name.as_ptr()) };
        assert!(!address.is_null(), "the library has no {name:?}");
        // SAFETY: `F` is a function pointer of the ABI, as large as the address, which is not null.
        unsafe { std::mem::transmute_copy(&address) }
    }

    /// Every report of `messages`, in the order in which they came.
    pub fn run(&self, messages: &[Message], drained: Drained) -> Vec<Report> {
        let messages: Vec<Tagged> = messages.iter().zip(0..).map(|(message, at)| tagged(message, at)).collect();
        let own: extern "C" fn() -> *const Transport = self.function("engine_get_transport");
        match drained {
            Drained::Nowhere => Vec::new(),
            Drained::Reluctantly => {
                let sink = Reluctant::default();
                let address = (&raw const sink).cast_mut().cast();
                self.between(&RELUCTANT, address, || self.feed(&messages, 1));
                sink.reports.take()
            }
            Drained::ByThread { batch } => {
                // SAFETY: the library's table is a static of its own.
                let transport = unsafe { *own() };
                // SAFETY: the table is the library's; the ring is destroyed below, once.
                let ring = unsafe { (transport.create)(ROOM) };
                let reports = self.drained(&transport, ring, || {
                    self.between(&transport, ring, || self.feed(&messages, batch));
                });
                // SAFETY: nobody uses the ring any more.
                unsafe { (transport.destroy)(ring) };
                reports
            }
        }
    }

    /// Runs `work` while a second thread empties the ring; what it found.
    fn drained(&self, transport: &Transport, ring: *mut c_void, work: impl FnOnce()) -> Vec<Report> {
        let (drain, ring) = (transport.drain, Ring(ring));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let drainer = scope.spawn(|| {
                let ring = &ring;
                let (mut all, mut some) = (Vec::new(), [Report::default(); 512]);
                loop {
                    // Looked at before the ring: what was pushed by then is found by the call after it.
                    let last = done.load(Ordering::Acquire);
                    // SAFETY: this is the one draining thread, and there is room for 512 reports.
                    let count = unsafe { drain(ring.0, some.as_mut_ptr(), 512) };
                    all.extend_from_slice(&some[..count as usize]);
                    match count {
                        0 if last => return all,
                        0 => std::thread::yield_now(),
                        _ => {}
                    }
                }
            });
            work();
            done.store(true, Ordering::Release);
            drainer.join().unwrap()
        })
    }

    /// Runs `work` between the making of an engine and its end.
    fn between(&self, transport: *const Transport, sink: *mut c_void, work: impl FnOnce()) {
        let init: unsafe extern "C" fn(u64, *const Transport, *mut c_void) = self.function("engine_init");
        let flush: extern "C" fn() = self.function("engine_flush");
        let shutdown: extern "C" fn() = self.function("engine_shutdown");
        // SAFETY: table and sink outlive the engine, which ends below.
        unsafe { init(7, transport, sink) };
        work();
        flush();
        shutdown();
    }

    pub fn with_engine(&self, drained: Drained, work: impl FnOnce()) {
        assert!(matches!(drained, Drained::Nowhere));
        self.between(ptr::null(), ptr::null_mut(), work);
    }

    fn feed(&self, messages: &[Tagged], batch: usize) {
        if batch > 1 {
            let on_batch: unsafe extern "C" fn(*const Tagged, u32) = self.function("engine_on_batch");
            // SAFETY: the chunk is readable.
            messages.chunks(batch).for_each(|some| unsafe { on_batch(some.as_ptr(), some.len() as u32) });
            return;
        }
        let on_new: unsafe extern "C" fn(*const NewOrder) = self.function("engine_on_new_order");
        let on_cancel: unsafe extern "C" fn(*const Cancel) = self.function("engine_on_cancel");
        let on_modify: unsafe extern "C" fn(*const Modify) = self.function("engine_on_modify");
        for message in messages {
            // SAFETY: the kind says which member was written.
            unsafe {
                match message.kind {
                    0 => on_new(&raw const message.payload.new_order),
                    1 => on_cancel(&raw const message.payload.cancel),
                    _ => on_modify(&raw const message.payload.modify),
                }
            }
        }
    }

    pub fn new_order(&self, order: &NewOrder) {
        let call: unsafe extern "C" fn(*const NewOrder) = self.function("engine_on_new_order");
        // SAFETY: a reference is readable.
        unsafe { call(order) };
    }

    pub fn cancel(&self, cancel: &Cancel) {
        let call: unsafe extern "C" fn(*const Cancel) = self.function("engine_on_cancel");
        // SAFETY: a reference is readable.
        unsafe { call(cancel) };
    }

    pub fn modify(&self, modify: &Modify) {
        let call: unsafe extern "C" fn(*const Modify) = self.function("engine_on_modify");
        // SAFETY: a reference is readable.
        unsafe { call(modify) };
    }

    /// 3, 2, or 0 when `HFTZ_ISA` asks for what there is not.
    pub fn isa(&self) -> u32 {
        self.function::<extern "C" fn() -> u32>("hftz_isa")()
    }

    pub fn best_bid(&self) -> i64 {
        self.function::<extern "C" fn() -> i64>("engine_query_best_bid")()
    }

    pub fn best_ask(&self) -> i64 {
        self.function::<extern "C" fn() -> i64>("engine_query_best_ask")()
    }

    pub fn depth_at(&self, price: i64, side: u8) -> u64 {
        self.function::<extern "C" fn(i64, u8) -> u64>("engine_query_depth_at")(price, side)
    }
}

/// Cargo builds the library beside the folder of this test.
pub fn library_path() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().skip(1).map(|folder| folder.join("libhftz.so")).find(|path| path.exists()).unwrap()
}

struct Ring(*mut c_void);

// SAFETY: the ring is made for two threads, one at each end.
unsafe impl Sync for Ring {}

/// A sink that refuses every report once.
#[derive(Default)]
struct Reluctant {
    refused: Cell<bool>,
    reports: Cell<Vec<Report>>,
}

static RELUCTANT: Transport =
    Transport { create: no_sink, push: push_reluctantly, drain: drain_nothing, flush: ignore, destroy: ignore };

unsafe extern "C" fn no_sink(_: u32) -> *mut c_void {
    ptr::null_mut()
}

unsafe extern "C" fn push_reluctantly(sink: *mut c_void, report: *const Report) -> c_int {
    // SAFETY: the sink is the `Reluctant` of the run, used by this thread alone; the report is readable.
    let (sink, report) = unsafe { (&*sink.cast::<Reluctant>(), *report) };
    if !sink.refused.replace(true) {
        return 0;
    }
    sink.refused.set(false);
    let mut reports = sink.reports.take();
    reports.push(report);
    sink.reports.set(reports);
    1
}

unsafe extern "C" fn drain_nothing(_: *mut c_void, _: *mut Report, _: u32) -> u32 {
    0
}

unsafe extern "C" fn ignore(_: *mut c_void) {}

fn tagged(message: &Message, sequence_number: u64) -> Tagged {
    let side = |side| u8::from(side == Side::Sell);
    let (kind, payload) = match *message {
        Message::New { id, price, quantity, side: of, ioc } => {
            let (ioc, reserved) = (u8::from(ioc), [0; 2]);
            let (order_id, price_ticks, side) = (id, price, side(of));
            let new_order = NewOrder { order_id, sequence_number, price_ticks, quantity, side, ioc, reserved };
            (0, Payload { new_order })
        }
        Message::Cancel { id } => (1, Payload { cancel: Cancel { order_id: id, sequence_number } }),
        Message::Modify { id, price, quantity, side: of } => {
            let (order_id, side, reserved) = (id, side(of), [0; 3]);
            let (new_price_ticks, new_quantity) = (price, quantity);
            let modify = Modify { order_id, sequence_number, new_price_ticks, new_quantity, side, reserved };
            (2, Payload { modify })
        }
    };
    Tagged { kind, reserved: [0; 7], payload }
}

/// The report text whose hash the benchmark publishes.
pub fn text(mut reports: Vec<Report>) -> String {
    reports.sort_by_key(|report| (report.sequence_number, report.kind));
    let mut text = String::with_capacity(reports.len() * 24);
    for report in &reports {
        let Report { kind, side, sequence_number, order_id, price_ticks, quantity, .. } = report;
        let (maker, taker) = (report.maker_order_id, report.taker_order_id);
        match kind {
            0 | 3 => writeln!(text, "{kind},{sequence_number},{side},{order_id},{price_ticks},{quantity}"),
            1 => writeln!(text, "1,{sequence_number},{price_ticks},{quantity},{maker},{taker}"),
            2 => writeln!(text, "2,{sequence_number},{side},{order_id},{price_ticks}"),
            _ => writeln!(text, "{kind},{sequence_number},{order_id}"),
        }
        .unwrap();
    }
    text.pop();
    text
}
