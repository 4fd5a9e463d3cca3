//! What the boot left behind.

use super::{Stop, Verdict};
use crate::cpu::{lapic, regs};
use crate::machine::machine;
use crate::mem::{layout, phys, vmm};
use crate::{check, some, tests};
use hftz_kernel::acpi;
use hftz_kernel::boot::Kind;

tests!("boot":
    the_memory_map_is_sorted_and_disjoint,
    the_kernel_image_is_not_usable_memory,
    code_runs_in_the_higher_half,
    long_mode_knows_no_execute,
    write_protection_binds_ring_0,
    acpi_lists_this_processor,
    boot_modules_are_kept_from_the_allocator,
    the_free_frames_are_the_usable_memory,
);

fn the_memory_map_is_sorted_and_disjoint() -> Verdict {
    let regions = machine().info.memory.regions();
    check!(!regions.is_empty());
    check!(regions.windows(2).all(|pair| pair[0].end <= pair[1].start));
    Ok(())
}

fn the_kernel_image_is_not_usable_memory() -> Verdict {
    let image = layout::image();
    let (start, end) = (image.start - layout::KERNEL, image.end - layout::KERNEL);
    check!(machine().info.memory.of(Kind::Usable).all(|region| region.end <= start || region.start >= end));
    Ok(())
}

fn code_runs_in_the_higher_half() -> Verdict {
    let here = code_runs_in_the_higher_half as *const () as u64;
    let image = layout::image();
    check!(image.start == 0xFFFF_FFFF_8010_0000);
    check!((image.start..image.text_end).contains(&here));
    Ok(())
}

fn long_mode_knows_no_execute() -> Verdict {
    // SAFETY: every processor with long mode has the register.
    let efer = unsafe { regs::read_msr(regs::EFER) };
    check!(efer & 1 << 10 != 0);
    check!(efer & 1 << 11 != 0);
    Ok(())
}

fn write_protection_binds_ring_0() -> Verdict {
    let text = layout::image().start;
    check!(some!(vmm::translate(text)).rights.execute);
    check!(!some!(vmm::translate(text)).rights.write);
    Ok(())
}

fn acpi_lists_this_processor() -> Verdict {
    let root = machine().info.acpi.ok_or(Stop::Skip("no ACPI"))?;
    let cpus = some!(acpi::cpus(&phys::Direct, root));
    check!(cpus.ids().contains(&lapic::id()));
    Ok(())
}

fn boot_modules_are_kept_from_the_allocator() -> Verdict {
    let modules = machine().info.modules();
    if modules.is_empty() {
        return Err(Stop::Skip("no boot module"));
    }
    for module in modules {
        let usable = machine().info.memory.of(Kind::Usable);
        check!(usable.into_iter().all(|region| region.end <= module.start || region.start >= module.end));
    }
    Ok(())
}

fn the_free_frames_are_the_usable_memory() -> Verdict {
    check!(phys::frames().total() as u64 * 4096 == machine().info.memory.usable());
    check!(phys::available() <= phys::frames().total());
    check!(phys::available() > phys::frames().total() / 2);
    Ok(())
}
