//! The way in: entry code for both boot protocols, and their information.

use crate::mem::phys::Direct;
use core::arch::global_asm;
use hftz_kernel::boot::{BootInfo, multiboot2, pvh};

global_asm!(include_str!("start/boot.S"), options(att_syntax));

/// Reads what the loader left, by the protocol number that `boot.S` passes on.
pub fn information(protocol: u32, address: u32) -> BootInfo {
    let parsed = match protocol {
        1 => pvh::parse(&Direct, u64::from(address)),
        _ => multiboot2::parse(&Direct, u64::from(address)),
    };
    match parsed {
        Ok(info) => info,
        Err(error) => panic!("boot information: {error}"),
    }
}
