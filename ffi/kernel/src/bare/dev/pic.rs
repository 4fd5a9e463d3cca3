//! The two 8259 interrupt controllers, moved to vectors 0x20 to 0x2F and masked except for the timer and COM1.

use crate::cpu::regs::out8;

const MASTER: u16 = 0x20;
const SLAVE: u16 = 0xA0;
const TIMER_AND_SERIAL: u8 = 1 << 0 | 1 << 4;

pub fn start() {
    // SAFETY: the initialisation sequence of the 8259 (ICW1 to ICW4), then the masks.
    unsafe {
        out8(MASTER, 0x11);
        out8(SLAVE, 0x11);
        out8(MASTER + 1, 0x20);
        out8(SLAVE + 1, 0x28);
        out8(MASTER + 1, 4);
        out8(SLAVE + 1, 2);
        out8(MASTER + 1, 1);
        out8(SLAVE + 1, 1);
        out8(MASTER + 1, !TIMER_AND_SERIAL);
        out8(SLAVE + 1, 0xFF);
    }
}
