//! The paths that are measured.

use super::{Bench, Meter};
use crate::cpu::{catch::catch, idt, lapic, percpu, regs, smp};
use crate::machine::machine;
use crate::mem::{demand, heap, layout, phys, vmm};
use core::arch::asm;
use core::hint::black_box;
use core::sync::atomic::Ordering;
use hftz_kernel::mem::regions::Policy;
use hftz_kernel::mem::{PageSize, Rights};
use hftz_kernel::trade::drill::{Drill, SEED};

pub const ALL: &[Bench] = &[
    Bench { name: "frame/alloc", run: frame_alloc },
    Bench { name: "frame/free", run: frame_free },
    Bench { name: "frame/refill", run: frame_refill },
    Bench { name: "frame/run-2mib", run: frame_run },
    Bench { name: "frame/coloured", run: frame_coloured },
    Bench { name: "heap/kmalloc-64", run: |meter| heap_alloc(meter, 64) },
    Bench { name: "heap/kfree-64", run: |meter| heap_free(meter, 64) },
    Bench { name: "heap/kmalloc-4096", run: |meter| heap_alloc(meter, 4096) },
    Bench { name: "heap/kfree-4096", run: |meter| heap_free(meter, 4096) },
    Bench { name: "space/map", run: map },
    Bench { name: "space/unmap", run: unmap },
    Bench { name: "space/translate", run: translate },
    Bench { name: "space/load-cr3", run: load_cr3 },
    Bench { name: "fault/demand-page", run: demand_page },
    Bench { name: "fault/caught-null", run: caught_null },
    Bench { name: "interrupt/fast", run: fast_interrupt },
    Bench { name: "interrupt/full", run: full_interrupt },
    Bench { name: "interrupt/self-ipi", run: self_ipi },
    Bench { name: "trade/engine-command", run: engine_command },
    Bench { name: "smp/shoot-down", run: shoot_down },
    Bench { name: "smp/job", run: job },
];

const AT: u64 = layout::DEMAND + (256 << 30);

fn frame_alloc(meter: &mut Meter) {
    while meter.hungry() {
        // Straight from the list: the frame before was just put there.
        let Some(warm) = phys::alloc() else { return };
        let freed = phys::free(warm);
        let frame = meter.sample(phys::alloc);
        if freed.is_err() || frame.is_none_or(|frame| phys::free(frame).is_err()) {
            return;
        }
    }
}

fn frame_free(meter: &mut Meter) {
    while meter.hungry() {
        let Some(frame) = phys::alloc() else { return };
        if meter.sample(|| phys::free(frame)).is_err() {
            return;
        }
    }
}

/// An allocation that finds the list empty and takes a batch from the bitmap.
fn frame_refill(meter: &mut Meter) {
    while meter.hungry() {
        percpu::with_frames(|list| phys::frames().drain(list, usize::MAX));
        let Some(frame) = meter.sample(phys::alloc) else { return };
        if phys::free(frame).is_err() {
            return;
        }
    }
}

fn frame_run(meter: &mut Meter) {
    let count = PageSize::Large.frames();
    while meter.hungry() {
        let Some(run) = meter.sample(|| phys::frames().alloc_run(count, count)) else { return };
        if phys::frames().free_run(run, count).is_err() {
            return;
        }
    }
}

fn frame_coloured(meter: &mut Meter) {
    let colours = machine().colours.max(16);
    while meter.hungry() {
        let Some(frame) = meter.sample(|| phys::frames().alloc_coloured(5, colours)) else { return };
        if phys::free(frame).is_err() {
            return;
        }
    }
}

fn heap_alloc(meter: &mut Meter, size: usize) {
    while meter.hungry() {
        let block = meter.sample(|| heap::kmalloc(black_box(size), 16));
        heap::kfree(block, size, 16);
    }
}

fn heap_free(meter: &mut Meter, size: usize) {
    while meter.hungry() {
        let block = heap::kmalloc(size, 16);
        meter.sample(|| heap::kfree(black_box(block), size, 16));
    }
}

fn map(meter: &mut Meter) {
    let Some(frame) = phys::alloc() else { return };
    let mut first = true;
    while meter.hungry() {
        // The first mapping makes the tables, which stay.
        let mapped = match first {
            true => vmm::map(AT, frame.address(), PageSize::Small, Rights::DATA),
            false => meter.sample(|| vmm::map(AT, frame.address(), PageSize::Small, Rights::DATA)),
        };
        first = false;
        if mapped.is_err() || vmm::unmap(AT, PageSize::Small).is_err() {
            break;
        }
    }
    let freed = phys::free(frame);
    debug_assert!(freed.is_ok());
}

