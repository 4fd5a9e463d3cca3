//! What each processor has for itself: its GDT, TSS and interrupt stacks, its list of free frames, and the landing
//! place of whatever it is trying out. Reached through %gs, whose base is this structure while the kernel runs.

use super::{catch::Landing, regs};
use crate::mem::stacks;
use core::arch::asm;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use hftz_kernel::acpi::MAX_CPUS;
use hftz_kernel::cpu::descriptor::{Gdt, IST_BYTES, IST_COUNT, Tss, gdt, selector};
use hftz_kernel::mem::FrameList;

/// The first three words are known to `user.S` by their offset.
#[repr(C, align(64))]
pub struct PerCpu {
    itself: AtomicU64,
    /// Where SYSCALL puts its stack pointer.
    pub kernel_stack: AtomicU64,
    _user_stack: AtomicU64,
    pub id: AtomicUsize,
    pub apic_id: AtomicUsize,
    pub online: AtomicBool,
    /// The landing place of a trap in the kernel, null when there is none.
    pub landing: AtomicPtr<Landing>,
    /// Stack pointer at the entry to ring 3, 0 when no user program runs.
    pub user_return: AtomicU64,
    /// What a second processor was asked to do; see `smp`.
    pub job: AtomicU64,
    pub job_argument: AtomicU64,
    pub job_result: AtomicU64,
    tables: UnsafeCell<Descriptors>,
    frames: UnsafeCell<FrameList>,
}

struct Descriptors {
    tss: Tss,
    gdt: Gdt,
}

// SAFETY: `tables` is written by its own processor before it takes an interrupt, `frames` is touched only by its own
// processor (see `with_frames`); the rest is atomic.
unsafe impl Sync for PerCpu {}

impl PerCpu {
    const fn new() -> Self {
        Self {
            itself: AtomicU64::new(0),
            kernel_stack: AtomicU64::new(0),
            _user_stack: AtomicU64::new(0),
            id: AtomicUsize::new(0),
            apic_id: AtomicUsize::new(0),
            online: AtomicBool::new(false),
            landing: AtomicPtr::new(core::ptr::null_mut()),
            user_return: AtomicU64::new(0),
            job: AtomicU64::new(0),
            job_argument: AtomicU64::new(0),
            job_result: AtomicU64::new(0),
            tables: UnsafeCell::new(Descriptors { tss: Tss::new(), gdt: [0; 7] }),
            frames: UnsafeCell::new(FrameList::new()),
        }
    }
}

static CPUS: [PerCpu; MAX_CPUS] = [const { PerCpu::new() }; MAX_CPUS];

/// One stack for every vector until the memory manager can map guarded ones.
#[repr(C, align(16))]
struct EarlyStack(UnsafeCell<[u8; IST_BYTES]>);
// SAFETY: only the processor's interrupt entry writes there, on one processor, before others start.
unsafe impl Sync for EarlyStack {}
static EARLY: EarlyStack = EarlyStack(UnsafeCell::new([0; IST_BYTES]));

/// The processor this runs on.
#[inline]
pub fn this() -> &'static PerCpu {
    let address: *const PerCpu;
    // SAFETY: %gs is set by `activate` before anything calls this, and kept the kernel's by every entry path; the first
    // word is the structure's own address, which is static.
    unsafe {
        asm!("mov {}, gs:[0]", out(reg) address, options(nostack, preserves_flags, pure, readonly));
        &*address
    }
}

pub fn get(id: usize) -> &'static PerCpu {
    &CPUS[id % MAX_CPUS]
}

/// Processors that run, this one included.
pub fn online() -> impl Iterator<Item = &'static PerCpu> {
    CPUS.iter().filter(|cpu| cpu.online.load(Ordering::Acquire))
}

/// Runs `act` on this processor's free list. Interrupt handlers leave the list alone, and the page-fault handler, which
/// does not, cannot strike while `act` runs as long as `act` touches mapped memory only.
pub fn with_frames<R>(act: impl FnOnce(&mut FrameList) -> R) -> R {
    // SAFETY: one processor, no nesting (see above), so this is the only reference.
    act(unsafe { &mut *this().frames.get() })
}

/// Gives the boot processor its structures, all vectors on the early stack.
pub fn activate_boot() {
    let top = EARLY.0.get() as u64 + IST_BYTES as u64;
    activate(0, [top; IST_COUNT]);
}

/// Allocates guarded stacks for processor `id`; `None` when memory is out.
pub fn stacks(id: usize) -> Option<[u64; IST_COUNT]> {
    let mut tops = [0; IST_COUNT];
    for top in &mut tops {
        *top = stacks::allocate(IST_BYTES as u64, "interrupt stack")?;
    }
    get(id).kernel_stack.store(stacks::allocate(IST_BYTES as u64, "system call stack")?, Ordering::Release);
    Some(tops)
}

/// Loads GDT, TSS and %gs on the processor this runs on. May be repeated with other stacks.
pub fn activate(id: usize, ist: [u64; IST_COUNT]) {
    let cpu = get(id);
    let base = core::ptr::from_ref(cpu) as u64;
    cpu.itself.store(base, Ordering::Relaxed);
    cpu.id.store(id, Ordering::Relaxed);
    let pointer;
    // SAFETY: this processor's own structure, and no other reference to it is ever made.
    unsafe {
        let tables = &mut *cpu.tables.get();
        tables.tss = Tss::new();
        tables.tss.ist = ist;
        tables.gdt = gdt(&raw const tables.tss as u64);
        pointer = Pointer { limit: size_of::<Gdt>() as u16 - 1, base: tables.gdt.as_ptr() as u64 };
    }
    // SAFETY: the table is complete and static; code and data selectors describe the flat segments that are in use
    // already.
    unsafe {
        asm!(
            "lgdt [{pointer}]",
            "push {code}",
            "lea {scratch}, [rip + 2f]",
            "push {scratch}",
            "retfq",
            "2:",
            "mov ds, {data:e}",
            "mov es, {data:e}",
            "mov ss, {data:e}",
            "ltr {tss:x}",
            pointer = in(reg) &raw const pointer,
            code = const selector::KERNEL_CODE,
            data = in(reg) u32::from(selector::KERNEL_DATA),
            tss = in(reg) selector::TSS,
            scratch = out(reg) _,
        );
        regs::write_msr(regs::GS_BASE, base);
        regs::write_msr(regs::KERNEL_GS_BASE, 0);
    }
    cpu.online.store(true, Ordering::Release);
}

/// The operand of `lgdt` and `lidt`.
#[repr(C, packed)]
pub struct Pointer {
    pub limit: u16,
    pub base: u64,
}
