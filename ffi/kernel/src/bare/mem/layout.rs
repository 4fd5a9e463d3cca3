//! The kernel's half of every address space. Each window has root entries of its own, made before any process exists,
//! so that all spaces share what is mapped there later.

/// All physical memory, for the kernel's own use of it. Also written in `boot.S`.
pub const DIRECT: u64 = 0xFFFF_8880_0000_0000;
/// Blocks of the heap.
pub const HEAP: u64 = 0xFFFF_C000_0000_0000;
/// The heap's bookkeeping; its pages appear at the first touch.
pub const HEAP_TABLE: u64 = 0xFFFF_C800_0000_0000;
/// Memory on demand, for whoever asks.
pub const DEMAND: u64 = 0xFFFF_D000_0000_0000;
/// Stacks with a guard page below each.
pub const STACKS: u64 = 0xFFFF_D800_0000_0000;
/// Device registers, uncached. The local APIC is first; `isr.S` knows.
pub const MMIO: u64 = 0xFFFF_E000_0000_0000;
/// Where the kernel is linked. Also written in `link.ld` and `boot.S`.
pub const KERNEL: u64 = 0xFFFF_FFFF_8000_0000;

pub const WINDOWS: [u64; 5] = [HEAP, HEAP_TABLE, DEMAND, STACKS, MMIO];

/// Below this nothing is allocated: firmware tables, the boot protocol's structures, the start-up page of other
/// processors.
pub const LOW: u64 = 1 << 20;
/// What the boot tables map.
pub const BOOT_MAPPED: u64 = 4 << 30;

unsafe extern "C" {
    static kernel_start: u8;
    static text_end: u8;
    static rodata_end: u8;
    static stack_guard: u8;
    static kernel_end: u8;
}

/// Boundaries of the kernel's image: start, end of code, end of constants, boot stack's guard page, end.
pub struct Image {
    pub start: u64,
    pub text_end: u64,
    pub rodata_end: u64,
    pub guard: u64,
    pub end: u64,
}

pub fn image() -> Image {
    Image {
        start: &raw const kernel_start as u64,
        text_end: &raw const text_end as u64,
        rodata_end: &raw const rodata_end as u64,
        guard: &raw const stack_guard as u64,
        end: &raw const kernel_end as u64,
    }
}
