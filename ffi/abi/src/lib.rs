//! The door: every symbol that leaves the native library, and nothing else.
//!
//! Calls return a [`Code`]; what went wrong is fetched as text with [`hftz_last_error`]. Every export runs inside one
//! guard that turns a panic into [`Code::Panic`]. Runs are named by number, so a stale or invented one is an error and never
//! a wild pointer. No 64-bit integers and no structs by value: both are slow or wrong through a foreign-function call from JavaScript.
//!
//! | call | does |
//! |---|---|
//! | [`hftz_abi_version`], [`hftz_layout`] | let the caller check that both sides were built from one source |
//! | [`hftz_open`] | validates a JSON configuration and makes a run of it |
//! | [`hftz_start`], [`hftz_stop`] | begin; ask for an orderly end |
//! | [`hftz_wait`] | sleeps until the run has ended, for a bounded time |
//! | [`hftz_page`] | address of the run's live counters |
//! | [`hftz_feed`] | bytes in, bytes out, for a run on memory |
//! | [`hftz_result`], [`hftz_close`] | the outcome as JSON; free everything |
//!
//! Beside these, [`yardstick`] exports the C ABI of the public matching-engine benchmark (`engine_*`).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod guard;
mod pages;
mod runs;
pub mod yardstick;

use guard::{Code, Fault, guard, input, output, slot};
use std::ptr;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: pages::Allocator = pages::Allocator;

/// Raised with every change of an export's meaning or signature.
pub const ABI_VERSION: u32 = 2;

/// Number of the ABI that this library speaks.
#[unsafe(no_mangle)]
pub extern "C" fn hftz_abi_version() -> u32 {
    ABI_VERSION
}

/// Copies the page layout as JSON text to `out` and its length in bytes to `length`.
///
/// # Safety
/// `out` must be null or point to `capacity` writable bytes, `length` null or to one writable `u32`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hftz_layout(out: *mut u8, capacity: u32, length: *mut u32) -> i32 {
    // SAFETY: passed on from this function's own contract.
    guard(|| unsafe { copy_text(hftz_engine::run::layout_json().as_bytes(), out, capacity, length) })
}

/// Copies the text of this thread's last failed call to `out`, cut to `capacity`, and returns its full length in bytes.
///
/// # Safety
/// `out` must be null or point to `capacity` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hftz_last_error(out: *mut u8, capacity: u32) -> u32 {
    guard::with_last_error(|text| {
        let bytes = text.as_bytes();
        if !out.is_null() {
            let copied = bytes.len().min(capacity as usize);
            // SAFETY: `out` has room for `capacity` bytes, `copied` is at most that, and the text is ours.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), out, copied) };
        }
        u32::try_from(bytes.len()).unwrap_or(u32::MAX)
    })
}

/// Opens a run from `config_length` bytes of JSON and writes its number to `run`.
///
/// # Safety
/// `config` must be null or point to `config_length` readable bytes, `run` null or to one writable `u32`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hftz_open(config: *const u8, config_length: u32, run: *mut u32) -> i32 {
    guard(|| {
        // SAFETY: passed on from this function's own contract.
        let (config, run) = unsafe { (input(config, config_length, "config")?, slot(run, "run")?) };
        let plan = hftz_engine::plan(config).map_err(|text| Fault::new(Code::Refused, text))?;
        *run = runs::open(plan)?;
        Ok(())
    })
}

/// Starts a run.
#[unsafe(no_mangle)]
pub extern "C" fn hftz_start(run: u32) -> i32 {
    guard(|| runs::with(run, |r| r.start().map_err(Fault::state)))
}

/// Sleeps until a run that was started has ended, at most `milliseconds`; the page says whether it has. At once when it is not going.
/// Other calls on this run wait meanwhile, also from other threads.
#[unsafe(no_mangle)]
pub extern "C" fn hftz_wait(run: u32, milliseconds: u32) -> i32 {
    guard(|| {
        runs::with(run, |r| {
            r.wait(Duration::from_millis(milliseconds.into()));
            Ok(())
        })
    })
}

