//! The privileged instructions, one function each. All are sound to call from ring 0; those that can break memory
//! safety by their effect are `unsafe` and say how.

use core::arch::asm;

pub const EFER: u32 = 0xC000_0080;
pub const STAR: u32 = 0xC000_0081;
pub const LSTAR: u32 = 0xC000_0082;
pub const FMASK: u32 = 0xC000_0084;
pub const GS_BASE: u32 = 0xC000_0101;
pub const KERNEL_GS_BASE: u32 = 0xC000_0102;
pub const APIC_BASE: u32 = 0x1B;

pub const CR4_PGE: u64 = 1 << 7;
pub const CR4_UMIP: u64 = 1 << 11;
pub const CR4_SMEP: u64 = 1 << 20;
pub const CR4_SMAP: u64 = 1 << 21;
pub const IF: u64 = 1 << 9;

/// # Safety
/// The device behind the port must not overwrite memory at this command.
pub unsafe fn out8(port: u16, value: u8) {
    // SAFETY: the caller's promise.
    unsafe { asm!("out dx, al", in("dx") port, in("al") value, options(nomem, nostack, preserves_flags)) }
}

/// # Safety
/// As for [`out8`].
pub unsafe fn out32(port: u16, value: u32) {
    // SAFETY: the caller's promise.
    unsafe { asm!("out dx, eax", in("dx") port, in("eax") value, options(nomem, nostack, preserves_flags)) }
}

/// # Safety
/// Reading may have an effect on the device; the caller must be the one who wants it.
pub unsafe fn in8(port: u16) -> u8 {
    let value;
    // SAFETY: the caller's promise.
    unsafe { asm!("in al, dx", in("dx") port, out("al") value, options(nomem, nostack, preserves_flags)) }
    value
}

#[inline(always)]
pub fn tsc() -> u64 {
    // SAFETY: every x86-64 processor has it; CR4.TSD does not concern ring 0.
    unsafe { core::arch::x86_64::_rdtsc() }
}

pub fn cpuid(leaf: u32, sub: u32) -> core::arch::x86_64::CpuidResult {
    let highest = core::arch::x86_64::__cpuid(leaf & 0x8000_0000).eax;
    if leaf > highest {
        return core::arch::x86_64::CpuidResult { eax: 0, ebx: 0, ecx: 0, edx: 0 };
    }
    core::arch::x86_64::__cpuid_count(leaf, sub)
}

/// # Safety
/// The register must exist on this processor.
pub unsafe fn read_msr(register: u32) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: the caller's promise; reading changes nothing.
    unsafe {
        asm!("rdmsr", in("ecx") register, out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags))
    }
    u64::from(high) << 32 | u64::from(low)
}

/// # Safety
/// The register must exist and the value must keep the kernel's assumptions about it.
pub unsafe fn write_msr(register: u32, value: u64) {
    // SAFETY: the caller's promise.
    unsafe {
        asm!("wrmsr", in("ecx") register, in("eax") value as u32, in("edx") (value >> 32) as u32, options(nostack, preserves_flags))
    }
}

pub fn cr2() -> u64 {
    let value;
    // SAFETY: reading a control register changes nothing.
    unsafe { asm!("mov {}, cr2", out(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

pub fn cr3() -> u64 {
    let value;
    // SAFETY: reading a control register changes nothing.
    unsafe { asm!("mov {}, cr3", out(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

pub fn cr4() -> u64 {
    let value;
    // SAFETY: reading a control register changes nothing.
    unsafe { asm!("mov {}, cr4", out(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

/// # Safety
/// The root must map the kernel as it is mapped now.
pub unsafe fn set_cr3(root: u64) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mov cr3, {}", in(reg) root, options(nostack, preserves_flags)) }
}

/// # Safety
/// The features must exist and nothing that runs may depend on those switched off.
pub unsafe fn set_cr4(value: u64) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mov cr4, {}", in(reg) value, options(nostack, preserves_flags)) }
}

/// Forgets one page in this processor's TLB.
pub fn invlpg(address: u64) {
    // SAFETY: forgetting a translation is always sound; the next access walks the tables.
    unsafe { asm!("invlpg [{}]", in(reg) address, options(nostack, preserves_flags)) }
}

pub fn flags() -> u64 {
    let value;
    // SAFETY: pushes and pops one word.
    unsafe { asm!("pushfq", "pop {}", out(reg) value, options(nomem, preserves_flags)) }
    value
}

pub fn interrupts_on() {
    // SAFETY: every vector has a handler before anybody calls this (`cpu::idt` comes first in the boot).
    unsafe { asm!("sti", options(nostack)) }
}

pub fn interrupts_off() {
    // SAFETY: switching them off is always sound.
    unsafe { asm!("cli", options(nostack)) }
}

/// Sleeps until the next interrupt, with no moment between switching interrupts on and sleeping in which one could be
/// lost.
pub fn sleep_enabled() {
    // SAFETY: as for `interrupts_on`; the processor takes no interrupt between `sti` and the next instruction.
    unsafe { asm!("sti", "hlt", options(nostack)) }
}

/// Stops this processor for good.
pub fn halt() -> ! {
    loop {
        // SAFETY: nothing runs after this but non-maskable interrupts.
        unsafe { asm!("cli", "hlt", options(nostack)) }
    }
}
