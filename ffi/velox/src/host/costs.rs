//! What a thread cost: preemptions and faults as the kernel counts them, and the processor's own counters where it shows them.
//!
//! Virtual machines often hide those; then what is left still tells whether a thread was disturbed.

use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::FromRawFd;

/// Hardware events of one thread, user mode only, as perf counts them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hardware {
    pub cycles: u64,
    pub instructions: u64,
    pub cache_misses: u64,
    pub branch_misses: u64,
}

/// What a stretch of one thread cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Costs {
    /// Times the kernel took the processor away, and times the thread gave it up.
    pub preempted: u64,
    pub slept: u64,
    pub page_faults: u64,
    /// Or why there are none.
    pub hardware: Result<Hardware, String>,
}

/// Numbers of `PERF_COUNT_HW_*`: cycles, instructions, cache misses, branch misses.
const EVENTS: [u64; 4] = [0, 1, 3, 5];

/// `struct perf_event_attr` in its first version, 64 bytes (linux/perf_event.h).
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint: u32,
    config1: u64,
}

const _: () = assert!(size_of::<Attributes>() == 64);

/// Counting of the calling thread, from [`Meter::start`] to [`Meter::stop`] on the same thread.
pub struct Meter {
    counters: io::Result<[File; 4]>,
    before: [u64; 3],
}

impl Meter {
    #[must_use]
    pub fn start() -> Self {
        let [a, b, c, d] = EVENTS.map(|event| open(0, event));
        let all = || Ok([a?, b?, c?, d?]);
        Self { counters: all(), before: usage() }
    }

    #[must_use]
    pub fn stop(self) -> Costs {
        let after = usage();
        let [preempted, slept, page_faults] = [0, 1, 2].map(|i| after[i].saturating_sub(self.before[i]));
        let counted = self.counters.and_then(|[a, b, c, d]| Ok([read(a)?, read(b)?, read(c)?, read(d)?]));
        let hardware = counted.map_err(|error| error.to_string());
        let hardware = hardware.map(|[cycles, instructions, cache_misses, branch_misses]| Hardware {
            cycles,
            instructions,
            cache_misses,
            branch_misses,
        });
        Costs { preempted, slept, page_faults, hardware }
    }
}

/// A counter of this thread that runs at once: `kind` 0 is hardware, 1 software.
fn open(kind: u32, event: u64) -> io::Result<File> {
    const SCALED: u64 = 0b11;
    const NOT_THE_KERNEL: u64 = 1 << 5 | 1 << 6;
    const CLOSE_ON_EXEC: libc::c_ulong = 8;
    let size = size_of::<Attributes>() as u32;
    let attributes =
        Attributes { kind, size, config: event, read_format: SCALED, flags: NOT_THE_KERNEL, ..Attributes::default() };
    // SAFETY: the structure is as long as it says; thread 0 is the caller, processor -1 any, group -1 none.
    let file = unsafe { libc::syscall(libc::SYS_perf_event_open, &raw const attributes, 0, -1, -1, CLOSE_ON_EXEC) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a descriptor that the kernel has just given, and nobody else knows.
    Ok(unsafe { File::from_raw_fd(file as libc::c_int) })
}

/// The count, extrapolated when the counter had to share its place with others.
fn read(mut counter: File) -> io::Result<u64> {
    let mut words = [[0_u8; 8]; 3];
    counter.read_exact(words.as_flattened_mut())?;
    let [count, enabled, running] = words.map(u64::from_ne_bytes);
    let scaled = u128::from(count) * u128::from(enabled) / u128::from(running.max(1));
    Ok(u64::try_from(scaled).unwrap_or(u64::MAX))
}

/// Involuntary and voluntary switches, page faults of this thread so far.
fn usage() -> [u64; 3] {
    let mut found = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the structure is plain numbers, valid when zeroed, and a valid place for the answer.
    let found = unsafe {
        libc::getrusage(libc::RUSAGE_THREAD, found.as_mut_ptr());
        found.assume_init()
    };
    [found.ru_nivcsw, found.ru_nvcsw, found.ru_minflt + found.ru_majflt].map(i64::unsigned_abs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn sleeps_and_faults_are_counted_and_hardware_counts_or_says_why_not() {
        let meter = Meter::start();
        let pages = std::hint::black_box(vec![1_u8; 64 << 20]);
        std::thread::sleep(std::time::Duration::from_millis(2));
        drop(pages);
        let costs = meter.stop();
        assert!(costs.slept >= 1 && costs.page_faults >= 1, "{costs:?}");
        match costs.hardware {
            Ok(counted) => assert!(counted.instructions > 1_000 && counted.cycles > 0, "{counted:?}"),
            Err(reason) => assert!(!reason.is_empty()),
        }
    }

    /// Software events go the same way and are there where the processor shows nothing.
    #[test]
    fn a_counter_of_the_kernel_reads_back_what_this_thread_did() {
        const TASK_CLOCK: u64 = 1;
        let Ok(counter) = open(1, TASK_CLOCK) else {
            // Not by a macro: the harness would keep what a test prints that passes.
            let _ = writeln!(
                std::io::stderr(),
                "not tested: counters of the kernel, because perf events are not allowed here"
            );
            return;
        };
        let mut sum = 0_u64;
        (0..1_000_000_u64).for_each(|i| sum = std::hint::black_box(sum ^ i));
        assert!(read(counter).unwrap() > 10_000, "nanoseconds of processor time");
    }
}
