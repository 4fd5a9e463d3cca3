//! TLB shoot-down: after a mapping is taken away, every processor that may have cached it must forget it before the
//! memory is used again. One request at a time; the asker waits, with interrupts on so that two askers cannot wait for
//! each other.

use super::{catch, idt, lapic, percpu, regs};
use core::sync::atomic::{AtomicU64, Ordering};
use hftz_kernel::sync::Spin;

/// Read by `isr_shoot`.
#[unsafe(no_mangle)]
static shoot_start: AtomicU64 = AtomicU64::new(0);
#[unsafe(no_mangle)]
static shoot_pages: AtomicU64 = AtomicU64::new(0);
#[unsafe(no_mangle)]
static shoot_pending: AtomicU64 = AtomicU64::new(0);

static ASKING: Spin<()> = Spin::new(());

/// Makes every processor forget `pages` pages from `start`.
pub fn down(start: u64, pages: u64) {
    here(start, pages);
    let own = percpu::this().id.load(Ordering::Relaxed);
    let others = || percpu::online().filter(move |cpu| cpu.id.load(Ordering::Relaxed) != own);
    if others().next().is_none() {
        return;
    }
    debug_assert!(catch::interruptible());
    let asking = ASKING.lock();
    shoot_start.store(start, Ordering::Relaxed);
    shoot_pages.store(pages, Ordering::Relaxed);
    shoot_pending.store(others().count() as u64, Ordering::Release);
    others().for_each(|cpu| lapic::interrupt(cpu.apic_id.load(Ordering::Relaxed) as u8, idt::SHOOT));
    while shoot_pending.load(Ordering::Acquire) != 0 {
        core::hint::spin_loop();
    }
    drop(asking);
}

fn here(start: u64, pages: u64) {
    if pages > 64 {
        // SAFETY: the root that is in use already.
        unsafe { regs::set_cr3(regs::cr3()) };
        return;
    }
    (0..pages).for_each(|page| regs::invlpg(start + page * 4096));
}
