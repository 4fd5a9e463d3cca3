//! The kernel's address space.

use super::{Stop, Verdict};
use crate::cpu::{catch::catch, regs};
use crate::machine::machine;
use crate::mem::{layout, phys, vmm};
use crate::{check, some, tests};
use hftz_kernel::cpu::trap::PageFault;
use hftz_kernel::mem::space::{MapError, Space};
use hftz_kernel::mem::{Frame, PageSize, Rights};

tests!("mem/space":
    the_boot_tables_are_the_tables_in_use,
    the_identity_map_is_gone,
    a_mapped_page_shows_its_frame,
    an_unmapped_page_faults_at_once,
    a_second_mapping_is_refused,
    a_misaligned_mapping_is_refused,
    a_2_mib_page_maps_2_mib,
    a_1_gib_page_maps_1_gib,
    a_split_page_keeps_its_contents,
    a_read_only_page_refuses_writes,
    a_page_can_be_made_writable_again,
    a_data_page_refuses_execution,
    kernel_code_cannot_be_written,
    kernel_constants_cannot_be_written,
    kernel_data_cannot_be_executed,
    a_new_space_shares_the_kernel_half,
    tables_of_a_destroyed_space_come_back,
);

/// A place nothing else uses.
const AT: u64 = layout::DEMAND + (64 << 30);

fn read(address: u64) -> u64 {
    // SAFETY: the test mapped the address, or tries it under `catch`.
    unsafe { (address as *const u64).read_volatile() }
}

fn write(address: u64, value: u64) {
    // SAFETY: as for `read`, and the memory is the test's own or not writable.
    unsafe { (address as *mut u64).write_volatile(value) }
}

/// The page fault an act ends in.
pub fn page_fault(act: impl FnOnce()) -> Option<(u64, PageFault)> {
    match catch(act) {
        Err(crate::cpu::catch::Trap::Exception { vector: 14, error, address, .. }) => Some((address, PageFault(error))),
        _ => None,
    }
}

/// A fresh page at `AT` with these rights; its frame.
fn mapped(rights: Rights) -> Option<Frame> {
    let frame = phys::alloc_zeroed()?;
    vmm::map(AT, frame.address(), PageSize::Small, rights).ok().map(|()| frame)
}

fn clear() -> bool {
    vmm::unmap(AT, PageSize::Small).ok().and_then(Frame::at).is_some_and(|frame| phys::free(frame).is_ok())
}

fn the_boot_tables_are_the_tables_in_use() -> Verdict {
    let root = regs::cr3();
    let image = layout::image();
    check!(root == vmm::space().root.address());
    check!((image.start..image.end).contains(&(root + layout::KERNEL)));
    Ok(())
}

fn the_identity_map_is_gone() -> Verdict {
    check!(vmm::translate(0x10_0000).is_none());
    check!(page_fault(|| _ = read(0x10_0000)).is_some_and(|(address, _)| address == 0x10_0000));
    Ok(())
}

fn a_mapped_page_shows_its_frame() -> Verdict {
    let frame = some!(mapped(Rights::DATA));
    write(AT + 8, 0xABCD);
    let seen = read(phys::pointer(frame.address()) as u64 + 8);
    let mapping = vmm::translate(AT + 8);
    check!(clear());
    check!(seen == 0xABCD);
    check!(some!(mapping).physical == frame.address() + 8);
    Ok(())
}

fn an_unmapped_page_faults_at_once() -> Verdict {
    some!(mapped(Rights::DATA));
    write(AT, 1);
    check!(clear());
    let (address, fault) = some!(page_fault(|| _ = read(AT)));
    check!(address == AT && !fault.is_present() && !fault.is_write());
    Ok(())
}

fn a_second_mapping_is_refused() -> Verdict {
    some!(mapped(Rights::DATA));
    let again = vmm::map(AT, 0, PageSize::Small, Rights::DATA);
    check!(clear());
    check!(again == Err(MapError::AlreadyMapped));
    Ok(())
}

fn a_misaligned_mapping_is_refused() -> Verdict {
    check!(vmm::map(AT + 4096, 0, PageSize::Large, Rights::DATA) == Err(MapError::Misaligned));
    check!(vmm::map(1 << 47, 0, PageSize::Small, Rights::DATA) == Err(MapError::NotCanonical));
    Ok(())
}

fn a_2_mib_page_maps_2_mib() -> Verdict {
    let count = PageSize::Large.frames();
    let run = some!(phys::frames().alloc_run(count, count));
    check!(vmm::map(AT + (1 << 30), run.address(), PageSize::Large, Rights::DATA).is_ok());
    let last = AT + (1 << 30) + PageSize::Large.bytes() - 8;
    write(last, 77);
    let seen = read(phys::pointer(run.address()) as u64 + PageSize::Large.bytes() - 8);
    check!(vmm::unmap(AT + (1 << 30), PageSize::Large) == Ok(run.address()));
    check!(phys::frames().free_run(run, count).is_ok());
    check!(seen == 77);
    Ok(())
}

