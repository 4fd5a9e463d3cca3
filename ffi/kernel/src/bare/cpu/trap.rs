//! What happens on an exception: a missing page may be filled, a user program may be ended, somebody may be waiting for
//! it; otherwise the registers are printed and the machine stops.

use super::{catch, idt, percpu, regs, user};
use crate::dev::{exit, serial};
use crate::mem::demand;
use core::fmt::Write;
use core::sync::atomic::{AtomicU64, Ordering};
use hftz_kernel::cpu::descriptor::selector;
use hftz_kernel::cpu::trap::{Frame, PageFault, name};

/// Breakpoints met; execution goes on after one.
pub static BREAKPOINTS: AtomicU64 = AtomicU64::new(0);

#[unsafe(no_mangle)]
extern "C" fn trap(frame: &mut Frame) {
    let vector = frame.vector as u8;
    // Read first: a later fault would overwrite it.
    let address = if vector == 14 { regs::cr2() } else { 0 };
    if vector == 3 && !frame.from_user() {
        BREAKPOINTS.fetch_add(1, Ordering::Relaxed);
        return;
    }
    if vector == 14 && demand::fill(address, PageFault(frame.error)) {
        return;
    }
    let trap = catch::Trap::Exception { vector, error: frame.error, rip: frame.rip, address };
    if frame.from_user() {
        user::abandon(frame, trap);
        return;
    }
    if let Some(stack) = catch::land(trap) {
        frame.rip = catch::catch_land as *const () as u64;
        frame.rsp = stack;
        frame.rax = 1;
        frame.rflags = 2;
        frame.cs = u64::from(selector::KERNEL_CODE);
        frame.ss = u64::from(selector::KERNEL_DATA);
        return;
    }
    report(frame, address);
    exit::fault()
}

/// The dump. It takes no lock: whoever holds the serial port's may be the one who faulted.
fn report(frame: &Frame, address: u64) {
    let out = &mut serial::Raw;
    let vector = frame.vector as u8;
    let cpu = percpu::this().id.load(Ordering::Relaxed);
    // Writing to the port cannot fail.
    let _ = writeln!(
        out,
        "\n@fault vector={vector} error={:#x} rip={:#x} address={address:#x} cpu={cpu}",
        frame.error, frame.rip
    );
    let _ = writeln!(out, "{} on processor {cpu}, interrupt stack {}", name(vector), idt::gate(vector).ist());
    if vector == 14 {
        let _ = writeln!(out, "  {} at {address:#x}{}", PageFault(frame.error), demand::Explain(address));
    }
    let _ = write!(out, "{frame}");
    let _ = writeln!(out, "  cr2 {:016x}  cr3 {:016x}  cr4 {:08x}", address, regs::cr3(), regs::cr4());
}
