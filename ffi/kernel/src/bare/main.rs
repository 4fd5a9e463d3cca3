//! HFT-Zero: a bare-metal kernel that boots, checks itself, measures itself and tells its story on a serial port.
//!
//! Everything with logic and without privilege is in the library beside this binary; here is the machine. The order of
//! the boot is the order of [`kmain`].
#![no_std]
#![no_main]

extern crate alloc;

mod bench;
mod cpu;
mod dev;
mod machine;
mod mem;
mod modes;
mod panic;
mod phase;
mod start;
mod tests;

use cpu::{features, idt, lapic, percpu, regs, smp, user};
use dev::{pic, pit, serial};
use hftz_kernel::mem::colour;
use machine::Machine;
use mem::{heap, phys, stacks, vmm};
use phase::phase;

#[unsafe(no_mangle)]
extern "C" fn kmain(protocol: u32, information: u32) -> ! {
    let entered = regs::tsc();
    serial::start();
    say!("HFT-Zero {}", env!("CARGO_PKG_VERSION"));
    phase::at("entry", entered);
    phase("banner");
    say!("@info rustc={:?}", env!("HFTZ_RUSTC"));

    percpu::activate_boot();
    idt::fill();
    idt::load();
    phase("idt");

    let mut info = start::information(protocol, information);
    say!(
        "@info protocol={} usable_bytes={} cmdline={:?}",
        info.protocol.name(),
        info.memory.usable(),
        info.cmdline().0
    );
    if let Err(error) = phys::start(&mut info) {
        panic!("physical memory: {error:?}");
    }
    phase("pmm");

    let huge = features::huge_pages();
    let protections = features::harden();
    match vmm::adopt(&info, huge) {
        Ok(found) => say!(
            "@info adopted_tables={} small={} large={} huge={} protections={protections}",
            found.tables,
            found.small,
            found.large,
            found.huge
        ),
        Err(error) => panic!("adopting the boot page tables: {error:?}"),
    }
    phys::donate_above(&info);
    phase("vmm");

    if !heap::start() {
        panic!("the heap did not start");
    }
    phase("heap");

    stacks::guard_boot_stack();
    let Some(ist) = percpu::stacks(0) else { panic!("no memory for interrupt stacks") };
    percpu::activate(0, ist);
    user::start();
    phase("tss");

    if !lapic::map() {
        panic!("the local APIC could not be mapped");
    }
    lapic::start(true);
    pic::start();
    pit::start();
    regs::interrupts_on();
    phase("timer");

    let tsc_hz = pit::calibrate();
    say!("@info tsc_hz={tsc_hz}");
    phase("tsc");

    let cpus = smp::start(&info, tsc_hz);
    let (sets, line) = features::second_level_cache();
    let colours = colour::colours(sets, line);
    let mut brand = [0; 48];
    say!("@info cpus={cpus} frames={} colours={colours} brand={:?}", phys::available(), features::brand(&mut brand));
    machine::describe(Machine { info, tsc_hz, huge_pages: huge, colours, cpus });
    phase("smp");
    modes::run()
}
