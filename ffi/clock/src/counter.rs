//! The counter itself.
//!
//! A plain reading is not ordered: the processor may take it before earlier work has finished. That is right for time stamps on
//! a hot path. To time a short stretch of code, read [`ticks_fenced`] before and after it; the fences cost about as much as the
//! reading. Counters step: current AMD processors advance in steps of 10 ns, so single events under 50 ns are timed in batches.

/// The counter now, unordered.
#[inline(always)]
#[must_use]
pub fn ticks() -> u64 {
    arch::ticks()
}

/// The counter now: everything before in the program has finished, nothing after it has begun.
#[inline(always)]
#[must_use]
pub fn ticks_fenced() -> u64 {
    arch::ticks_fenced()
}

/// What the processor says about its counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Features {
    /// It ticks at one rate in every power state (CPUID 80000007h EDX bit 8; always so on AArch64).
    pub invariant: bool,
    /// Counter and processor number can be read in one instruction (CPUID 80000001h EDX bit 27).
    pub with_cpu: bool,
    /// Its rate in ticks a second, where the processor tells it (CPUID 15h, CNTFRQ_EL0).
    pub advertised_hz: Option<u64>,
}

/// Asks the processor. Costs up to tens of microseconds under virtualisation.
#[must_use]
pub fn features() -> Features {
    arch::features()
}

/// Permission to read counter and processor number together; [`CpuCounter::detect`] gives it where the instruction exists.
#[derive(Clone, Copy, Debug)]
pub struct CpuCounter(());

impl CpuCounter {
    #[must_use]
    pub fn detect() -> Option<Self> {
        features().with_cpu.then_some(Self(()))
    }

    /// The counter when everything before has finished, and the processor number that the operating system assigned (on Linux
    /// the CPU in the low 12 bits, its NUMA node above).
    #[inline(always)]
    #[must_use]
    pub fn read(self) -> (u64, u32) {
        arch::ticks_and_cpu()
    }
}

#[cfg(target_arch = "x86_64")]
mod arch {
    use super::Features;
    use core::arch::x86_64::{__cpuid, __cpuid_count, __rdtscp, _mm_lfence, _rdtsc};

    #[inline(always)]
    pub fn ticks() -> u64 {
        // SAFETY: RDTSC is part of x86-64.
        unsafe { _rdtsc() }
    }

    #[inline(always)]
    pub fn ticks_fenced() -> u64 {
        // SAFETY: LFENCE and RDTSC are part of x86-64. LFENCE waits for all earlier instructions and holds back all later ones.
        unsafe {
            _mm_lfence();
            let now = _rdtsc();
            _mm_lfence();
            now
        }
    }

    /// Called only through `CpuCounter`, which exists only where RDTSCP does.
    #[inline(always)]
    pub fn ticks_and_cpu() -> (u64, u32) {
        let mut cpu = 0;
        // SAFETY: RDTSCP exists (see above) and writes `cpu`, which is a local.
        let now = unsafe { __rdtscp(&raw mut cpu) };
        (now, cpu)
    }

    pub fn features() -> Features {
        // CPUID is part of x86-64, and each leaf is read only when the processor says that it exists.
        let last_basic = __cpuid(0).eax;
        let last_extended = __cpuid(0x8000_0000).eax;
        let extended = |leaf, bit: u32| last_extended >= leaf && (__cpuid(leaf).edx >> bit) & 1 == 1;
        // Leaf 15h: the counter runs at crystal (ECX, Hz) * EBX / EAX.
        let ratio = (last_basic >= 0x15).then(|| __cpuid_count(0x15, 0));
        let advertised_hz = ratio
            .filter(|r| r.eax != 0 && r.ebx != 0 && r.ecx != 0)
            .map(|r| u64::from(r.ecx) * u64::from(r.ebx) / u64::from(r.eax));
        Features { invariant: extended(0x8000_0007, 8), with_cpu: extended(0x8000_0001, 27), advertised_hz }
    }
}

#[cfg(target_arch = "aarch64")]
mod arch {
    use super::Features;
    use core::arch::asm;

    #[inline(always)]
    pub fn ticks() -> u64 {
        let now;
        // SAFETY: reads a register that user space may read; touches no memory and no flags.
        unsafe { asm!("mrs {}, cntvct_el0", out(reg) now, options(nomem, nostack, preserves_flags)) };
        now
    }

    #[inline(always)]
    pub fn ticks_fenced() -> u64 {
        let now;
        // SAFETY: as above; without `nomem` the compiler moves no memory access across.
        unsafe { asm!("isb", "mrs {}, cntvct_el0", "isb", out(reg) now, options(nostack, preserves_flags)) };
        now
    }

    /// Never called: `features` says that there is no such instruction.
    pub fn ticks_and_cpu() -> (u64, u32) {
        (ticks_fenced(), 0)
    }

    pub fn features() -> Features {
        let hz: u64;
        // SAFETY: as in `ticks`.
        unsafe { asm!("mrs {}, cntfrq_el0", out(reg) hz, options(nomem, nostack, preserves_flags)) };
        Features { invariant: true, with_cpu: false, advertised_hz: (hz != 0).then_some(hz) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_never_runs_backwards_on_one_thread() {
        let mut last = ticks_fenced();
        for _ in 0..100_000 {
            let now = ticks_fenced();
            assert!(now >= last);
            last = now;
        }
        assert!(ticks() >= last);
    }

    #[test]
    fn the_counter_is_read_with_its_processor_where_the_processor_can() {
        match CpuCounter::detect() {
            Some(counter) => {
                let before = ticks_fenced();
                let (now, cpu) = counter.read();
                assert!(now >= before, "on CPU {}", cpu & 0xFFF);
            }
            None => assert!(!features().with_cpu),
        }
    }
}
