//! The 8254 timer: channel 0 ticks 100 times a second, channel 2 measures the time stamp counter against a known interval.

use crate::cpu::regs::{in8, out8, tsc};
use core::sync::atomic::{AtomicU64, Ordering};

pub const HZ: u64 = 100;
const INPUT_HZ: u64 = 1_193_182;
const CHANNEL_0: u16 = 0x40;
const CHANNEL_2: u16 = 0x42;
const COMMAND: u16 = 0x43;
const GATE: u16 = 0x61;

/// Written by `isr_timer`.
#[unsafe(no_mangle)]
static ticks: AtomicU64 = AtomicU64::new(0);
#[unsafe(no_mangle)]
static last_tick: AtomicU64 = AtomicU64::new(0);

/// Starts the ticks.
pub fn start() {
    let divisor = (INPUT_HZ / HZ) as u16;
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

/// Time stamp counts per second, measured over a millisecond of channel 2: one count is 0.4 parts in a thousand here, and a boot should not wait longer.
pub fn calibrate() -> u64 {
    const COUNT: u64 = INPUT_HZ / 1_000;
    // SAFETY: channel 2 with its gate on and the speaker off, mode 0: its output, bit 5 of the gate port, rises when the count is done.
    unsafe {
        out8(GATE, in8(GATE) & !2 | 1);
        out8(COMMAND, 0xB0);
        out8(CHANNEL_2, COUNT as u8);
        out8(CHANNEL_2, (COUNT >> 8) as u8);
        let begin = tsc();
        while in8(GATE) & 1 << 5 == 0 {
            core::hint::spin_loop();
        }
        (tsc() - begin) * INPUT_HZ / COUNT
    }
}
