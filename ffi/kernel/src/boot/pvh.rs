//! The PVH start-of-day structure (Xen public headers, arch-x86/hvm/start_info.h), which QEMU's `-kernel` fills.

use super::info::{BootError, BootFault, BootInfo, MAX_CMDLINE, Physical, Protocol};
use super::memmap::{CAPACITY, Kind};
use crate::acpi;

pub const MAGIC: u32 = 0x336e_c578;

/// Field offsets of `hvm_start_info`, version 1.
mod at {
    pub const MODULE_COUNT: u64 = 12;
    pub const MODULES: u64 = 16;
    pub const CMDLINE: u64 = 24;
    pub const RSDP: u64 = 32;
    pub const MAP: u64 = 40;
    pub const MAP_COUNT: u64 = 48;
}
const MODULE_SIZE: u64 = 32;
const ENTRY_SIZE: u64 = 24;

/// Reads the structure at physical `base`.
///
/// # Errors
/// [`BootError`] naming the address that could not be read or broke a rule.
pub fn parse(memory: &impl Physical, base: u64) -> Result<BootInfo, BootError> {
    let word = |address: u64| memory.u32(address).ok_or(BootError::new(address, BootFault::Unreadable));
    let long = |address: u64| memory.u64(address).ok_or(BootError::new(address, BootFault::Unreadable));
    if word(base)? != MAGIC {
        return Err(BootError::new(base, BootFault::BadMagic));
    }
    let mut info = BootInfo::new(Protocol::Pvh);

    let modules = long(base + at::MODULES)?;
    for index in 0..u64::from(word(base + at::MODULE_COUNT)?) {
        let entry = modules.saturating_add(index * MODULE_SIZE);
        let start = long(entry)?;
        info.add_module(entry, start, start.saturating_add(long(entry.saturating_add(8))?))?;
    }

    let text = long(base + at::CMDLINE)?;
    if text != 0 {
        info.set_cmdline((0..MAX_CMDLINE as u64).map_while(|i| memory.bytes(text.checked_add(i)?, 1).map(|b| b[0])));
    }

    let map = long(base + at::MAP)?;
    let count = u64::from(word(base + at::MAP_COUNT)?);
    if count > CAPACITY as u64 {
        return Err(BootError::new(base + at::MAP_COUNT, BootFault::TooManyRegions));
    }
    for index in 0..count {
        let entry = map.saturating_add(index * ENTRY_SIZE);
        let kind = Kind::from_e820(word(entry.saturating_add(16))?);
        let added = info.memory.add(long(entry)?, long(entry.saturating_add(8))?, kind);
        added.map_err(|_| BootError::new(entry, BootFault::TooManyRegions))?;
    }
    info.acpi = acpi::root(memory, long(base + at::RSDP)?);
    info.finish(base)
}

#[cfg(test)]
mod tests {
    use super::super::info::{Module, fake::Memory};
    use super::*;
    use proptest::prelude::*;

    fn start_info(modules: u32, entries: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [MAGIC, 1, 0, modules] {
            bytes.extend(word.to_le_bytes());
        }
        for long in [0x2000u64, 0x3000, 0, 0x4000] {
            bytes.extend(long.to_le_bytes());
        }
        bytes.extend(entries.to_le_bytes());
        bytes.extend([0; 4]);
        bytes
    }

    fn longs(values: &[u64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn machine() -> Memory {
        Memory(vec![
            (0x1000, start_info(1, 2)),
            (0x2000, longs(&[0x80_0000, 0x1234, 0, 0])),
            (0x3000, b"test=mem/* \xffseed=1\0garbage".to_vec()),
            (0x4000, longs(&[0, 0x9_FC00, 1, 0x10_0000, 0x700_0000, 1])),
        ])
    }

    #[test]
    fn a_start_info_becomes_boot_info() {
        let info = parse(&machine(), 0x1000).unwrap();
        assert_eq!(info.modules(), &[Module { start: 0x80_0000, end: 0x80_1234 }]);
        assert_eq!(info.cmdline().value("test"), Some("mem/*"));
        assert_eq!(info.cmdline().0, "test=mem/* ?seed=1");
        assert_eq!(info.memory.usable(), 0x9_F000 + 0x700_0000);
    }

    #[test]
    fn a_wrong_magic_names_its_address() {
        let mut memory = machine();
        memory.0[0].1[0] ^= 1;
        assert_eq!(parse(&memory, 0x1000).unwrap_err(), BootError::new(0x1000, BootFault::BadMagic));
    }

    #[test]
    fn a_map_outside_memory_names_its_address() {
        let mut memory = machine();
        memory.0.truncate(3);
        assert_eq!(parse(&memory, 0x1000).unwrap_err(), BootError::new(0x4010, BootFault::Unreadable));
    }

    proptest! {
        #[test]
        fn damaged_bytes_never_panic(at in 0usize..56, value: u8, modules in 0u32..9, entries in 0u32..90) {
            let mut memory = machine();
            memory.0[0].1 = start_info(modules, entries);
            memory.0[0].1[at] = value;
            let _ = parse(&memory, 0x1000);
        }
    }
}
