//! A second processor beside the first.

use super::{Stop, Verdict, space::page_fault};
use crate::cpu::smp::{begin, finish};
use crate::cpu::{catch::catch, percpu};
use crate::machine::machine;
use crate::mem::{heap, layout, phys, vmm};
use crate::{check, some, tests};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use hftz_kernel::mem::{Frame, PageSize, Rights};
use hftz_kernel::sync::Spin;

tests!("smp":
    a_second_processor_runs_what_it_is_given,
    it_has_its_own_structures,
    a_lock_counts_right_under_two,
    a_fault_there_is_caught_there,
    two_processors_never_own_one_frame,
    two_processors_share_the_heap,
    a_block_from_there_is_freed_here,
    an_unmapped_page_is_forgotten_everywhere,
    many_pages_are_forgotten_at_once,
);

const SECOND: usize = 1;
const AT: u64 = layout::DEMAND + (192 << 30);

fn second() -> Verdict {
    if machine().cpus < 2 {
        return Err(Stop::Skip("one processor"));
    }
    Ok(())
}

fn on_second(job: fn(u64) -> u64, argument: u64) -> Option<u64> {
    begin(SECOND, job, argument).then(|| finish(SECOND)).flatten()
}

fn a_second_processor_runs_what_it_is_given() -> Verdict {
    second()?;
    for argument in 0..100 {
        check!(on_second(|value| value * 3 + 1, argument) == Some(argument * 3 + 1));
    }
    Ok(())
}

fn it_has_its_own_structures() -> Verdict {
    second()?;
    let there = on_second(|_| core::ptr::from_ref(percpu::this()) as u64, 0);
    check!(some!(there) == core::ptr::from_ref(percpu::get(SECOND)) as u64);
    check!(percpu::get(SECOND).apic_id.load(Ordering::Relaxed) != percpu::this().apic_id.load(Ordering::Relaxed));
    check!(
        percpu::get(SECOND).kernel_stack.load(Ordering::Relaxed) != percpu::this().kernel_stack.load(Ordering::Relaxed)
    );
    Ok(())
}

static COUNTED: Spin<u64> = Spin::new(0);

fn count(times: u64) -> u64 {
    (0..times).for_each(|_| *COUNTED.lock() += 1);
    times
}

fn a_lock_counts_right_under_two() -> Verdict {
    second()?;
    *COUNTED.lock() = 0;
    check!(begin(SECOND, count, 20_000));
    count(20_000);
    check!(finish(SECOND) == Some(20_000));
    check!(*COUNTED.lock() == 40_000);
    Ok(())
}

fn fault_there(_: u64) -> u64 {
    // SAFETY: it is not; the fault lands in `catch` on the same processor.
    page_fault(|| unsafe { core::arch::asm!("mov {0}, [{0}]", inout(reg) 8u64 => _) }).map_or(0, |(address, _)| address)
}

fn a_fault_there_is_caught_there() -> Verdict {
    second()?;
    check!(on_second(fault_there, 0) == Some(8));
    Ok(())
}

/// Takes and gives frames, ending with `count` of them in a list whose address is the result.
fn hoard(count: u64) -> u64 {
    let mut frames: Vec<Frame> = Vec::with_capacity(count as usize);
    for round in 0..count * 2 {
        frames.extend(phys::alloc());
        if round % 2 == 1
            && let Some(frame) = frames.pop()
            && phys::free(frame).is_err()
        {
            return 0;
        }
    }
    Box::into_raw(Box::new(frames)) as u64
}

fn two_processors_never_own_one_frame() -> Verdict {
    second()?;
    check!(begin(SECOND, hoard, 2_000));
    let here = hoard(2_000);
    let there = some!(finish(SECOND));
    check!(here != 0 && there != 0);
    // SAFETY: both were made by `hoard` and nobody else has them.
    let (here, there) = unsafe { (*Box::from_raw(here as *mut Vec<Frame>), *Box::from_raw(there as *mut Vec<Frame>)) };
    let all: BTreeSet<Frame> = here.iter().chain(&there).copied().collect();
    let distinct = all.len() == here.len() + there.len();
    let freed = here.into_iter().chain(there).all(|frame| phys::free(frame).is_ok());
    check!(distinct && freed);
    Ok(())
}

fn churn(rounds: u64) -> u64 {
    let mut kept: Vec<Vec<u64>> = Vec::new();
    for round in 0..rounds {
        kept.push(alloc::vec![round; (round % 97 + 1) as usize]);
        if kept.len() > 20 {
            let old = kept.swap_remove((round * 7 % 20) as usize);
            if old.iter().any(|word| *word != old[0]) {
                return 0;
            }
        }
    }
    rounds
}

fn two_processors_share_the_heap() -> Verdict {
    second()?;
    check!(begin(SECOND, churn, 1_500));
    let here = churn(1_500);
    check!(finish(SECOND) == Some(1_500) && here == 1_500);
    Ok(())
}

fn a_block_from_there_is_freed_here() -> Verdict {
    second()?;
    let block = some!(on_second(|size| heap::kmalloc(size as usize, 8) as u64, 300));
    check!(block != 0);
    check!(catch(|| heap::kfree(block as *mut u8, 300, 8)).is_ok());
    Ok(())
}

/// Reads a word there; the marker when it faults.
fn read_there(address: u64) -> u64 {
    let mut seen = FAULTED;
    let slot = &mut seen;
    // SAFETY: mapped by the test, or the fault lands in `catch`.
    let ended = catch(|| *slot = unsafe { (address as *const u64).read_volatile() });
    if ended.is_ok() { seen } else { FAULTED }
}

const FAULTED: u64 = 0xFA17;

fn an_unmapped_page_is_forgotten_everywhere() -> Verdict {
    second()?;
    for value in 1..20u64 {
        let frame = some!(phys::alloc_zeroed());
        // SAFETY: the test's own frame.
        unsafe { phys::pointer(frame.address()).cast::<u64>().write_volatile(value) };
        check!(vmm::map(AT, frame.address(), PageSize::Small, Rights::DATA).is_ok());
        let before = on_second(read_there, AT);
        check!(vmm::unmap(AT, PageSize::Small).is_ok());
        let after = on_second(read_there, AT);
        check!(phys::free(frame).is_ok());
        check!(before == Some(value) && after == Some(FAULTED));
    }
    Ok(())
}

static SEEN: AtomicU64 = AtomicU64::new(0);

/// Reads all of the first hundred pages; how many could be read.
fn readable(start: u64) -> u64 {
    SEEN.store((0..100).filter(|page| read_there(start + page * 4096) != FAULTED).count() as u64, Ordering::Relaxed);
    SEEN.load(Ordering::Relaxed)
}

fn many_pages_are_forgotten_at_once() -> Verdict {
    second()?;
    check!(vmm::map_fresh(AT, 100, Rights::DATA));
    // SAFETY: mapped just now.
    unsafe { (AT as *mut u8).write_bytes(1, 100 * 4096) };
    let before = on_second(readable, AT);
    let frames = vmm::unmap_free(AT, 100);
    let after = on_second(readable, AT);
    check!(frames == 100);
    check!(before == Some(100) && after == Some(0));
    Ok(())
}
