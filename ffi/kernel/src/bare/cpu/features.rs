//! What this processor can do, asked once and never assumed.

use super::regs::{self, cpuid};

/// 1 GiB pages.
pub fn huge_pages() -> bool {
    cpuid(0x8000_0001, 0).edx >> 26 & 1 == 1
}

/// Sets and line size of the second-level cache, which is what page colours are for; 0 where CPUID does not say. Intel
/// describes caches in leaf 4, AMD in leaf 0x8000001D, in the same form.
pub fn second_level_cache() -> (u64, u64) {
    for (leaf, sub) in [4, 0x8000_001D].into_iter().flat_map(|leaf| (0..8).map(move |sub| (leaf, sub))) {
        let found = cpuid(leaf, sub);
        if found.eax & 31 != 0 && found.eax >> 5 & 7 == 2 {
            return (u64::from(found.ecx) + 1, u64::from(found.ebx & 0xFFF) + 1);
        }
    }
    (0, 0)
}

/// Switches on the protections that exist: the kernel may neither run nor touch user pages, user code may not ask where
/// the tables are.
pub fn harden() -> &'static str {
    let leaf = cpuid(7, 0);
    let (smep, smap, umip) = (leaf.ebx >> 7 & 1 == 1, leaf.ebx >> 20 & 1 == 1, leaf.ecx >> 2 & 1 == 1);
    let mut wanted = regs::cr4() | regs::CR4_PGE;
    for (has, bit) in [(smep, regs::CR4_SMEP), (smap, regs::CR4_SMAP), (umip, regs::CR4_UMIP)] {
        if has {
            wanted |= bit;
        }
    }
    // SAFETY: each feature was just found; the kernel never touches user pages through user addresses.
    unsafe { regs::set_cr4(wanted) };
    match (smep, smap) {
        (true, true) => "smep,smap",
        (true, false) => "smep",
        (false, true) => "smap",
        _ => "none",
    }
}

/// The processor's name as CPUID tells it, trimmed.
pub fn brand(buffer: &mut [u8; 48]) -> &str {
    for (leaf, part) in (0x8000_0002u32..).zip(buffer.chunks_exact_mut(16)) {
        let words = cpuid(leaf, 0);
        for (word, bytes) in [words.eax, words.ebx, words.ecx, words.edx].into_iter().zip(part.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
    core::str::from_utf8(buffer).unwrap_or("").trim_matches(['\0', ' '])
}
