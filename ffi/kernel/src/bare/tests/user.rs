//! Ring 3 and the walls around it.

use super::{Stop, Verdict};
use crate::cpu::catch::{Trap, catch};
use crate::cpu::regs;
use crate::cpu::user::{self, End, UserSpace};
use crate::mem::{heap, phys};
use crate::{check, some, tests};
use core::arch::global_asm;
use hftz_kernel::cpu::trap::PageFault;
use hftz_kernel::mem::{Frame, PageSize, Rights};

global_asm!(include_str!("user.S"), options(att_syntax));

tests!("user":
    a_program_exits_with_its_value,
    a_system_call_takes_arguments,
    an_unknown_system_call_is_an_error,
    no_kernel_value_is_left_in_a_register,
    registers_survive_a_system_call,
    the_timer_interrupts_ring_3_and_it_goes_on,
    one_address_is_two_memories_in_two_spaces,
    kernel_memory_cannot_be_read,
    code_cannot_be_written,
    a_stack_cannot_be_executed,
    a_privileged_instruction_is_a_fault,
    a_port_is_out_of_reach,
    a_hardware_interrupt_cannot_be_forged,
    a_control_register_cannot_be_read,
    a_null_access_is_a_fault,
    the_kernel_does_not_touch_user_pages,
    the_kernel_does_not_run_user_pages,
    a_dropped_space_leaves_nothing_behind,
);

macro_rules! programs {
    ($($name:ident),*) => { unsafe extern "C" { $(static $name: u8;)* } };
}

programs!(
    user_programs,
    user_programs_end,
    user_exit_42,
    user_add,
    user_unknown_call,
    user_registers,
    user_preserved,
    user_private,
    user_read_kernel,
    user_write_code,
    user_run_stack,
    user_halt,
    user_port,
    user_interrupt,
    user_load_cr3,
    user_null,
    user_spin
);

const CODE: u64 = 0x40_0000;
const DATA: u64 = 0x60_0000;

fn program_page() -> &'static [u8] {
    // SAFETY: two labels around the programs.
    unsafe {
        let begin = &raw const user_programs;
        core::slice::from_raw_parts(begin, (&raw const user_programs_end).offset_from(begin) as usize)
    }
}

/// A space with the programs, and a page of data that begins with `word`.
fn space(word: u64) -> Option<UserSpace> {
    let mut space = UserSpace::new().ok()?;
    space.page(CODE, program_page(), Rights::USER_CODE).ok()?;
    space.page(DATA, &word.to_le_bytes(), Rights::USER_DATA).ok()?;
    Some(space)
}

fn run_in(space: &UserSpace, program: *const u8) -> End {
    let offset = program as u64 - &raw const user_programs as u64;
    space.run(CODE + offset, DATA + 4096)
}

fn run(program: *const u8) -> Option<End> {
    Some(run_in(&space(0)?, program))
}

fn a_program_exits_with_its_value() -> Verdict {
    check!(run(&raw const user_exit_42) == Some(End::Exit(42)));
    Ok(())
}

fn a_system_call_takes_arguments() -> Verdict {
    let before = user::count();
    check!(run(&raw const user_add) == Some(End::Exit(1337)));
    check!(user::count() == before + 2);
    Ok(())
}

fn an_unknown_system_call_is_an_error() -> Verdict {
    check!(run(&raw const user_unknown_call) == Some(End::Exit(u64::MAX)));
    Ok(())
}

fn no_kernel_value_is_left_in_a_register() -> Verdict {
    check!(run(&raw const user_registers) == Some(End::Exit(0)));
    Ok(())
}

fn registers_survive_a_system_call() -> Verdict {
    check!(run(&raw const user_preserved) == Some(End::Exit(7)));
    Ok(())
}

fn the_timer_interrupts_ring_3_and_it_goes_on() -> Verdict {
    check!(run(&raw const user_spin) == Some(End::Exit(9)));
    Ok(())
}

fn one_address_is_two_memories_in_two_spaces() -> Verdict {
    let (one, two) = (some!(space(100)), some!(space(7)));
    let ends = [
        run_in(&one, &raw const user_private),
        run_in(&two, &raw const user_private),
        run_in(&one, &raw const user_private),
    ];
    check!(ends == [End::Exit(200), End::Exit(14), End::Exit(400)]);
    check!(one.word(DATA) == Some(400) && two.word(DATA) == Some(14));
    Ok(())
}