/// One processor's share: taking the entry out and forgetting it here. With others running, see `smp/shoot-down`.
fn unmap(meter: &mut Meter) {
    let Some(frame) = phys::alloc() else { return };
    while machine().cpus == 1 && meter.hungry() {
        if vmm::map(AT, frame.address(), PageSize::Small, Rights::DATA).is_err()
            || meter.sample(|| vmm::unmap(AT, PageSize::Small)).is_err()
        {
            break;
        }
    }
    let freed = phys::free(frame);
    debug_assert!(freed.is_ok());
}

fn translate(meter: &mut Meter) {
    while meter.hungry() {
        meter.sample(|| black_box(vmm::translate(black_box(layout::KERNEL + (1 << 20)))));
    }
}

fn load_cr3(meter: &mut Meter) {
    while meter.hungry() {
        // SAFETY: the root in use.
        meter.sample(|| unsafe { regs::set_cr3(regs::cr3()) });
    }
}

/// A first touch: fault, handler, zeroing, mapping, and the access again.
fn demand_page(meter: &mut Meter) {
    if demand::add(AT, 1 << 20, Policy::Demand(Rights::DATA)).is_err() {
        return;
    }
    // SAFETY: inside the region. The first page makes the tables.
    let touch = |page: u64| unsafe { ((AT + page * 4096) as *mut u64).write_volatile(page) };
    touch(0);
    let mut page = 1;
    while meter.hungry() {
        meter.sample(|| touch(page));
        page += 1;
    }
    let removed = demand::remove(AT);
    debug_assert!(removed.is_ok());
}

fn caught_null(meter: &mut Meter) {
    while meter.hungry() {
        // SAFETY: the fault lands in `catch`.
        let ended = meter.sample(|| catch(|| unsafe { asm!("mov {0}, [{0}]", inout(reg) 0u64 => _) }));
        debug_assert!(ended.is_err());
    }
}

/// In and out through a vector that does nothing: what the stack switch and the return cost.
fn fast_interrupt(meter: &mut Meter) {
    while meter.hungry() {
        // SAFETY: the handler returns.
        meter.sample(|| unsafe { asm!("int 0x40") });
    }
}

/// In and out through the path that saves everything and calls compiled code.
fn full_interrupt(meter: &mut Meter) {
    while meter.hungry() {
        // SAFETY: the breakpoint handler returns.
        meter.sample(|| unsafe { asm!("int3") });
    }
}

fn self_ipi(meter: &mut Meter) {
    let own = percpu::this().apic_id.load(Ordering::Relaxed) as u8;
    while meter.hungry() {
        let before = smp::wakes_seen();
        meter.sample_interruptible(|| {
            lapic::interrupt(own, idt::WAKE);
            while smp::wakes_seen() == before {
                core::hint::spin_loop();
            }
        });
    }
}

/// One command of the generated flow through the matching engine, its reports hashed.
fn engine_command(meter: &mut Meter) {
    let Ok(mut drill) = Drill::new(SEED) else { return };
    // Past the first orders, when the book has its depth.
    for _ in 0..2_000 {
        let command = drill.draw();
        drill.apply(&command);
    }
    while meter.hungry() {
        let command = drill.draw();
        meter.sample(|| drill.apply(&command));
    }
}

/// Taking a page away from two processors.
fn shoot_down(meter: &mut Meter) {
    let Some(frame) = phys::alloc() else { return };
    while machine().cpus > 1 && meter.hungry() {
        if vmm::map(AT, frame.address(), PageSize::Small, Rights::DATA).is_err()
            || meter.sample_interruptible(|| vmm::unmap(AT, PageSize::Small)).is_err()
        {
            break;
        }
    }
    let freed = phys::free(frame);
    debug_assert!(freed.is_ok());
}

/// Handing a second processor a job and waiting for its answer.
fn job(meter: &mut Meter) {
    while machine().cpus > 1 && meter.hungry() {
        let answer =
            meter.sample_interruptible(|| smp::begin(1, |value| value + 1, 41).then(|| smp::finish(1)).flatten());
        if answer != Some(42) {
            return;
        }
    }
}
