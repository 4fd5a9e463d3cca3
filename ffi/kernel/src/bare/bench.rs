//! What the kernel's paths cost. Each sample is one operation between two readings of the time stamp counter, the cost
//! of reading subtracted; under `-icount` the counter counts instructions, and a sample is exact. Interrupts are off
//! during a sample. The class of the numbers is told by whoever started the machine (`class=`), who knows what runs it.

mod paths;

use crate::cpu::regs;
use crate::machine::machine;
use crate::say;
use core::arch::asm;
use hftz_kernel::report::metric::{Class, Metric};
use hftz_kernel::report::{Summary, pattern};

const SAMPLES: usize = 101;

/// An operation to be measured: prepared once, then sampled. `prepare` says whether the machine has what it needs.
pub struct Bench {
    pub name: &'static str,
    pub run: fn(&mut Meter),
}

/// Collects samples.
pub struct Meter {
    samples: [u64; SAMPLES],
    taken: usize,
    overhead: u64,
}

/// The counter, read after everything before it and before everything after it.
#[inline(always)]
fn stamp() -> u64 {
    // SAFETY: fences and a counter.
    unsafe {
        asm!("lfence", options(nostack, preserves_flags));
        let now = core::arch::x86_64::_rdtsc();
        asm!("lfence", options(nostack, preserves_flags));
        now
    }
}

impl Meter {
    fn new() -> Self {
        let overhead = (0..32).map(|_| {
            let begin = stamp();
            stamp() - begin
        });
        Self { samples: [0; SAMPLES], taken: 0, overhead: overhead.min().unwrap_or(0) }
    }

    /// Samples one operation; whatever must happen around it stays outside the closure.
    #[inline(always)]
    pub fn sample<R>(&mut self, operation: impl FnOnce() -> R) -> R {
        regs::interrupts_off();
        let begin = stamp();
        let result = operation();
        let end = stamp();
        regs::interrupts_on();
        self.note(begin, end);
        result
    }

    /// As [`Meter::sample`] with interrupts on, for operations that wait for one.
    #[inline(always)]
    pub fn sample_interruptible<R>(&mut self, operation: impl FnOnce() -> R) -> R {
        let begin = stamp();
        let result = operation();
        let end = stamp();
        self.note(begin, end);
        result
    }

    fn note(&mut self, begin: u64, end: u64) {
        if let Some(slot) = self.samples.get_mut(self.taken) {
            *slot = (end - begin).saturating_sub(self.overhead);
            self.taken += 1;
        }
    }

    /// Whether more samples are wanted.
    pub fn hungry(&self) -> bool {
        self.taken < SAMPLES
    }
}

fn class() -> Class {
    match machine().info.cmdline().value("class") {
        Some("I") => Class::Instructions,
        Some("K") => Class::Virtual,
        _ => Class::Emulated,
    }
}

/// Runs the benchmarks whose name matches; `false` when none does.
pub fn run(patterns: &str) -> bool {
    let mut any = false;
    for bench in paths::ALL.iter().filter(|bench| pattern::matches(patterns, bench.name)) {
        any = true;
        let mut meter = Meter::new();
        (bench.run)(&mut meter);
        match Summary::of(&mut meter.samples[..meter.taken]) {
            Some(summary) => say!("{}", Metric { name: bench.name, class: class(), summary }),
            None => say!("@info skipped_bench={}", bench.name),
        }
    }
    any
}
