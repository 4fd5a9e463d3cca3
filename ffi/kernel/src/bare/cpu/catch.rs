//! Trying something that may fault. `catch` runs a closure; a trap or a panic inside it lands back here as a value
//! instead of ending the machine. What the closure held is abandoned as it stands, so it must hold no lock when it
//! faults: the allocators judge first and panic after they have let go.

use super::{percpu, regs};
use core::arch::global_asm;
use core::sync::atomic::Ordering;

global_asm!(include_str!("catch.S"), options(att_syntax));

unsafe extern "C" {
    fn catch_call(function: extern "C" fn(*mut u8), argument: *mut u8, stack: *mut u64) -> u64;
    fn catch_throw(stack: u64) -> !;
    pub fn catch_land();
}

/// How the closure ended when it did not return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    Exception { vector: u8, error: u64, rip: u64, address: u64 },
    Panic { line: u32 },
}

impl Trap {
    pub fn is_vector(self, wanted: u8) -> bool {
        matches!(self, Self::Exception { vector, .. } if vector == wanted)
    }
}

pub struct Landing {
    pub stack: u64,
    pub trap: Option<Trap>,
}

extern "C" fn run<F: FnOnce()>(argument: *mut u8) {
    // SAFETY: `catch` passes a pointer to an `Option<F>` that outlives the call.
    if let Some(act) = unsafe { (*argument.cast::<Option<F>>()).take() } {
        act();
    }
}

/// Runs `act`; `Err` says which trap or panic ended it.
pub fn catch<F: FnOnce()>(act: F) -> Result<(), Trap> {
    let mut act = Some(act);
    let mut landing = Landing { stack: 0, trap: None };
    let cpu = percpu::this();
    let outer = cpu.landing.swap(&raw mut landing, Ordering::Relaxed);
    // SAFETY: `run::<F>` gets the `Option<F>` it expects; the landing lives until after the call, and is unhooked
    // below.
    unsafe { catch_call(run::<F>, (&raw mut act).cast(), &raw mut landing.stack) };
    cpu.landing.store(outer, Ordering::Relaxed);
    // Written by the trap handler behind the compiler's back.
    // SAFETY: a local that is initialised.
    unsafe { (&raw const landing.trap).read_volatile() }.map_or(Ok(()), Err)
}

/// Where a trap on this processor should land, with the reason noted; `None` when nobody is trying anything.
pub fn land(trap: Trap) -> Option<u64> {
    let landing = percpu::this().landing.swap(core::ptr::null_mut(), Ordering::Relaxed);
    // SAFETY: non-null only while `catch` is on the stack below.
    let landing = unsafe { landing.as_mut() }?;
    landing.trap = Some(trap);
    Some(landing.stack)
}

/// Ends the closure being tried with a panic; returns when nobody is trying anything.
pub fn throw(line: u32) {
    if let Some(stack) = land(Trap::Panic { line }) {
        // SAFETY: the stack pointer that `catch_call` saved, and its frame is still there.
        unsafe { catch_throw(stack) }
    }
}

/// Whether interrupts are on now.
pub fn interruptible() -> bool {
    regs::flags() & regs::IF != 0
}