fn fault(program: *const u8) -> Option<(u8, u64, PageFault)> {
    match run(program)? {
        End::Fault(Trap::Exception { vector, error, address, .. }) => Some((vector, address, PageFault(error))),
        _ => None,
    }
}

fn kernel_memory_cannot_be_read() -> Verdict {
    let (vector, address, fault) = some!(fault(&raw const user_read_kernel));
    check!(vector == 14 && address == 0xFFFF_FFFF_8010_0000 && fault.is_user() && fault.is_present());
    Ok(())
}

fn code_cannot_be_written() -> Verdict {
    let (vector, address, fault) = some!(fault(&raw const user_write_code));
    check!(vector == 14 && address == CODE && fault.is_user() && fault.is_write());
    Ok(())
}

fn a_stack_cannot_be_executed() -> Verdict {
    let (vector, address, fault) = some!(fault(&raw const user_run_stack));
    check!(vector == 14 && address == DATA + 4096 - 64 && fault.is_fetch());
    Ok(())
}

fn is_protected(program: *const u8) -> bool {
    fault(program).is_some_and(|(vector, ..)| vector == 13)
}

fn a_privileged_instruction_is_a_fault() -> Verdict {
    check!(is_protected(&raw const user_halt));
    Ok(())
}

fn a_port_is_out_of_reach() -> Verdict {
    check!(is_protected(&raw const user_port));
    Ok(())
}

fn a_hardware_interrupt_cannot_be_forged() -> Verdict {
    check!(is_protected(&raw const user_interrupt));
    Ok(())
}

fn a_control_register_cannot_be_read() -> Verdict {
    check!(is_protected(&raw const user_load_cr3));
    Ok(())
}

fn a_null_access_is_a_fault() -> Verdict {
    let (vector, address, fault) = some!(fault(&raw const user_null));
    check!(vector == 14 && address == 0 && fault.is_user());
    Ok(())
}

/// Tries `act` with a user page mapped at `DATA` in the kernel's own tables.
fn beside_a_user_page(rights: Rights, act: fn(u64)) -> Option<Result<(), Trap>> {
    let frame = phys::alloc_zeroed()?;
    crate::mem::vmm::map(DATA, frame.address(), PageSize::Small, rights).ok()?;
    let ended = catch(|| act(DATA));
    let freed = crate::mem::vmm::unmap(DATA, PageSize::Small).ok().and_then(Frame::at)?;
    phys::free(freed).ok().map(|()| ended)
}

fn the_kernel_does_not_touch_user_pages() -> Verdict {
    if regs::cr4() & regs::CR4_SMAP == 0 {
        return Err(Stop::Skip("no SMAP on this processor"));
    }
    // SAFETY: tried under `catch`; the page is the test's own.
    let ended = beside_a_user_page(Rights::USER_DATA, |at| unsafe { (at as *mut u64).write_volatile(1) });
    check!(some!(ended).is_err_and(|trap| trap.is_vector(14)));
    Ok(())
}

fn the_kernel_does_not_run_user_pages() -> Verdict {
    if regs::cr4() & regs::CR4_SMEP == 0 {
        return Err(Stop::Skip("no SMEP on this processor"));
    }
    // SAFETY: tried under `catch`; refused before the first instruction runs.
    let ended =
        beside_a_user_page(Rights::USER_CODE, |at| unsafe { core::mem::transmute::<u64, extern "C" fn()>(at)() });
    check!(some!(ended).is_err_and(|trap| trap.is_vector(14)));
    Ok(())
}

fn a_dropped_space_leaves_nothing_behind() -> Verdict {
    // Once before counting: the heap may open a chunk for the list of pages.
    drop(some!(space(0)));
    heap::trim();
    let before = phys::available();
    for _ in 0..20 {
        let space = some!(space(1));
        check!(run_in(&space, &raw const user_null) != End::Exit(0));
    }
    heap::trim();
    check!(phys::available() >= before);
    Ok(())
}
