//! Is this processor one, or an interpreter of one? Some hypervisors run ring 0 by emulating every instruction,
//! thousands of times slower than plain emulation, and give up at an `int3` or an SSE instruction. A boot that gets
//! past this line may be measured.

use crate::cpu::regs::tsc;
use crate::say;
use core::arch::asm;

const ROUNDS: u64 = 1_000_000;

pub fn probe() {
    // SAFETY: the breakpoint handler counts and returns; the rest is arithmetic on registers.
    let cycles = unsafe {
        asm!("int3");
        asm!("pxor xmm0, xmm0", out("xmm0") _);
        let begin = tsc();
        asm!("2:", "add {1}, {0}", "dec {0}", "jnz 2b", inout(reg) ROUNDS => _, inout(reg) 0u64 => _);
        tsc() - begin
    };
    say!("@probe rounds={ROUNDS} cycles={cycles} cycles_per_round={}", cycles / ROUNDS);
}
