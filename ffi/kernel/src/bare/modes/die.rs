//! Ways to end, so that whoever starts the kernel can prove that it tells them apart.

use crate::cpu::{idt, regs};
use crate::mem::{demand, heap, layout};
use crate::say;
use alloc::vec::Vec;
use core::arch::asm;
use hftz_kernel::mem::regions::Policy;

pub fn die(way: &str) {
    // SAFETY, for every block here: it ends the machine before it can do harm; that is its purpose.
    match way {
        "panic" => panic!("asked to"),
        // SAFETY: see above.
        "null" => unsafe { asm!("mov {0}, [{0}]", inout(reg) 0u64 => _) },
        // SAFETY: see above.
        "divide" => unsafe { asm!("div {0:e}", in(reg) 0u32, inout("eax") 1u32 => _, inout("edx") 0u32 => _) },
        // SAFETY: see above.
        "opcode" => unsafe { asm!("ud2") },
        // SAFETY: see above.
        "interrupt" => unsafe { asm!("int 0x99") },
        "stack" => _ = core::hint::black_box(dig(0)),
        "guard" => guard(),
        "double-free" => {
            let block = heap::kmalloc(64, 8);
            heap::kfree(block, 64, 8);
            heap::kfree(block, 64, 8);
        }
        "memory" => drop(core::hint::black_box(Vec::<u8>::with_capacity(1 << 46))),
        "triple" => {
            idt::remove();
            // SAFETY: see above.
            unsafe { asm!("int3") }
        }
        "hang" => regs::halt(),
        _ => say!("@info unknown_way={way}"),
    }
}

fn guard() {
    let at = layout::DEMAND + (32 << 30);
    if demand::add(at, 4096, Policy::Guard("a buffer")).is_ok() {
        // SAFETY: see `die`.
        unsafe { (at as *mut u8).write_volatile(1) }
    }
}

#[inline(never)]
fn dig(depth: u64) -> u64 {
    let room = core::hint::black_box([depth; 32]);
    if depth == u64::MAX { 0 } else { dig(depth + 1) + room[(depth % 32) as usize] }
}
