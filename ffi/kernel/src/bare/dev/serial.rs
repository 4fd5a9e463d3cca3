//! COM1, 16550, 115200 8N1: the kernel's only way to speak.

use crate::cpu::regs::{in8, out8};
use core::fmt::{self, Write};
use hftz_kernel::sync::Spin;

const COM1: u16 = 0x3F8;
const LINE_STATUS: u16 = COM1 + 5;
const DATA_READY: u8 = 1;
const CAN_SEND: u8 = 1 << 5;

pub fn start() {
    // SAFETY: COM1's registers; none of them reaches memory. Divisor 1, 8N1, FIFO on and cleared, DTR | RTS | OUT2 so
    // that its interrupt line is driven.
    unsafe {
        out8(COM1 + 1, 0);
        out8(COM1 + 3, 0x80);
        out8(COM1, 1);
        out8(COM1 + 1, 0);
        out8(COM1 + 3, 3);
        out8(COM1 + 2, 0xC7);
        out8(COM1 + 4, 0x0B);
    }
}

/// Lets a received byte raise IRQ 4.
pub fn listen() {
    // SAFETY: the interrupt-enable register of COM1.
    unsafe { out8(COM1 + 1, 1) }
}

fn send(byte: u8) {
    // SAFETY: status and data registers of COM1.
    unsafe {
        while in8(LINE_STATUS) & CAN_SEND == 0 {
            core::hint::spin_loop();
        }
        out8(COM1, byte);
    }
}

/// A received byte, if there is one.
pub fn receive() -> Option<u8> {
    // SAFETY: status and data registers of COM1; the shell is the only reader.
    unsafe { (in8(LINE_STATUS) & DATA_READY != 0).then(|| in8(COM1)) }
}

/// The port without its lock: for faults and panics, which may have interrupted the lock's holder.
pub struct Raw;

impl Write for Raw {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                send(b'\r');
            }
            send(byte);
        }
        Ok(())
    }
}

static PORT: Spin<Raw> = Spin::new(Raw);

/// A writer that locks for each piece; use [`line`] for whole lines.
pub struct Port;

impl Write for Port {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        PORT.lock().write_str(text)
    }
}

pub fn line(arguments: fmt::Arguments<'_>) {
    let mut port = PORT.lock();
    // Writing to the port cannot fail.
    let _ = port.write_fmt(arguments);
    let _ = port.write_str("\n");
}

/// Prints one line on the serial port.
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => { $crate::dev::serial::line(format_args!($($argument)*)) };
}
