//! The public benchmark's C ABI as its harness declares it, and a library that is opened by path.
//!
//! Source: `flash1-dev/matching-engine-benchmark`, arXiv 2606.01183.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use hftz_model::Side;

use crate::matching::workload::Message;

/// One message, type and payload.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Tagged {
    kind: u8,
    padding: [u8; 7],
    payload: [u64; 4],
}

const NEW: u8 = 0;
const CANCEL: u8 = 1;
const MODIFY: u8 = 2;

impl Tagged {
    /// `message` with its place in the workload.
    pub fn new(sequence: u64, message: &Message) -> Self {
        // `{u32 quantity, u8 side, u8 ioc, 2 pad}` in the order of a little-endian machine.
        let tail = |quantity: u32, side: Side, ioc: bool| {
            u64::from(quantity) | u64::from(side == Side::Sell) << 32 | u64::from(ioc) << 40
        };
        let (kind, payload) = match *message {
            Message::New { id, price, quantity, side, ioc } => {
                (NEW, [id, sequence, price.cast_unsigned(), tail(quantity, side, ioc)])
            }
            Message::Cancel { id } => (CANCEL, [id, sequence, 0, 0]),
            Message::Modify { id, price, quantity, side } => {
                (MODIFY, [id, sequence, price.cast_unsigned(), tail(quantity, side, false)])
            }
        };
        Self { kind, padding: [0; 7], payload }
    }
}

/// What an engine says: 64 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    pub kind: u8,
    pub side: u8,
    padding: [u8; 6],
    pub sequence: u64,
    pub order: u64,
    pub price: i64,
    pub quantity: u32,
    more: u32,
    pub maker: u64,
    pub taker: u64,
    last: [u8; 8],
}

const _: () = assert!(size_of::<Tagged>() == 40 && size_of::<Report>() == 64);

/// How an engine hands its reports over.
#[repr(C)]
pub struct Transport {
    pub create: unsafe extern "C" fn(u32) -> *mut c_void,
    pub push: unsafe extern "C" fn(*mut c_void, *const Report) -> c_int,
    pub drain: unsafe extern "C" fn(*mut c_void, *mut Report, u32) -> u32,
    pub flush: unsafe extern "C" fn(*mut c_void),
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

type Init = unsafe extern "C" fn(u64, *const Transport, *mut c_void);
type Plain = unsafe extern "C" fn();
type OnMessage = unsafe extern "C" fn(*const c_void);
type OnBatch = unsafe extern "C" fn(*const Tagged, u32);
type GetTransport = unsafe extern "C" fn() -> *const Transport;

/// An engine in a library that is not closed again: what it started on its own may still use its code.
#[derive(Clone, Copy)]
pub struct Library {
    init: Init,
    shutdown: Plain,
    flush: Plain,
    on: [OnMessage; 3],
    on_batch: Option<OnBatch>,
    transport: Option<&'static Transport>,
}

impl Library {
    /// Opens `path` and finds the functions of the ABI in it.
    ///
    /// # Errors
    /// The loader's reason, or the function that is missing.
    pub fn open(path: &str) -> Result<Self, String> {
        let name = CString::new(path).map_err(|_| format!("{path}: a path has no zero byte"))?;
        // SAFETY: the name ends with a zero byte. What the library does when it is loaded is the wish of who names it.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            return Err(format!("cannot load the engine: {}", loader_error()));
        }
        let find = |symbol: &CStr| {
            // SAFETY: the handle is open and stays so, the name ends with a zero byte.
            let found = unsafe { libc::dlsym(handle, symbol.as_ptr()) };
            if found.is_null() { Err(format!("{path} has no {}", symbol.to_string_lossy())) } else { Ok(found) }
        };
        // SAFETY: the ABI gives each of these names the type it gets here; the pointers are not null, and what is absent is the
        // `None` of its option. A table is a static of a library that stays open.
        unsafe {
            let get_transport = find(c"engine_get_transport").ok();
            let get_transport = get_transport.map(|found| std::mem::transmute::<*mut c_void, GetTransport>(found));
            Ok(Self {
                init: std::mem::transmute::<*mut c_void, Init>(find(c"engine_init")?),
                shutdown: std::mem::transmute::<*mut c_void, Plain>(find(c"engine_shutdown")?),
                flush: std::mem::transmute::<*mut c_void, Plain>(find(c"engine_flush")?),
                on: [
                    std::mem::transmute::<*mut c_void, OnMessage>(find(c"engine_on_new_order")?),
                    std::mem::transmute::<*mut c_void, OnMessage>(find(c"engine_on_cancel")?),
                    std::mem::transmute::<*mut c_void, OnMessage>(find(c"engine_on_modify")?),
                ],
                on_batch: find(c"engine_on_batch").ok().map(|found| std::mem::transmute::<*mut c_void, OnBatch>(found)),
                transport: get_transport.and_then(|get| get().as_ref()),
            })
        }
    }

    /// How this engine would have its reports leave, if it says so.
    pub const fn transport(&self) -> Option<&'static Transport> {
        self.transport
    }

    /// # Safety
    /// `transport` and `sink` live until [`Library::shutdown`] has returned, and the sink is one of that transport.
    pub unsafe fn init(&self, transport: *const Transport, sink: *mut c_void) {
        // SAFETY: passed on from this function's own contract.
        unsafe { (self.init)(0, transport, sink) };
    }

    /// Sends messages, in batches where the engine takes them: as many as the public harness makes of a run, which looks at
    /// the book 64 times on its way.
    ///
    /// # Safety
    /// Between [`Library::init`] and [`Library::shutdown`], from one thread.
    pub unsafe fn send(&self, messages: &[Tagged]) {
        const BATCHES: usize = 65;
        match self.on_batch {
            Some(on_batch) => {
                for batch in messages.chunks(messages.len().div_ceil(BATCHES).max(1)) {
                    // SAFETY: so many messages lie there; the caller keeps the order of calls.
                    unsafe { on_batch(batch.as_ptr(), batch.len() as u32) };
                }
            }
            None => {
                for message in messages {
                    // SAFETY: the payload is the structure that this function takes, and the kind is below 3.
                    unsafe { self.on[usize::from(message.kind)](message.payload.as_ptr().cast()) };
                }
            }
        }
        // SAFETY: passed on from this function's own contract.
        unsafe { (self.flush)() };
    }

    /// # Safety
    /// After [`Library::init`], with no other call under way.
    pub unsafe fn shutdown(&self) {
        // SAFETY: passed on from this function's own contract.
        unsafe { (self.shutdown)() };
    }
}

fn loader_error() -> String {
    // SAFETY: the loader's message, if there is one, ends with a zero byte and is valid until its next call on this thread.
    let text = unsafe { libc::dlerror() };
    if text.is_null() {
        return "the loader does not say why".to_owned();
    }
    // SAFETY: as above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// The library that this code is in, so that it can be opened like any other.
///
/// # Errors
/// When the loader does not know it.
pub fn own_path() -> Result<String, String> {
    let mut found = libc::Dl_info {
        dli_fname: std::ptr::null::<c_char>(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null::<c_char>(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: the address is that of this function, `found` has room for the answer.
    let known = unsafe { libc::dladdr(own_path as *const c_void, &raw mut found) } != 0;
    if !known || found.dli_fname.is_null() {
        return Err("the loader does not know this library".to_owned());
    }
    // SAFETY: a name from the loader, which ends with a zero byte and lives as long as the library.
    Ok(unsafe { CStr::from_ptr(found.dli_fname) }.to_string_lossy().into_owned())
}