fn a_1_gib_page_maps_1_gib() -> Verdict {
    if !machine().huge_pages {
        return Err(Stop::Skip("no 1 GiB pages on this processor"));
    }
    // Physical memory from 0, read only: the kernel's own first bytes must show.
    let at = AT + (2 << 30);
    check!(vmm::map(at, 0, PageSize::Huge, Rights::READ).is_ok());
    let image = layout::image().start;
    let same = read(at + image - layout::KERNEL) == read(image);
    let refused = page_fault(|| write(at, 1)).is_some_and(|(_, fault)| fault.is_present() && fault.is_write());
    check!(vmm::unmap(at, PageSize::Huge) == Ok(0));
    check!(same && refused);
    Ok(())
}

fn a_split_page_keeps_its_contents() -> Verdict {
    let count = PageSize::Large.frames();
    let run = some!(phys::frames().alloc_run(count, count));
    let space = some!(Space::beside(&mut vmm::Live, vmm::space()).ok());
    let tables = &mut vmm::Live;
    check!(space.map(tables, 0x4000_0000, run.address(), PageSize::Large, Rights::DATA).is_ok());
    check!(space.split(tables, 0x4000_0000) == Ok(PageSize::Small));
    let middle = space.translate(tables, 0x4000_0000 + 300 * 4096 + 5);
    space.destroy(tables);
    check!(phys::frames().free_run(run, count).is_ok());
    check!(some!(middle).physical == run.address() + 300 * 4096 + 5);
    Ok(())
}

fn a_read_only_page_refuses_writes() -> Verdict {
    some!(mapped(Rights::READ));
    let readable = read(AT) == 0;
    let fault = page_fault(|| write(AT, 1));
    check!(clear());
    let (address, fault) = some!(fault);
    check!(readable && address == AT && fault.is_present() && fault.is_write());
    Ok(())
}

fn a_page_can_be_made_writable_again() -> Verdict {
    some!(mapped(Rights::READ));
    let refused = page_fault(|| write(AT, 1)).is_some();
    let changed = vmm::protect(AT, PageSize::Small, Rights::DATA).is_ok();
    let allowed = catch(|| write(AT, 1)).is_ok();
    let kept = read(AT) == 1;
    check!(clear());
    check!(refused && changed && allowed && kept);
    Ok(())
}

/// Calls an address as a function.
fn call(address: u64) {
    // SAFETY: tried under `catch`; what lies there is not executable, so nothing of it runs.
    unsafe { core::mem::transmute::<u64, extern "C" fn()>(address)() }
}

fn a_data_page_refuses_execution() -> Verdict {
    some!(mapped(Rights::DATA));
    let fault = page_fault(|| call(AT));
    check!(clear());
    let (address, fault) = some!(fault);
    check!(address == AT && fault.is_fetch() && fault.is_present());
    Ok(())
}

fn kernel_code_cannot_be_written() -> Verdict {
    let at = kernel_code_cannot_be_written as *const () as u64;
    check!(page_fault(|| write(at, 0)).is_some_and(|(_, fault)| fault.is_present() && fault.is_write()));
    Ok(())
}

fn kernel_constants_cannot_be_written() -> Verdict {
    let at = layout::image().text_end;
    check!(page_fault(|| write(at, 0)).is_some_and(|(_, fault)| fault.is_present() && fault.is_write()));
    Ok(())
}

fn kernel_data_cannot_be_executed() -> Verdict {
    let at = layout::image().rodata_end;
    check!(page_fault(|| call(at)).is_some_and(|(_, fault)| fault.is_present() && fault.is_fetch()));
    Ok(())
}

fn a_new_space_shares_the_kernel_half() -> Verdict {
    let space = some!(Space::beside(&mut vmm::Live, vmm::space()).ok());
    let frame = some!(mapped(Rights::DATA));
    let there = space.translate(&mut vmm::Live, AT);
    let lower = space.walk(&mut vmm::Live, 0..256, |_, _, _| {});
    check!(clear());
    space.destroy(&mut vmm::Live);
    check!(some!(there).physical == frame.address());
    check!(lower.tables == 1);
    Ok(())
}

fn tables_of_a_destroyed_space_come_back() -> Verdict {
    let before = phys::available();
    let space = some!(Space::beside(&mut vmm::Live, vmm::space()).ok());
    for slot in 0..8u64 {
        check!(space.map(&mut vmm::Live, slot << 39 | 0x40_0000, 0, PageSize::Small, Rights::USER_CODE).is_ok());
    }
    let during = phys::available();
    space.destroy(&mut vmm::Live);
    check!(during == before - 1 - 8 * 3);
    check!(phys::available() == before);
    Ok(())
}
