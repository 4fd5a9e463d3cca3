//! What every export goes through: argument checks, the panic barrier and the text of the last error.

use hftz_engine::run::RunError;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a call returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Code {
    Ok = 0,
    /// A configuration or a value breaks a rule.
    Refused = 1,
    /// A required pointer is null.
    Null = 2,
    /// A buffer is too small or a length out of range.
    Size = 3,
    /// No run has this number.
    Run = 4,
    /// The call does not fit what the run is doing.
    State = 5,
    /// A defect: the code panicked and was caught.
    Panic = 6,
}

/// A failed call: its code and one line for the user.
pub struct Fault {
    code: Code,
    text: String,
}

impl Fault {
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    pub fn state(error: RunError) -> Self {
        Self::new(Code::State, error.0)
    }
}

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

fn remember(text: &str) {
    LAST_ERROR.with_borrow_mut(|last| {
        last.clear();
        last.push_str(text);
    });
}

pub fn with_last_error<T>(read: impl FnOnce(&str) -> T) -> T {
    LAST_ERROR.with_borrow(|last| read(last))
}

/// Runs an export's body: faults and panics are remembered as text and returned as a code.
pub fn guard(body: impl FnOnce() -> Result<(), Fault>) -> i32 {
    let fault = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return Code::Ok as i32,
        Ok(Err(fault)) => fault,
        Err(cause) => {
            let text = cause.downcast_ref::<&str>().copied();
            let text = text.or_else(|| cause.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic");
            Fault::new(Code::Panic, format!("internal error: {text}"))
        }
    };
    remember(&fault.text);
    fault.code as i32
}

/// # Safety
/// `pointer` must be null or readable for `length` bytes that nobody writes during the call.
pub unsafe fn input<'a>(pointer: *const u8, length: u32, name: &str) -> Result<&'a [u8], Fault> {
    check(pointer.is_null(), length, name)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: not null, and the caller vouches for `length` readable bytes.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length as usize) })
}

/// # Safety
/// `pointer` must be null or writable for `length` bytes that nobody else touches during the call.
pub unsafe fn output<'a>(pointer: *mut u8, length: u32, name: &str) -> Result<&'a mut [u8], Fault> {
    check(pointer.is_null(), length, name)?;
    if length == 0 {
        return Ok(&mut []);
    }
    // SAFETY: not null, and the caller vouches for `length` writable bytes.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer, length as usize) })
}

/// # Safety
/// `pointer` must be null or point to one writable, aligned `T`.
pub unsafe fn slot<'a, T>(pointer: *mut T, name: &str) -> Result<&'a mut T, Fault> {
    if pointer.is_null() {
        return Err(Fault::new(Code::Null, format!("{name} is null")));
    }
    if !pointer.is_aligned() {
        return Err(Fault::new(Code::Size, format!("{name} is not aligned to {} bytes", align_of::<T>())));
    }
    // SAFETY: not null, aligned, and the caller vouches for the rest.
    Ok(unsafe { &mut *pointer })
}

fn check(null: bool, length: u32, name: &str) -> Result<(), Fault> {
    if null && length > 0 {
        return Err(Fault::new(Code::Null, format!("{name} is null but its length is {length}")));
    }
    // A negative number on the JavaScript side arrives as a huge one.
    if length > i32::MAX as u32 {
        return Err(Fault::new(Code::Size, format!("the length of {name} is {length}; at most 2147483647 is allowed")));
    }
    Ok(())
}
