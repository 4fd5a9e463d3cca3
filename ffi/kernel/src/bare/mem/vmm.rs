//! The kernel's address space. It is not built but adopted: CR3 says which tables the boot code left, and from then on
//! they are ours to change.

use super::{layout, phys};
use crate::cpu::{regs, shoot};
use hftz_kernel::boot::{BootInfo, Kind};
use hftz_kernel::mem::space::{Census, MapError, Mapping, Space, Tables};
use hftz_kernel::mem::{Frame, PageSize, Rights};
use hftz_kernel::sync::{Late, Spin};

/// Page tables, reached through the direct map.
pub struct Live;

impl Tables for Live {
    fn table(&mut self, frame: Frame) -> &mut [u64; 512] {
        // SAFETY: frames of page tables are owned by the tree that names them, mapped by the direct map, and the lock
        // around the tree makes this the only reference.
        unsafe { &mut *phys::pointer(frame.address()).cast() }
    }
    fn alloc(&mut self) -> Option<Frame> {
        phys::alloc_zeroed()
    }
    fn free(&mut self, frame: Frame) {
        let freed = phys::free(frame);
        debug_assert!(freed.is_ok(), "a table is freed once");
    }
}

static KERNEL: Late<Spin<Space>> = Late::new();

fn kernel() -> &'static Spin<Space> {
    match KERNEL.get() {
        Some(space) => space,
        None => panic!("address space asked for before it was adopted"),
    }
}

/// The kernel's root, for spaces beside it.
pub fn space() -> Space {
    *kernel().lock()
}

/// Takes over the tables in CR3: counts what they map, drops the identity map, gives every part of the image its own
/// rights, keeps the direct map to what is memory, and extends it above 4 GiB.
///
/// # Errors
/// [`MapError::OutOfMemory`]; anything else would mean that the boot tables are not what `boot.S` says.
pub fn adopt(info: &BootInfo, huge: bool) -> Result<Census, MapError> {
    let root = Frame::at(regs::cr3()).ok_or(MapError::NotMapped)?;
    let space = Space { root };
    let tables = &mut Live;
    let found = space.walk(tables, 0..512, |_, _, _| {});

    tables.table(root)[0] = 0;
    for window in layout::WINDOWS {
        space.anchor(tables, window)?;
    }
    image(space, tables)?;
    direct(space, tables, info, huge)?;
    // SAFETY: start-up, one processor; the root is the one in use, so this only flushes.
    unsafe {
        KERNEL.set(Spin::new(space));
        regs::set_cr3(root.address());
    }
    Ok(found)
}

/// Code is read and executed, constants are read, data is read and written; the boot stack's guard page and what lies
/// beyond the image in its window are not mapped.
fn image(space: Space, tables: &mut Live) -> Result<(), MapError> {
    let image = layout::image();
    for large in 0..8 {
        let base = layout::KERNEL + large * PageSize::Large.bytes();
        if base >= image.end {
            space.unmap(tables, base, PageSize::Large)?;
            continue;
        }
        space.split(tables, base)?;
        for page in (base..base + PageSize::Large.bytes()).step_by(4096) {
            let rights = match page {
                _ if page < image.start || page >= image.end || page == image.guard => {
                    space.unmap(tables, page, PageSize::Small)?;
                    continue;
                }
                _ if page < image.text_end => Rights::CODE,
                _ if page < image.rodata_end => Rights::READ,
                _ => Rights::DATA,
            };
            space.protect(tables, page, PageSize::Small, Rights { global: true, ..rights })?;
        }
    }
    Ok(())
}

