//! The 8254 timer: channel 0 ticks 100 times a second, and its counter measures the time stamp counter.

use crate::cpu::regs::{in8, out8, tsc};
use core::sync::atomic::{AtomicU64, Ordering};

pub const HZ: u64 = 100;
const INPUT_HZ: u64 = 1_193_182;
const CHANNEL_0: u16 = 0x40;
const COMMAND: u16 = 0x43;
const TRIES: usize = 8;

/// Written by `isr_timer`.
#[unsafe(no_mangle)]
static ticks: AtomicU64 = AtomicU64::new(0);
#[unsafe(no_mangle)]
static last_tick: AtomicU64 = AtomicU64::new(0);

static STARTED: AtomicU64 = AtomicU64::new(0);

/// Starts the ticks.
pub fn start() {
    let divisor = (INPUT_HZ / HZ) as u16;
    STARTED.store(tsc(), Ordering::Relaxed);
    // SAFETY: channel 0, both bytes, mode 2 (rate generator).
    unsafe {
        out8(COMMAND, 0x34);
        out8(CHANNEL_0, divisor as u8);
        out8(CHANNEL_0, (divisor >> 8) as u8);
    }
}

/// Ticks so far and the time stamp of the last.
pub fn now() -> (u64, u64) {
    (ticks.load(Ordering::Relaxed), last_tick.load(Ordering::Relaxed))
}

/// The time stamp when the ticks began.
pub fn started() -> u64 {
    STARTED.load(Ordering::Relaxed)
}

/// How far the running period has counted down.
fn count() -> u64 {
    // SAFETY: latches and reads channel 0; only boot code does.
    unsafe {
        out8(COMMAND, 0);
        u64::from(in8(CHANNEL_0)) | u64::from(in8(CHANNEL_0)) << 8
    }
}

/// Time stamp counts per second. A processor that was taken away between two looks may have missed whole periods of the timer, so
/// that its rate comes out too high, never too low: it measures again, and of a few tries at most the lowest counts.
pub fn calibrate() -> u64 {
    let mut lowest = u64::MAX;
    for _ in 0..TRIES {
        let (rate, undisturbed) = measure();
        lowest = lowest.min(rate);
        if undisturbed {
            break;
        }
    }
    lowest
}

/// One measurement, over a millisecond: a boot should not wait longer; and whether no look took a quarter of it. Channel 0 is
/// read while it ticks; channel 2, which could be stopped and started, has its gate in a port that small machines lack.
fn measure() -> (u64, bool) {
    let period = INPUT_HZ / HZ;
    let (begin, first) = (tsc(), count());
    let (mut last, mut longest) = (begin, 0);
    loop {
        let passed = (first + period - count()) % period;
        let now = tsc();
        longest = longest.max(now - last);
        last = now;
        let elapsed = now - begin;
        if passed >= INPUT_HZ / 1_000 {
            return (elapsed * INPUT_HZ / passed, longest < elapsed / 4);
        }
    }
}
