//! Ring 3: user address spaces, entering and leaving, and the few system calls. A user program is tried, not trusted:
//! whatever it does ends as a value here.

use super::catch::Trap;
use super::{percpu, regs};
use crate::dev::pit;
use crate::mem::{phys, vmm};
use alloc::vec::Vec;
use core::arch::global_asm;
use core::sync::atomic::{AtomicU64, Ordering};
use hftz_kernel::cpu::descriptor::selector;
use hftz_kernel::cpu::trap::Frame as TrapFrame;
use hftz_kernel::mem::space::{MapError, Space};
use hftz_kernel::mem::{Frame, PageSize, Rights};
use hftz_kernel::sync::Spin;

global_asm!(include_str!("user.S"), options(att_syntax));

unsafe extern "C" {
    fn user_enter(rip: u64, rsp: u64, kernel_stack: *mut u64) -> u64;
    fn user_exit(kernel_stack: u64, value: u64) -> !;
    fn user_leave();
    fn syscall_entry();
}

/// System call numbers.
pub const EXIT: u64 = 0;
pub const TICKS: u64 = 1;
pub const ADD: u64 = 2;

/// Sets up SYSCALL on this processor: interrupts, direction and alignment-check flags off on entry.
pub fn start() {
    // SAFETY: the entry point switches to the kernel's stack and %gs before anything else.
    unsafe {
        regs::write_msr(regs::EFER, regs::read_msr(regs::EFER) | 1);
        regs::write_msr(regs::STAR, selector::STAR);
        regs::write_msr(regs::LSTAR, syscall_entry as *const () as u64);
        regs::write_msr(regs::FMASK, 0x4_0700);
    }
}

/// Why the last program on this machine was abandoned; one program runs at a time (see [`run`]).
static FAULT: Spin<Option<Trap>> = Spin::new(None);
static SYSCALLS: AtomicU64 = AtomicU64::new(0);
static RUNNING: Spin<()> = Spin::new(());

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Exit(u64),
    Fault(Trap),
}

/// An address space whose lower half belongs to a user program.
pub struct UserSpace {
    space: Space,
    pages: Vec<(u64, Frame)>,
}

impl UserSpace {
    /// # Errors
    /// [`MapError::OutOfMemory`].
    pub fn new() -> Result<Self, MapError> {
        Ok(Self { space: Space::beside(&mut vmm::Live, vmm::space())?, pages: Vec::new() })
    }

    /// Maps a new zeroed page that begins with `contents`.
    ///
    /// # Errors
    /// [`MapError`].
    pub fn page(&mut self, virt: u64, contents: &[u8], rights: Rights) -> Result<(), MapError> {
        let frame = phys::alloc_zeroed().ok_or(MapError::OutOfMemory)?;
        // The last page of the lower half stays unmapped; see `syscall_entry`.
        let mapped = match virt {
            0x7FFF_FFFF_F000.. => Err(MapError::NotCanonical),
            _ => self.space.map(&mut vmm::Live, virt, frame.address(), PageSize::Small, rights),
        };
        if let Err(error) = mapped {
            let freed = phys::free(frame);
            debug_assert!(freed.is_ok());
            return Err(error);
        }
        let count = contents.len().min(4096);
        // SAFETY: our own frame through the direct map; at most a page.
        unsafe { phys::pointer(frame.address()).copy_from_nonoverlapping(contents.as_ptr(), count) };
        self.pages.push((virt, frame));
        Ok(())
    }

    /// The first word of a page, read from outside the space.
    pub fn word(&self, virt: u64) -> Option<u64> {
        let (_, frame) = self.pages.iter().find(|(at, _)| *at == virt)?;
        // SAFETY: our own frame through the direct map.
        Some(unsafe { phys::pointer(frame.address()).cast::<u64>().read_volatile() })
    }

    /// Runs the program at `rip` in ring 3 until it exits or faults.
    pub fn run(&self, rip: u64, rsp: u64) -> End {
        let running = RUNNING.lock();
        *FAULT.lock() = None;
        let kernel = regs::cr3();
        // SAFETY: the space shares the kernel's half; the saved stack pointer is this call's own frame, and is cleared
        // before it goes away.
        let value = unsafe {
            regs::set_cr3(self.space.root.address());
            let value = user_enter(rip, rsp, percpu::this().user_return.as_ptr());
            regs::set_cr3(kernel);
            value
        };
        percpu::this().user_return.store(0, Ordering::Relaxed);
        let fault = FAULT.lock().take();
        drop(running);
        fault.map_or(End::Exit(value), End::Fault)
    }
}

impl Drop for UserSpace {
    fn drop(&mut self) {
        self.space.destroy(&mut vmm::Live);
        for (_, frame) in self.pages.drain(..) {
            let freed = phys::free(frame);
            debug_assert!(freed.is_ok());
        }
    }
}

/// Ends the user program that faulted: the trap returns to `run` instead of to it.
pub fn abandon(frame: &mut TrapFrame, trap: Trap) {
    *FAULT.lock() = Some(trap);
    frame.rip = user_leave as *const () as u64;
    frame.rsp = percpu::this().user_return.load(Ordering::Relaxed);
    frame.rflags = 2;
    frame.cs = u64::from(selector::KERNEL_CODE);
    frame.ss = u64::from(selector::KERNEL_DATA);
}

/// System calls made so far.
pub fn count() -> u64 {
    SYSCALLS.load(Ordering::Relaxed)
}

#[unsafe(no_mangle)]
extern "C" fn syscall(number: u64, a: u64, b: u64, _c: u64) -> u64 {
    SYSCALLS.fetch_add(1, Ordering::Relaxed);
    match number {
        // SAFETY: the stack pointer that `user_enter` saved; `run` waits there.
        EXIT => unsafe { user_exit(percpu::this().user_return.load(Ordering::Relaxed), a) },
        TICKS => pit::now().0,
        ADD => a.wrapping_add(b),
        _ => u64::MAX,
    }
}
