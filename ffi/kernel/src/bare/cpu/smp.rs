//! The other processors: woken by INIT and two start-ups (Intel SDM vol. 3A, section 9.4), then given jobs one at a
//! time.

use super::{features, idt, lapic, percpu, regs, user};
use crate::dev::pit;
use crate::mem::{phys, stacks, vmm};
use core::arch::global_asm;
use core::sync::atomic::{AtomicU64, Ordering};
use hftz_kernel::acpi::{self, MAX_CPUS};
use hftz_kernel::boot::BootInfo;
use hftz_kernel::cpu::descriptor::IST_COUNT;
use hftz_kernel::mem::{PageSize, Rights};
use hftz_kernel::sync::Late;

global_asm!(include_str!("../start/ap.S"), options(att_syntax));

unsafe extern "C" {
    static ap_begin: u8;
    static ap_end: u8;
    static ap_root: u8;
    static ap_stack: u8;
    static ap_argument: u8;
    static ap_entry: u8;
}

/// The page where a processor wakes up; `ap.S` is written for it.
const TRAMPOLINE: u64 = 0x8000;
const STACK: u64 = 32 << 10;
/// How long a processor may take to come, microseconds: a busy host may let an emulated one wait for a second and more.
const PATIENCE: [u64; 2] = [50_000, 5_000_000];

static ISTS: [Late<[u64; IST_COUNT]>; MAX_CPUS] = [const { Late::new() }; MAX_CPUS];
/// Counted by `isr_wake`.
#[unsafe(no_mangle)]
static wakes: AtomicU64 = AtomicU64::new(0);

pub fn wakes_seen() -> u64 {
    wakes.load(Ordering::Relaxed)
}

fn wait(tsc_hz: u64, microseconds: u64, mut done: impl FnMut() -> bool) -> bool {
    let until = regs::tsc() + tsc_hz / 1_000_000 * microseconds;
    while !done() {
        if regs::tsc() > until {
            return done();
        }
        core::hint::spin_loop();
    }
    true
}

/// Starts every processor that ACPI lists; how many run afterwards, this one included.
pub fn start(info: &BootInfo, tsc_hz: u64) -> usize {
    percpu::get(0).apic_id.store(usize::from(lapic::id()), Ordering::Relaxed);
    let Some(cpus) = info.acpi.and_then(|root| acpi::cpus(&phys::Direct, root)) else { return 1 };
    let others = || cpus.ids().iter().copied().filter(|id| *id != lapic::id());
    if others().next().is_none() || vmm::map(TRAMPOLINE, TRAMPOLINE, PageSize::Small, Rights::CODE).is_err() {
        return 1;
    }
    // One that was called and has not come may still do so: the page and what is written there stay as it needs them.
    if others().enumerate().all(|(number, apic_id)| wake(number + 1, apic_id, tsc_hz)) {
        // The tables keep an empty lower half; only the page goes.
        let unmapped = vmm::unmap(TRAMPOLINE, PageSize::Small);
        debug_assert!(unmapped.is_ok());
    }
    percpu::online().count()
}

/// Calls a processor; `false` when it may come later. One that there is no memory for is not called.
fn wake(number: usize, apic_id: u8, tsc_hz: u64) -> bool {
    let (Some(ist), Some(stack)) = (percpu::stacks(number), stacks::allocate(STACK, "processor stack")) else {
        return true;
    };
    let cpu = percpu::get(number);
    cpu.apic_id.store(usize::from(apic_id), Ordering::Relaxed);
    // SAFETY: this processor alone sets it, once for each number.
    unsafe { ISTS[number % MAX_CPUS].set(ist) };
    // SAFETY: the page lies below 1 MiB, where nothing is allocated; the direct map reaches it. The symbols mark the
    // code and its slots.
    unsafe {
        let begin = &raw const ap_begin;
        let page = phys::pointer(TRAMPOLINE);
        page.copy_from_nonoverlapping(begin, (&raw const ap_end).offset_from(begin) as usize);
        let slot = |symbol: *const u8| page.add(symbol.offset_from(begin) as usize).cast::<u64>();
        slot(&raw const ap_root).write_volatile(vmm::space().root.address());
        slot(&raw const ap_stack).write_volatile(stack);
        slot(&raw const ap_argument).write_volatile(number as u64);
        slot(&raw const ap_entry).write_volatile(entry as *const () as u64);
    }
    let online = || cpu.online.load(Ordering::Acquire);
    lapic::init(apic_id);
    wait(tsc_hz, 10_000, || false);
    PATIENCE.iter().any(|&microseconds| {
        lapic::startup(apic_id, (TRAMPOLINE >> 12) as u8);
        wait(tsc_hz, microseconds, online)
    })
}

extern "C" fn entry(number: u64) -> ! {
    let number = number as usize;
    idt::load();
    percpu::activate(number, *ISTS[number % MAX_CPUS].get().unwrap_or(&[0; IST_COUNT]));
    features::harden();
    user::start();
    lapic::start(false);
    work()
}

/// Waits for jobs. The test and the sleep are one step: a wake-up between them is not lost.
fn work() -> ! {
    let cpu = percpu::this();
    loop {
        regs::interrupts_off();
        let job = cpu.job.load(Ordering::Acquire);
        if job == 0 {
            regs::sleep_enabled();
            continue;
        }
        regs::interrupts_on();
        // SAFETY: only `begin` stores here, and it stores a `Job`.
        let job = unsafe { core::mem::transmute::<u64, Job>(job) };
        cpu.job_result.store(job(cpu.job_argument.load(Ordering::Relaxed)), Ordering::Relaxed);
        cpu.job.store(0, Ordering::Release);
    }
}

pub type Job = fn(u64) -> u64;

/// Gives a processor something to do; `false` when it is busy or does not run.
pub fn begin(number: usize, job: Job, argument: u64) -> bool {
    let cpu = percpu::get(number);
    if !cpu.online.load(Ordering::Acquire) || cpu.job.load(Ordering::Acquire) != 0 {
        return false;
    }
    cpu.job_argument.store(argument, Ordering::Relaxed);
    cpu.job.store(job as usize as u64, Ordering::Release);
    lapic::interrupt(cpu.apic_id.load(Ordering::Relaxed) as u8, idt::WAKE);
    true
}

/// Waits for a job's result, at most five seconds.
pub fn finish(number: usize) -> Option<u64> {
    let cpu = percpu::get(number);
    let (begin, _) = pit::now();
    while cpu.job.load(Ordering::Acquire) != 0 {
        if pit::now().0 > begin + 5 * pit::HZ {
            return None;
        }
        core::hint::spin_loop();
    }
    Some(cpu.job_result.load(Ordering::Relaxed))
}
