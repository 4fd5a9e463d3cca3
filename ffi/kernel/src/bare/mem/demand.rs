//! Memory that appears when it is touched, and guard pages that never do: the page-fault handler's part.

use super::{phys, vmm};
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use hftz_kernel::cpu::trap::PageFault;
use hftz_kernel::mem::PageSize;
use hftz_kernel::mem::regions::{Policy, Region, RegionError, Regions};
use hftz_kernel::mem::space::MapError;
use hftz_kernel::sync::Spin;

static REGIONS: Spin<Regions> = Spin::new(Regions::new());
/// Pages filled so far.
static FILLED: AtomicU64 = AtomicU64::new(0);

/// # Errors
/// [`RegionError`].
pub fn add(start: u64, bytes: u64, policy: Policy) -> Result<(), RegionError> {
    REGIONS.lock().add(Region { start, end: start + bytes, policy })
}

/// Forgets the region that starts here and frees what was filled in it.
///
/// # Errors
/// [`RegionError::Unknown`].
pub fn remove(start: u64) -> Result<(), RegionError> {
    let region = REGIONS.lock().remove(start)?;
    if matches!(region.policy, Policy::Demand(_)) {
        vmm::unmap_free(region.start, (region.end - region.start) / 4096);
    }
    Ok(())
}

pub fn filled() -> u64 {
    FILLED.load(Ordering::Relaxed)
}

/// Handles a page fault if it is one of ours. Runs on the fault's interrupt stack; takes the locks of regions, tables
/// and frames, whose holders touch only memory that is always there.
pub fn fill(address: u64, fault: PageFault) -> bool {
    if fault.is_present() || fault.is_user() {
        return false;
    }
    let Some(Policy::Demand(rights)) = REGIONS.lock().find(address) else { return false };
    let Some(frame) = phys::alloc_zeroed() else { return false };
    match vmm::map(address & !4095, frame.address(), PageSize::Small, rights) {
        Ok(()) => {
            FILLED.fetch_add(1, Ordering::Relaxed);
            true
        }
        Err(error) => {
            let freed = phys::free(frame);
            debug_assert!(freed.is_ok());
            // Another processor touched the page at the same moment and was first.
            error == MapError::AlreadyMapped
        }
    }
}

/// The name of the guard page an address lies in.
pub fn guard(address: u64) -> Option<&'static str> {
    // A holder that faulted cannot let go; then the name is lost, not the report.
    match REGIONS.try_lock()?.find(address)? {
        Policy::Guard(name) => Some(name),
        Policy::Demand(_) => None,
    }
}

/// What the fault report adds about an address.
pub struct Explain(pub u64);

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match guard(self.0) {
            Some(name) => write!(f, ": stack overflow or stray access, guard page below {name}"),
            None if self.0 < 4096 => f.write_str(": null access"),
            None => Ok(()),
        }
    }
}
