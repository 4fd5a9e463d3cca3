//! The Multiboot2 boot information (Multiboot2 Specification 2.0, section 3.6), which GRUB fills: a list of tags, each
//! `type: u32, size: u32` and its payload, padded to 8 bytes.

use super::info::{BootError, BootFault, BootInfo, Physical, Protocol};
use super::memmap::Kind;
use crate::acpi;

pub const MAGIC: u32 = 0x36d7_6289;
/// GRUB's list is a few KiB; more than this is damage, not information.
const MAX_TOTAL: u32 = 1 << 20;

mod tag {
    pub const END: u32 = 0;
    pub const CMDLINE: u32 = 1;
    pub const MODULE: u32 = 3;
    pub const MEMORY_MAP: u32 = 6;
    pub const ACPI_OLD: u32 = 14;
    pub const ACPI_NEW: u32 = 15;
}

/// Reads the tag list at physical `base`.
///
/// # Errors
/// [`BootError`] naming the address that could not be read or broke a rule.
pub fn parse(memory: &impl Physical, base: u64) -> Result<BootInfo, BootError> {
    let word = |address: u64| memory.u32(address).ok_or(BootError::new(address, BootFault::Unreadable));
    let total = word(base)?;
    if !(16..=MAX_TOTAL).contains(&total) {
        return Err(BootError::new(base, BootFault::BadTagSize));
    }
    let end = base.saturating_add(u64::from(total));
    let mut info = BootInfo::new(Protocol::Multiboot2);
    let mut at = base + 8;
    while at + 8 <= end {
        let (kind, size) = (word(at)?, word(at + 4)?);
        let past = at + u64::from(size);
        if size < 8 || past > end {
            return Err(BootError::new(at, BootFault::BadTagSize));
        }
        let payload = memory.bytes(at + 8, size as usize - 8).ok_or(BootError::new(at, BootFault::Unreadable))?;
        match kind {
            tag::END => break,
            tag::CMDLINE => info.set_cmdline(payload.iter().copied()),
            tag::MODULE => module(&mut info, at, payload)?,
            tag::MEMORY_MAP => map(&mut info, at, payload)?,
            tag::ACPI_OLD | tag::ACPI_NEW => info.acpi = acpi::parse_rsdp(payload).or(info.acpi),
            _ => {}
        }
        at = past.next_multiple_of(8);
    }
    info.finish(base)
}

fn module(info: &mut BootInfo, at: u64, payload: &[u8]) -> Result<(), BootError> {
    let (Some(start), Some(end)) = (le32(payload, 0), le32(payload, 4)) else {
        return Err(BootError::new(at, BootFault::BadTagSize));
    };
    info.add_module(at, u64::from(start), u64::from(end))
}

fn map(info: &mut BootInfo, at: u64, payload: &[u8]) -> Result<(), BootError> {
    let size = le32(payload, 0).unwrap_or(0) as usize;
    if size < 20 || payload.len() < 8 {
        return Err(BootError::new(at, BootFault::BadEntrySize));
    }
    for entry in payload[8..].chunks_exact(size) {
        let (Some(start), Some(length), Some(kind)) = (le64(entry, 0), le64(entry, 8), le32(entry, 16)) else {
            continue;
        };
        let added = info.memory.add(start, length, Kind::from_e820(kind));
        added.map_err(|_| BootError::new(at, BootFault::TooManyRegions))?;
    }
    Ok(())
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::super::info::{Module, fake::Memory};
    use super::*;
    use proptest::prelude::*;

    fn tagged(tags: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        for (kind, payload) in tags.iter().chain([&(tag::END, vec![])]) {
            bytes.extend(kind.to_le_bytes());
            bytes.extend((payload.len() as u32 + 8).to_le_bytes());
            bytes.extend(payload);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        let total = bytes.len() as u32;
        bytes[..4].copy_from_slice(&total.to_le_bytes());
        bytes
    }

    fn a_map() -> Vec<u8> {
        let mut payload = [24u32.to_le_bytes(), 0u32.to_le_bytes()].concat();
        for (start, len, kind) in [(0u64, 0x9_FC00u64, 1u64), (0x10_0000, 0x700_0000, 1)] {
            payload.extend([start, len, kind].iter().flat_map(|v| v.to_le_bytes()));
        }
        payload
    }

    fn machine() -> Vec<u8> {
        let module = [0x80_0000u32.to_le_bytes(), 0x80_1234u32.to_le_bytes()].concat();
        tagged(&[(tag::CMDLINE, b"shell seed=3\0".to_vec()), (tag::MODULE, module), (tag::MEMORY_MAP, a_map())])
    }

    #[test]
    fn a_tag_list_becomes_boot_info() {
        let info = parse(&Memory(vec![(0x1000, machine())]), 0x1000).unwrap();
        assert_eq!(info.modules(), &[Module { start: 0x80_0000, end: 0x80_1234 }]);
        assert_eq!((info.cmdline().has("shell"), info.cmdline().number("seed")), (true, Some(3)));
        assert_eq!(info.memory.usable(), 0x9_F000 + 0x700_0000);
    }

    #[test]
    fn a_tag_that_runs_past_the_end_names_its_address() {
        let mut bytes = machine();
        bytes[12] = 0xFF;
        bytes[13] = 0xFF;
        let error = parse(&Memory(vec![(0x1000, bytes)]), 0x1000).unwrap_err();
        assert_eq!(error, BootError::new(0x1008, BootFault::BadTagSize));
    }

    #[test]
    fn no_memory_map_is_an_error() {
        let error = parse(&Memory(vec![(0x1000, tagged(&[]))]), 0x1000).unwrap_err();
        assert_eq!(error.fault, BootFault::NoMemoryMap);
    }

    proptest! {
        #[test]
        fn damaged_tag_lists_never_panic(damage in prop::collection::vec((0usize..160, any::<u8>()), 1..6)) {
            let mut bytes = machine();
            for (at, value) in damage {
                let at = at % bytes.len();
                bytes[at] = value;
            }
            let _ = parse(&Memory(vec![(0x1000, bytes)]), 0x1000);
        }
    }
}
