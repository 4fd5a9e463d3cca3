//! Memory that appears when touched, and places that must not be touched.

use super::{Verdict, space::page_fault};
use crate::cpu::catch::{Trap, catch};
use crate::mem::{demand, layout, phys};
use crate::{check, some, tests};
use hftz_kernel::mem::Rights;
use hftz_kernel::mem::regions::{Policy, RegionError};

tests!("mem/demand":
    the_first_touch_brings_a_zeroed_page,
    untouched_pages_cost_nothing,
    a_touched_page_is_filled_once,
    a_removed_region_gives_its_frames_back,
    overlapping_regions_are_refused,
    a_guard_page_is_named,
    a_null_read_faults,
    a_null_write_faults,
    a_null_call_faults,
    an_address_that_is_none_is_a_protection_fault,
    a_stack_overflow_hits_the_guard_page,
);

const AT: u64 = layout::DEMAND + (128 << 30);
const BYTES: u64 = 64 << 20;

fn touch(page: u64) -> u64 {
    // SAFETY: inside a demand region of the test, or tried under `catch`.
    unsafe {
        let word = (AT + page * 4096) as *mut u64;
        let before = word.read_volatile();
        word.write_volatile(before + 1);
        before
    }
}

fn with_region(act: impl FnOnce() -> bool) -> bool {
    let added = demand::add(AT, 16 << 20, Policy::Demand(Rights::DATA)).is_ok();
    let held = added && act();
    demand::remove(AT).is_ok() && held
}

fn the_first_touch_brings_a_zeroed_page() -> Verdict {
    check!(with_region(|| touch(5) == 0 && touch(5) == 1));
    Ok(())
}

fn untouched_pages_cost_nothing() -> Verdict {
    let before = phys::available();
    check!(demand::add(AT, BYTES, Policy::Demand(Rights::DATA)).is_ok());
    let after = phys::available();
    check!(demand::remove(AT).is_ok());
    check!(before == after);
    Ok(())
}

fn a_touched_page_is_filled_once() -> Verdict {
    let before = demand::filled();
    check!(with_region(|| (0..10).all(|_| {
        touch(1);
        touch(2);
        true
    })));
    check!(demand::filled() == before + 2);
    Ok(())
}

fn a_removed_region_gives_its_frames_back() -> Verdict {
    // The tables for the region stay after the first round.
    check!(with_region(|| touch(9) == 0));
    let before = phys::available();
    check!(with_region(|| (0..50).all(|page| touch(page) == 0)));
    check!(phys::available() == before);
    check!(page_fault(|| _ = touch(9)).is_some());
    Ok(())
}

fn overlapping_regions_are_refused() -> Verdict {
    check!(with_region(|| demand::add(AT + 4096, 4096, Policy::Guard("test")) == Err(RegionError::Overlaps)));
    check!(demand::remove(AT) == Err(RegionError::Unknown));
    Ok(())
}

fn a_guard_page_is_named() -> Verdict {
    check!(demand::add(AT, 4096, Policy::Guard("test guard")).is_ok());
    let fault = page_fault(|| _ = touch(0));
    let name = demand::guard(AT + 100);
    check!(demand::remove(AT).is_ok());
    check!(some!(fault).0 == AT);
    check!(name == Some("test guard"));
    Ok(())
}

fn null() -> *mut u64 {
    core::hint::black_box(core::ptr::null_mut())
}

fn a_null_read_faults() -> Verdict {
    // SAFETY: it is not; that is the test, and the fault lands in `catch`.
    let (address, fault) = some!(page_fault(|| unsafe { core::arch::asm!("mov {0}, [{0}]", inout(reg) null() => _) }));
    check!(address == 0 && !fault.is_present() && !fault.is_write());
    Ok(())
}

fn a_null_write_faults() -> Verdict {
    // SAFETY: as above.
    let (address, fault) = some!(page_fault(|| unsafe { core::arch::asm!("mov [{0}], {0}", in(reg) null()) }));
    check!(address == 0 && fault.is_write());
    Ok(())
}

fn a_null_call_faults() -> Verdict {
    // SAFETY: as above.
    let (address, fault) =
        some!(page_fault(|| unsafe { core::arch::asm!("call {}", in(reg) null(), clobber_abi("C")) }));
    check!(address == 0 && fault.is_fetch());
    Ok(())
}

fn an_address_that_is_none_is_a_protection_fault() -> Verdict {
    // SAFETY: as above; bits 48 to 63 do not repeat bit 47.
    let trap = catch(|| unsafe { core::arch::asm!("mov {0}, [{0}]", inout(reg) 1u64 << 47 => _) });
    check!(trap.is_err_and(|trap| trap.is_vector(13)));
    Ok(())
}

/// Uses 256 bytes of stack a call and never ends by itself.
#[inline(never)]
fn dig(depth: u64) -> u64 {
    let room = core::hint::black_box([depth; 32]);
    if depth == u64::MAX { 0 } else { dig(depth + 1) + room[(depth % 32) as usize] }
}

fn a_stack_overflow_hits_the_guard_page() -> Verdict {
    let guard = layout::image().guard;
    let trap = catch(|| _ = core::hint::black_box(dig(0)));
    let Err(Trap::Exception { vector, address, error, .. }) = trap else {
        return Err(super::Stop::Failed { what: "the overflow faults", file: file!(), line: line!() });
    };
    check!(vector == 14 && error & 1 == 0);
    check!((guard..guard + 4096).contains(&address));
    Ok(())
}
