//! What the boot found out about the machine, for everything that runs after it.

use hftz_kernel::boot::BootInfo;
use hftz_kernel::sync::Late;

pub struct Machine {
    pub info: BootInfo,
    /// Counts of the time stamp counter in a second.
    pub tsc_hz: u64,
    pub huge_pages: bool,
    /// Page colours of the second-level cache.
    pub colours: usize,
    pub cpus: usize,
}

static MACHINE: Late<Machine> = Late::new();

pub fn describe(machine: Machine) {
    // SAFETY: called once by `kmain`, while one processor runs boot code.
    unsafe { MACHINE.set(machine) };
}

pub fn machine() -> &'static Machine {
    match MACHINE.get() {
        Some(machine) => machine,
        None => panic!("the machine is not described yet"),
    }
}
