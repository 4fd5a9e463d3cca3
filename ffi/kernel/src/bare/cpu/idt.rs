//! The 256 gates. Every one is present: an interrupt nobody asked for is reported by its number.

use super::percpu::Pointer;
use core::arch::{asm, global_asm};
use core::cell::UnsafeCell;
use hftz_kernel::cpu::descriptor::{Gate, stack_of};

global_asm!(include_str!("isr.S"), options(att_syntax));

pub const TIMER: u8 = 0x20;
pub const SERIAL: u8 = 0x24;
pub const WAKE: u8 = 0xF0;
pub const SHOOT: u8 = 0xF1;
pub const SPURIOUS: u8 = 0xFF;
/// Raised by tests with `int`; handled as [`WAKE`] is, without an acknowledgement.
pub const TEST: u8 = 0x40;

unsafe extern "C" {
    static isr_stubs: u8;
    fn isr_timer();
    fn isr_serial();
    fn isr_wake();
    fn isr_shoot();
    fn isr_spurious();
}

#[repr(C, align(4096))]
struct Table(UnsafeCell<[Gate; 256]>);
// SAFETY: written before interrupts are on, and by `set_stack` one aligned word at a time with them off.
unsafe impl Sync for Table {}
static TABLE: Table = Table(UnsafeCell::new([Gate([0; 2]); 256]));

/// Fills the table; once, before any processor loads it.
pub fn fill() {
    let stubs = &raw const isr_stubs as u64;
    let fast = [
        (TIMER, isr_timer as *const () as u64),
        (SERIAL, isr_serial as *const () as u64),
        (WAKE, isr_wake as *const () as u64),
        (SHOOT, isr_shoot as *const () as u64),
        (SPURIOUS, isr_spurious as *const () as u64),
        (TEST, isr_spurious as *const () as u64),
    ];
    for vector in 0..=255u8 {
        let known = fast.iter().find(|(number, _)| *number == vector).map(|(_, handler)| *handler);
        let handler = known.unwrap_or(stubs + u64::from(vector) * 16);
        // Ring 3 may raise the breakpoint only.
        let gate = Gate::interrupt(handler, stack_of(vector), vector == 3);
        // SAFETY: one processor, interrupts off, table not loaded yet.
        unsafe { (*TABLE.0.get())[usize::from(vector)] = gate };
    }
}

/// Loads the table on this processor.
pub fn load() {
    let pointer = Pointer { limit: 256 * 16 - 1, base: TABLE.0.get() as u64 };
    // SAFETY: the table is static and full.
    unsafe { asm!("lidt [{}]", in(reg) &raw const pointer, options(readonly, nostack, preserves_flags)) }
}

pub fn gate(vector: u8) -> Gate {
    // SAFETY: a copy of an aligned entry; see `Table`.
    unsafe { (&raw const (*TABLE.0.get())[usize::from(vector)]).read_volatile() }
}

/// Moves a vector to another interrupt stack, 0 for none: the red-zone test's negative control.
pub fn set_stack(vector: u8, ist: u8) {
    let gate = gate(vector).on_stack(ist);
    // SAFETY: only the word with the stack number changes, in one store.
    unsafe { (&raw mut (*TABLE.0.get())[usize::from(vector)].0[0]).write_volatile(gate.0[0]) }
}

/// Takes one gate away or puts it back, for the double-fault test.
pub fn set_present(vector: u8, present: bool) {
    const PRESENT: u64 = 1 << 47;
    let word = gate(vector).0[0];
    let changed = if present { word | PRESENT } else { word & !PRESENT };
    // SAFETY: as for `set_stack`; an absent gate is a fault when used, not an access.
    unsafe { (&raw mut (*TABLE.0.get())[usize::from(vector)].0[0]).write_volatile(changed) }
}

/// Takes every handler away, so that the next exception is a triple fault.
pub fn remove() {
    let pointer = Pointer { limit: 0, base: 0 };
    // SAFETY: deliberately fatal to the machine, not to memory.
    unsafe { asm!("lidt [{}]", in(reg) &raw const pointer, options(readonly, nostack, preserves_flags)) }
}
