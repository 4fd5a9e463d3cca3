//! Every fault ends in the stated way.

use super::Verdict;
use crate::cpu::catch::{Trap, catch};
use crate::cpu::{idt, percpu, trap};
use crate::mem::{layout, vmm};
use crate::{check, some, tests};
use core::arch::asm;
use core::sync::atomic::Ordering;
use hftz_kernel::cpu::descriptor::selector;

tests!("cpu/fault":
    a_division_by_zero_is_a_divide_error,
    an_undefined_opcode_is_reported,
    a_breakpoint_goes_on,
    a_single_step_is_a_debug_trap,
    an_impossible_selector_is_a_protection_fault,
    a_task_that_is_busy_is_a_protection_fault,
    an_unknown_interrupt_is_reported_by_its_number,
    a_double_fault_has_a_stack_of_its_own,
    a_panic_knows_its_line,
    an_experiment_can_contain_another,
    a_fault_names_the_instruction,
    general_registers_survive_a_trap,
    vector_registers_survive_a_trap,
    interrupt_stacks_are_guarded,
    interrupts_stay_as_they_were,
);

fn a_division_by_zero_is_a_divide_error() -> Verdict {
    // SAFETY: faults before it changes anything.
    let ended = catch(|| unsafe { asm!("div {0:e}", in(reg) 0u32, inout("eax") 1u32 => _, inout("edx") 0u32 => _) });
    check!(ended.is_err_and(|trap| trap.is_vector(0)));
    Ok(())
}

fn an_undefined_opcode_is_reported() -> Verdict {
    // SAFETY: faults, and does nothing else.
    check!(catch(|| unsafe { asm!("ud2") }).is_err_and(|trap| trap.is_vector(6)));
    Ok(())
}

fn a_breakpoint_goes_on() -> Verdict {
    let before = trap::BREAKPOINTS.load(Ordering::Relaxed);
    // SAFETY: counted by the handler, which returns.
    let ended = catch(|| unsafe { asm!("int3") });
    check!(ended.is_ok() && trap::BREAKPOINTS.load(Ordering::Relaxed) == before + 1);
    Ok(())
}

fn a_single_step_is_a_debug_trap() -> Verdict {
    // SAFETY: sets the trap flag; the landing restores flags.
    let ended = catch(|| unsafe { asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq", "nop", "nop") });
    check!(ended.is_err_and(|trap| trap.is_vector(1)));
    Ok(())
}

fn an_impossible_selector_is_a_protection_fault() -> Verdict {
    // SAFETY: refused by the processor, which leaves the register as it was.
    let ended = catch(|| unsafe { asm!("mov ds, {0:x}", in(reg) 0x1230u32) });
    check!(matches!(ended, Err(Trap::Exception { vector: 13, error: 0x1230, .. })));
    Ok(())
}

fn a_task_that_is_busy_is_a_protection_fault() -> Verdict {
    // SAFETY: refused by the processor: the task register holds this selector already.
    let ended = catch(|| unsafe { asm!("ltr {0:x}", in(reg) u32::from(selector::TSS)) });
    check!(ended.is_err_and(|trap| trap.is_vector(13)));
    Ok(())
}

fn an_unknown_interrupt_is_reported_by_its_number() -> Verdict {
    // SAFETY: nothing is registered there, so the trap handler gets it.
    check!(catch(|| unsafe { asm!("int 0x99") }).is_err_and(|trap| trap.is_vector(0x99)));
    // SAFETY: as above.
    check!(catch(|| unsafe { asm!("int 0xEE") }).is_err_and(|trap| trap.is_vector(0xEE)));
    Ok(())
}

fn a_double_fault_has_a_stack_of_its_own() -> Verdict {
    idt::set_present(0, false);
    // SAFETY: a divide error without a gate is "not present" while delivering a contributory exception: a double fault.
    let ended = catch(|| unsafe { asm!("div {0:e}", in(reg) 0u32, inout("eax") 1u32 => _, inout("edx") 0u32 => _) });
    idt::set_present(0, true);
    check!(ended.is_err_and(|trap| trap.is_vector(8)));
    a_division_by_zero_is_a_divide_error()
}

fn a_panic_knows_its_line() -> Verdict {
    let line = line!() + 1;
    let ended = catch(|| panic!("on purpose"));
    check!(ended == Err(Trap::Panic { line }));
    Ok(())
}

fn an_experiment_can_contain_another() -> Verdict {
    let mut inner = None;
    let slot = &mut inner;
    let outer = catch(|| {
        // SAFETY: faults, and does nothing else.
        *slot = Some(catch(|| unsafe { asm!("ud2") }));
        // SAFETY: as above, with another exception.
        unsafe { asm!("int 0x77") };
    });
    check!(some!(inner).is_err_and(|trap| trap.is_vector(6)));
    check!(outer.is_err_and(|trap| trap.is_vector(0x77)));
    Ok(())
}

fn a_fault_names_the_instruction() -> Verdict {
    let image = layout::image();
    // SAFETY: faults, and does nothing else.
    let Err(Trap::Exception { rip, .. }) = catch(|| unsafe { asm!("ud2") }) else {
        return Err(super::Stop::Failed { what: "ud2 faults", file: file!(), line: line!() });
    };
    check!((image.start..image.text_end).contains(&rip));
    // SAFETY: kernel code is readable.
    check!(unsafe { (rip as *const [u8; 2]).read() } == [0x0F, 0x0B]);
    Ok(())
}

fn general_registers_survive_a_trap() -> Verdict {
    let (mut a, mut b, mut c, mut d) = (1u64, 2u64, 3u64, 4u64);
    let (mut e, mut f, mut g, mut h) = (5u64, 6u64, 7u64, 8u64);
    // SAFETY: the breakpoint handler returns; the compiler checks the registers.
    unsafe {
        asm!("int3", inout("rax") a, inout("rcx") b, inout("rdx") c, inout("rsi") d, inout("rdi") e, inout("r8") f, inout("r11") g, inout("r15") h);
    }
    check!([a, b, c, d, e, f, g, h] == [1, 2, 3, 4, 5, 6, 7, 8]);
    Ok(())
}

fn vector_registers_survive_a_trap() -> Verdict {
    let (mut a, mut b, mut c) = (1.5f64, 2.5f64, 3.5f64);
    // SAFETY: as above. The handler is compiled code, free to use every vector register.
    unsafe { asm!("int3", inout("xmm0") a, inout("xmm7") b, inout("xmm15") c) };
    check!([a, b, c] == [1.5, 2.5, 3.5]);
    Ok(())
}

fn interrupt_stacks_are_guarded() -> Verdict {
    // The first stacks of the window are the boot processor's: seven for interrupts, one for system calls.
    for stack in 0..8u64 {
        let guard = layout::STACKS + stack * (16 * 1024 + 4096);
        check!(vmm::translate(guard).is_none());
        check!(vmm::translate(guard + 4096).is_some() && vmm::translate(guard + 16 * 1024 + 4095).is_some());
        check!(crate::mem::demand::guard(guard).is_some());
    }
    check!(percpu::this().kernel_stack.load(Ordering::Relaxed) > layout::STACKS);
    Ok(())
}

fn interrupts_stay_as_they_were() -> Verdict {
    check!(crate::cpu::catch::interruptible());
    // SAFETY: faults, and does nothing else.
    let ended = catch(|| unsafe { asm!("cli", "ud2") });
    check!(ended.is_err() && crate::cpu::catch::interruptible());
    Ok(())
}
