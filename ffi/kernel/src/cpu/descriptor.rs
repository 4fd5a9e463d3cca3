//! The GDT, the TSS and interrupt gates (Intel SDM vol. 3A, chapters 3, 6 and 8), as the words the processor reads.

/// Selectors of the kernel's GDT. SYSCALL and SYSRET fix the order: kernel code then data, user data then code.
pub mod selector {
    pub const KERNEL_CODE: u16 = 0x08;
    pub const KERNEL_DATA: u16 = 0x10;
    pub const USER_DATA: u16 = 0x18 | 3;
    pub const USER_CODE: u16 = 0x20 | 3;
    pub const TSS: u16 = 0x28;
    /// IA32_STAR: SYSCALL loads CS from bits 47..32 and SS 8 above; SYSRET to 64-bit code loads SS 8 above bits 63..48,
    /// CS 16 above.
    pub const STAR: u64 = (0x10 | 3) << 48 | (KERNEL_CODE as u64) << 32;
}

const CODE: u64 = 0x0020_9A00_0000_0000;
const DATA: u64 = 0x0000_9200_0000_0000;
const DPL_USER: u64 = 3 << 45;

/// Interrupt stacks of one processor; every vector names one of them.
pub const IST_COUNT: usize = 7;
pub const IST_BYTES: usize = 16 << 10;

/// Which interrupt stack a vector runs on, 1 to 7. None is 0: a vector without a stack of its own would push its frame
/// into the red zone that precompiled library code may use. Exceptions that can strike inside another handler have one
/// each, since these stacks do not nest.
#[must_use]
pub const fn stack_of(vector: u8) -> u8 {
    match vector {
        1 | 3 => 2,
        2 => 3,
        8 => 4,
        14 => 5,
        18 => 6,
        0..=31 => 7,
        _ => 1,
    }
}

/// The 64-bit task state segment.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct Tss {
    reserved: u32,
    /// Stack pointers for entry to rings 0 to 2.
    pub rsp: [u64; 3],
    reserved_too: u64,
    pub ist: [u64; IST_COUNT],
    reserved_again: [u16; 5],
    /// Beyond the limit: no port is open to ring 3.
    io_map: u16,
}

impl Tss {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            reserved: 0,
            rsp: [0; 3],
            reserved_too: 0,
            ist: [0; IST_COUNT],
            reserved_again: [0; 5],
            io_map: size_of::<Self>() as u16,
        }
    }
}

impl Default for Tss {
    fn default() -> Self {
        Self::new()
    }
}

/// Null, kernel code and data, user data and code, and the TSS in two entries.
pub type Gdt = [u64; 7];

#[must_use]
pub const fn gdt(tss: u64) -> Gdt {
    let limit = size_of::<Tss>() as u64 - 1;
    let low = limit | (tss & 0xFF_FFFF) << 16 | 0x89 << 40 | (tss >> 24 & 0xFF) << 56;
    [0, CODE, DATA, DATA | DPL_USER, CODE | DPL_USER, low, tss >> 32]
}

/// An IDT entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(16))]
pub struct Gate(pub [u64; 2]);

impl Gate {
    /// An interrupt gate, which enters with interrupts off: the stacks do not nest, so handlers must not be
    /// interrupted. `user` lets ring 3 raise it by `int`.
    #[must_use]
    pub const fn interrupt(handler: u64, ist: u8, user: bool) -> Self {
        let attributes: u64 = if user { 0xEE } else { 0x8E };
        Self([
            handler & 0xFFFF
                | (selector::KERNEL_CODE as u64) << 16
                | (ist as u64 & 7) << 32
                | attributes << 40
                | (handler >> 16 & 0xFFFF) << 48,
            handler >> 32,
        ])
    }

    #[must_use]
    pub const fn handler(self) -> u64 {
        self.0[0] & 0xFFFF | (self.0[0] >> 48) << 16 | self.0[1] << 32
    }

    #[must_use]
    pub const fn ist(self) -> u8 {
        (self.0[0] >> 32 & 7) as u8
    }

    /// The same gate on another stack.
    #[must_use]
    pub const fn on_stack(self, ist: u8) -> Self {
        Self([self.0[0] & !(7 << 32) | (ist as u64 & 7) << 32, self.0[1]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_state_segment_is_104_bytes() {
        assert_eq!(size_of::<Tss>(), 104);
        assert_eq!(core::mem::offset_of!(Tss, ist), 36);
        assert_eq!(core::mem::offset_of!(Tss, io_map), 102);
    }

    #[test]
    fn a_gate_gives_back_what_was_put_in() {
        let gate = Gate::interrupt(0xFFFF_FFFF_8012_3456, 5, false);
        assert_eq!((gate.handler(), gate.ist()), (0xFFFF_FFFF_8012_3456, 5));
        assert_eq!((gate.on_stack(0).handler(), gate.on_stack(0).ist()), (gate.handler(), 0));
        assert_eq!(gate.0[0] >> 40 & 0xFF, 0x8E);
    }

    #[test]
    fn the_tss_descriptor_spreads_its_base_as_the_manual_draws_it() {
        let gdt = gdt(0x1122_3344_5566_7788);
        assert_eq!(gdt[5], 0x5500_8966_7788_0067);
        assert_eq!(gdt[6], 0x1122_3344);
    }

    #[test]
    fn user_selectors_are_where_sysret_looks() {
        let base = selector::STAR >> 48;
        assert_eq!((base + 16, base + 8), (u64::from(selector::USER_CODE), u64::from(selector::USER_DATA)));
    }

    #[test]
    fn every_vector_has_an_interrupt_stack() {
        assert!((0..=255).all(|vector| (1..=IST_COUNT as u8).contains(&stack_of(vector))));
        let own = [2, 8, 14, 18].map(stack_of);
        assert!((0..=255u8).filter(|v| ![2, 8, 14, 18].contains(v)).all(|v| !own.contains(&stack_of(v))));
    }
}