/// Address of the run's page, valid until [`hftz_close`]; null when there is no such run.
#[unsafe(no_mangle)]
pub extern "C" fn hftz_page(run: u32) -> *const u8 {
    let mut address = ptr::null();
    let code = guard(|| {
        runs::with(run, |r| {
            address = r.page().address().cast_const().cast();
            Ok(())
        })
    });
    if code == Code::Ok as i32 { address } else { ptr::null() }
}

/// Asks a run to end in order. Returns at once; the page says when it has.
#[unsafe(no_mangle)]
pub extern "C" fn hftz_stop(run: u32) -> i32 {
    guard(|| {
        runs::with(run, |r| {
            r.page().request_stop();
            Ok(())
        })
    })
}

/// Gives `in_length` bytes to a memory run and takes up to `capacity` bytes from it, within the call. Writes two counts to
/// `done`: bytes consumed, bytes written. Call again until all is consumed and nothing more is written; [`hftz_result`] ends the stream.
///
/// # Safety
/// `bytes` must be null (with length 0) or readable for `in_length`, `out` null (with capacity 0) or writable for `capacity`,
/// `done` null or writable for two `u32`; input and output must not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hftz_feed(
    run: u32,
    bytes: *const u8,
    in_length: u32,
    out: *mut u8,
    capacity: u32,
    done: *mut [u32; 2],
) -> i32 {
    guard(|| {
        // SAFETY: passed on from this function's own contract.
        let (bytes, out, done) =
            unsafe { (input(bytes, in_length, "bytes")?, output(out, capacity, "out")?, slot(done, "done")?) };
        *done = [0, 0];
        runs::with(run, |r| {
            let moved = r.feed(bytes, out).map_err(Fault::state)?;
            // Both counts are bounded by the two u32 lengths above.
            #[allow(clippy::cast_possible_truncation)]
            let counts = [moved.consumed as u32, moved.written as u32];
            *done = counts;
            Ok(())
        })
    })
}

/// Copies the outcome `{"status", "error", "hint", "result"}` as JSON text to `out` and its length to `length`. When
/// `capacity` is too small the length is still written: call again with room.
///
/// # Safety
/// `out` must be null or point to `capacity` writable bytes, `length` null or to one writable `u32`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hftz_result(run: u32, out: *mut u8, capacity: u32, length: *mut u32) -> i32 {
    guard(|| {
        let text = runs::with(run, |r| Ok(r.outcome().map_err(Fault::state)?.to_json()))?;
        // SAFETY: passed on from this function's own contract.
        unsafe { copy_text(text.as_bytes(), out, capacity, length) }
    })
}

/// Frees a run; one that is still going is stopped first and waited for.
#[unsafe(no_mangle)]
pub extern "C" fn hftz_close(run: u32) -> i32 {
    guard(|| runs::close(run))
}

/// Fails on purpose in the way `kind` names (0: a panic), so that a test can see that the guard holds.
#[unsafe(no_mangle)]
pub extern "C" fn hftz_fail(kind: u32) -> i32 {
    guard(|| match kind {
        0 => panic!("asked to panic"),
        other => Err(Fault::new(Code::Refused, format!("there is no failure number {other}"))),
    })
}

/// # Safety
/// As [`hftz_layout`].
unsafe fn copy_text(text: &[u8], out: *mut u8, capacity: u32, length: *mut u32) -> Result<(), Fault> {
    // SAFETY: passed on from this function's own contract.
    let (out, length) = unsafe { (output(out, capacity, "out")?, slot(length, "length")?) };
    *length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let Some(room) = out.get_mut(..text.len()) else {
        return Err(Fault::new(Code::Size, format!("out holds {capacity} bytes, {} are needed", text.len())));
    };
    room.copy_from_slice(text);
    Ok(())
}