/// The boot tables map 4 GiB whatever lies there. Keep the large pages that touch a region firmware reported, without
/// execution, and map what is above.
fn direct(space: Space, tables: &mut Live, info: &BootInfo, huge: bool) -> Result<(), MapError> {
    const LARGE: u64 = PageSize::Large.bytes();
    let touches = |start: u64, end: u64| {
        info.memory.regions().iter().any(|r| r.start < end && start < r.end && r.kind != Kind::Bad)
    };
    for base in (0..layout::BOOT_MAPPED).step_by(LARGE as usize) {
        if touches(base, base + LARGE) {
            space.protect(tables, layout::DIRECT + base, PageSize::Large, Rights::DATA)?;
        } else {
            space.unmap(tables, layout::DIRECT + base, PageSize::Large)?;
        }
    }
    for region in info.memory.of(Kind::Usable).filter(|r| r.end > layout::BOOT_MAPPED) {
        let mut at = region.start.max(layout::BOOT_MAPPED) / LARGE * LARGE;
        while at < region.end {
            let giant = huge && at.is_multiple_of(PageSize::Huge.bytes()) && at + PageSize::Huge.bytes() <= region.end;
            let size = if giant { PageSize::Huge } else { PageSize::Large };
            match space.map(tables, layout::DIRECT + at, at, size, Rights::DATA) {
                // Two regions may end and begin in one large page.
                Ok(()) | Err(MapError::AlreadyMapped) => {}
                Err(error) => return Err(error),
            }
            at += size.bytes();
        }
    }
    Ok(())
}

/// Maps one page in the kernel's half.
///
/// # Errors
/// [`MapError`].
pub fn map(virt: u64, phys: u64, size: PageSize, rights: Rights) -> Result<(), MapError> {
    kernel().lock().map(&mut Live, virt, phys, size, rights)
}

/// Unmaps one page and makes every processor forget it, so that its memory may be used again when this returns.
///
/// # Errors
/// [`MapError`].
pub fn unmap(virt: u64, size: PageSize) -> Result<u64, MapError> {
    let freed = kernel().lock().unmap(&mut Live, virt, size)?;
    shoot::down(virt, 1);
    Ok(freed)
}

/// Changes one page's rights everywhere.
///
/// # Errors
/// [`MapError`].
pub fn protect(virt: u64, size: PageSize, rights: Rights) -> Result<(), MapError> {
    kernel().lock().protect(&mut Live, virt, size, rights)?;
    shoot::down(virt, 1);
    Ok(())
}

pub fn translate(virt: u64) -> Option<Mapping> {
    kernel().lock().translate(&mut Live, virt)
}

/// What is mapped in the kernel's half now.
pub fn census() -> Census {
    kernel().lock().walk(&mut Live, 256..512, |_, _, _| {})
}

/// Maps `count` small pages over new frames; all or nothing.
pub fn map_fresh(virt: u64, count: u64, rights: Rights) -> bool {
    for page in 0..count {
        let at = virt + page * 4096;
        let mapped = phys::alloc().is_some_and(|frame| {
            let done = map(at, frame.address(), PageSize::Small, rights).is_ok();
            if !done {
                let freed = phys::free(frame);
                debug_assert!(freed.is_ok());
            }
            done
        });
        if !mapped {
            unmap_free(virt, page);
            return false;
        }
    }
    true
}

/// Unmaps `count` small pages and frees what was under them; how many there were. The pages of a batch are forgotten by
/// all processors in one go, before any of their frames can be used again.
pub fn unmap_free(virt: u64, count: u64) -> u64 {
    const BATCH: u64 = 128;
    let mut freed = 0;
    for first in (0..count).step_by(BATCH as usize) {
        let start = virt + first * 4096;
        let mut frames = [None; BATCH as usize];
        let pages = BATCH.min(count - first);
        let space = kernel().lock();
        for (page, slot) in (0..pages).zip(&mut frames) {
            *slot = space.unmap(&mut Live, start + page * 4096, PageSize::Small).ok().and_then(Frame::at);
        }
        drop(space);
        if frames.iter().any(Option::is_some) {
            shoot::down(start, pages);
        }
        for frame in frames.into_iter().flatten() {
            let given = phys::free(frame);
            debug_assert!(given.is_ok());
            freed += 1;
        }
    }
    freed
}
