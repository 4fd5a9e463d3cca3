//! Why every vector has an interrupt stack. Precompiled library code may keep data in the 128 bytes below the stack
//! pointer; an interrupt that pushes its frame on the same stack destroys it. Shown both ways, so that the test is
//! known to be able to fail.

use super::Verdict;
use crate::cpu::{idt, lapic, percpu, regs};
use crate::{check, tests};
use core::arch::asm;
use core::sync::atomic::Ordering;
use hftz_kernel::cpu::descriptor::stack_of;

tests!("cpu/redzone":
    every_gate_has_an_interrupt_stack,
    a_software_interrupt_spares_the_red_zone,
    without_a_stack_of_its_own_it_does_not,
    an_asynchronous_interrupt_spares_the_red_zone,
);

fn every_gate_has_an_interrupt_stack() -> Verdict {
    check!((0..=255u8).all(|vector| idt::gate(vector).ist() == stack_of(vector) && idt::gate(vector).handler() != 0));
    Ok(())
}

/// Fills the 16 words below the stack pointer, interrupts itself, and counts the words that changed.
fn words_lost_to_int() -> u64 {
    let lost: u64;
    // SAFETY: the words below the stack pointer belong to nobody here (the kernel is compiled without a red zone, and
    // `sub rsp` keeps clear of the block's own spills); the vector's handler returns at once.
    unsafe {
        asm!(
            "sub rsp, 512",
            "mov rcx, -16",
            "2:", "mov [rsp + rcx*8], rdx", "inc rcx", "jnz 2b",
            "int 0x40",
            "mov rcx, -16", "xor eax, eax",
            "3:", "cmp [rsp + rcx*8], rdx", "je 4f", "inc rax", "4:", "inc rcx", "jnz 3b",
            "add rsp, 512",
            in("rdx") 0x5EED_5EED_5EED_5EEDu64, out("rcx") _, out("rax") lost,
        );
    }
    lost
}

fn a_software_interrupt_spares_the_red_zone() -> Verdict {
    check!(words_lost_to_int() == 0);
    Ok(())
}

fn without_a_stack_of_its_own_it_does_not() -> Verdict {
    idt::set_stack(idt::TEST, 0);
    let lost = words_lost_to_int();
    idt::set_stack(idt::TEST, stack_of(idt::TEST));
    // Five words of frame, which the processor aligns.
    check!((5..=6).contains(&lost));
    check!(words_lost_to_int() == 0);
    Ok(())
}

fn an_asynchronous_interrupt_spares_the_red_zone() -> Verdict {
    let own = percpu::this().apic_id.load(Ordering::Relaxed) as u8;
    let (mut lost, before) = (0u64, crate::cpu::smp::wakes_seen());
    for _ in 0..100 {
        regs::interrupts_off();
        lapic::interrupt(own, idt::WAKE);
        let words: u64;
        // SAFETY: as above; the pending interrupt strikes after `sti`, between filling and counting.
        unsafe {
            asm!(
                "sub rsp, 512",
                "mov rcx, -16",
                "2:", "mov [rsp + rcx*8], rdx", "inc rcx", "jnz 2b",
                "sti", "nop", "nop", "nop", "nop",
                "mov rcx, -16", "xor eax, eax",
                "3:", "cmp [rsp + rcx*8], rdx", "je 4f", "inc rax", "4:", "inc rcx", "jnz 3b",
                "add rsp, 512",
                in("rdx") 0x5EED_5EED_5EED_5EEDu64, out("rcx") _, out("rax") words,
            );
        }
        lost += words;
    }
    check!(crate::cpu::smp::wakes_seen() >= before + 100);
    check!(lost == 0);
    Ok(())
}
