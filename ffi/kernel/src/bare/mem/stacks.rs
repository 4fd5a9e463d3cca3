//! Stacks in a window of their own, a guard page below each: running off the end is a fault with a name, not silent
//! damage.

use super::{demand, layout, vmm};
use core::sync::atomic::{AtomicU64, Ordering};
use hftz_kernel::mem::Rights;
use hftz_kernel::mem::regions::Policy;

static NEXT: AtomicU64 = AtomicU64::new(layout::STACKS);

/// A new stack; its top. `None` when memory is out. Stacks live as long as the kernel.
pub fn allocate(bytes: u64, name: &'static str) -> Option<u64> {
    let guard = NEXT.fetch_add(bytes + 4096, Ordering::Relaxed);
    let bottom = guard + 4096;
    let ready =
        vmm::map_fresh(bottom, bytes / 4096, Rights::DATA) && demand::add(guard, 4096, Policy::Guard(name)).is_ok();
    ready.then_some(bottom + bytes)
}

/// Names the page below the stack the kernel booted on, which `vmm::adopt` unmapped.
pub fn guard_boot_stack() {
    let added = demand::add(layout::image().guard, 4096, Policy::Guard("boot stack"));
    debug_assert!(added.is_ok());
}
