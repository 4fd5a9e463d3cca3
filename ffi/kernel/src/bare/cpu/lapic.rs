//! The local APIC in xAPIC mode: acknowledging, inter-processor interrupts, and the legacy line.

use super::{idt, regs};
use crate::mem::{layout, vmm};
use hftz_kernel::mem::{PageSize, Rights};

const ID: u64 = 0x20;
const SPURIOUS: u64 = 0xF0;
const COMMAND_LOW: u64 = 0x300;
const COMMAND_HIGH: u64 = 0x310;
const LINT0: u64 = 0x350;
const LINT1: u64 = 0x360;
const PENDING: u32 = 1 << 12;
const MASKED: u32 = 1 << 16;
const EXTINT: u32 = 0x700;
const NMI: u32 = 0x400;

fn read(register: u64) -> u32 {
    // SAFETY: mapped uncached by `map` before anything here is called; registers are aligned 32-bit words.
    unsafe { ((layout::MMIO + register) as *const u32).read_volatile() }
}

fn write(register: u64, value: u32) {
    // SAFETY: as for `read`; what is written are interrupt settings, which reach no memory.
    unsafe { ((layout::MMIO + register) as *mut u32).write_volatile(value) }
}

/// Maps the registers where `isr.S` expects them; `false` when memory is out.
pub fn map() -> bool {
    // SAFETY: every processor with long mode has the register.
    let base = unsafe { regs::read_msr(regs::APIC_BASE) } & 0x000F_FFFF_FFFF_F000;
    vmm::map(layout::MMIO, base, PageSize::Small, Rights::DEVICE).is_ok()
}

/// Switches this processor's APIC on. The boot processor passes the 8259's interrupts through LINT0: SeaBIOS sets that
/// up, microvm's and qboot's firmware do not, and then no tick ever arrives.
pub fn start(boot: bool) {
    write(SPURIOUS, 0x100 | u32::from(idt::SPURIOUS));
    write(LINT0, if boot { EXTINT } else { MASKED });
    write(LINT1, NMI);
}

pub fn id() -> u8 {
    (read(ID) >> 24) as u8
}

fn command(target: u8, low: u32) {
    while read(COMMAND_LOW) & PENDING != 0 {
        core::hint::spin_loop();
    }
    write(COMMAND_HIGH, u32::from(target) << 24);
    write(COMMAND_LOW, low);
}

pub fn interrupt(target: u8, vector: u8) {
    command(target, 0x4000 | u32::from(vector));
}

pub fn init(target: u8) {
    command(target, 0x4500);
}

/// Start-up at physical `page << 12`.
pub fn startup(target: u8, page: u8) {
    command(target, 0x4600 | u32::from(page));
}
