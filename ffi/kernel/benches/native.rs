//! `cargo bench -p hftz-kernel`: the kernel's paths in native nanoseconds of this processor (class N).

use std::time::{Duration, Instant};

/// The time stamp counter's rate against the system's clock over a tenth of a second.
fn hz() -> u64 {
    // SAFETY: every x86-64 processor has the counter.
    let now = || unsafe { core::arch::x86_64::_rdtsc() };
    let (begin, started) = (now(), Instant::now());
    while started.elapsed() < Duration::from_millis(100) {
        std::hint::spin_loop();
    }
    let (cycles, nanoseconds) = (now() - begin, started.elapsed().as_nanos());
    (u128::from(cycles) * 1_000_000_000 / nanoseconds) as u64
}

fn main() {
    let hz = hz();
    println!("@info tsc_hz={hz}");
    hftz_kernel::native::measure(hz, &mut |metric| println!("{metric}"));
}
