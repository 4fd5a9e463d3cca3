//! A panic prints its place and message and ends the machine - or the experiment, when `catch` is waiting for it.

use crate::cpu::{catch, regs};
use crate::dev::{exit, serial};
use core::fmt::Write;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    catch::throw(info.location().map_or(0, core::panic::Location::line));
    regs::interrupts_off();
    let out = &mut serial::Raw;
    // Writing to the port cannot fail.
    let _ = match info.location() {
        Some(place) => writeln!(out, "\n@panic file={} line={} message={}", place.file(), place.line(), info.message()),
        None => writeln!(out, "\n@panic message={}", info.message()),
    };
    exit::panic()
}
