//! The little of ACPI that a kernel without power management needs: the root pointer, and the local APICs that the MADT
//! lists (ACPI 6.5, sections 5.2.5 and 5.2.12). Every table is checked by length and checksum before it is believed.

use crate::boot::info::Physical;

/// Where the table of tables is and how wide its entries are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Root {
    pub address: u64,
    /// XSDT (64-bit entries) rather than RSDT (32-bit).
    pub extended: bool,
}

/// Processors the kernel keeps track of.
pub const MAX_CPUS: usize = 16;

/// The local APIC ids of the processors that may be started, the MADT's order kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cpus {
    ids: [u8; MAX_CPUS],
    count: usize,
}

impl Cpus {
    #[must_use]
    pub fn ids(&self) -> &[u8] {
        &self.ids[..self.count]
    }
}

const RSDP_SIZE: usize = 20;
const HEADER: usize = 36;
const MAX_TABLE: usize = 1 << 20;

fn sums_to_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) == 0
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// Reads a root pointer that was handed over by value (Multiboot2) or found in memory.
#[must_use]
pub fn parse_rsdp(bytes: &[u8]) -> Option<Root> {
    let first = bytes.get(..RSDP_SIZE)?;
    if !first.starts_with(b"RSD PTR ") || !sums_to_zero(first) {
        return None;
    }
    if first[15] >= 2
        && let Some(address) = bytes.get(24..32).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes)
        && address != 0
    {
        return Some(Root { address, extended: true });
    }
    Some(Root { address: u64::from(le32(first, 16)?), extended: false })
}

/// The root pointer at a physical address; `None` for address 0 and for anything that does not check out.
#[must_use]
pub fn root(memory: &impl Physical, address: u64) -> Option<Root> {
    (address != 0)
        .then(|| memory.bytes(address, 36).or_else(|| memory.bytes(address, RSDP_SIZE)))
        .flatten()
        .and_then(parse_rsdp)
}

/// A whole table with its header, checked.
fn table<'m>(memory: &'m impl Physical, address: u64, signature: &[u8; 4]) -> Option<&'m [u8]> {
    let header = memory.bytes(address, HEADER)?;
    let length = le32(header, 4)? as usize;
    if &header[..4] != signature || !(HEADER..=MAX_TABLE).contains(&length) {
        return None;
    }
    memory.bytes(address, length).filter(|bytes| sums_to_zero(bytes))
}

/// Walks from the root to the MADT and lists the enabled processors; `None` without a valid MADT.
#[must_use]
pub fn cpus(memory: &impl Physical, root: Root) -> Option<Cpus> {
    let (signature, width) = if root.extended { (b"XSDT", 8) } else { (b"RSDT", 4) };
    let directory = table(memory, root.address, signature)?;
    let madt = directory[HEADER..].chunks_exact(width).find_map(|entry| {
        let address = entry.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        table(memory, address, b"APIC")
    })?;
    let mut cpus = Cpus::default();
    let mut rest = madt.get(HEADER + 8..)?;
    while let [kind, length, ..] = *rest {
        let length = usize::from(length);
        let Some(entry) = rest.get(..length).filter(|_| length >= 2) else { break };
        rest = &rest[length..];
        // Type 0, processor local APIC: uid, apic id, flags; bit 0 says enabled.
        if kind == 0 && length >= 8 && entry[4] & 1 == 1 && cpus.count < MAX_CPUS {
            cpus.ids[cpus.count] = entry[3];
            cpus.count += 1;
        }
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::info::fake::Memory;
    use proptest::prelude::*;

    fn sealed(mut bytes: Vec<u8>, checksum: usize) -> Vec<u8> {
        bytes[checksum] = 0;
        bytes[checksum] = 0u8.wrapping_sub(bytes.iter().fold(0, |sum, b| sum.wrapping_add(*b)));
        bytes
    }

    fn a_table(signature: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = signature.to_vec();
        bytes.extend((HEADER as u32 + body.len() as u32).to_le_bytes());
        bytes.resize(HEADER, 0);
        bytes.extend(body);
        sealed(bytes, 9)
    }

    fn machine() -> Memory {
        let mut rsdp = b"RSD PTR ".to_vec();
        rsdp.resize(16, 0);
        rsdp.extend(0x2000u32.to_le_bytes());
        let mut madt = vec![0u8; 8];
        madt.extend([0, 8, 0, 0, 1, 0, 0, 0]);
        madt.extend([1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        madt.extend([0, 8, 1, 5, 1, 0, 0, 0]);
        madt.extend([0, 8, 2, 6, 0, 0, 0, 0]);
        Memory(vec![
            (0x1000, sealed(rsdp, 8)),
            (0x2000, a_table(b"RSDT", &[0x3000u32.to_le_bytes(), 0x4000u32.to_le_bytes()].concat())),
            (0x3000, a_table(b"FACP", &[0; 8])),
            (0x4000, a_table(b"APIC", &madt)),
        ])
    }

    #[test]
    fn the_enabled_processors_are_listed() {
        let memory = machine();
        let root = root(&memory, 0x1000).unwrap();
        assert_eq!(cpus(&memory, root).unwrap().ids(), &[0, 5]);
    }

    #[test]
    fn a_table_with_a_wrong_checksum_is_not_believed() {
        let mut memory = machine();
        memory.0[3].1[40] ^= 1;
        assert_eq!(cpus(&memory, Root { address: 0x2000, extended: false }), None);
    }

    proptest! {
        #[test]
        fn damaged_tables_never_panic(at in 0usize..72, value: u8, length in 0u8..255) {
            let mut memory = machine();
            let madt = &mut memory.0[3].1;
            madt[45] = length;
            let at = at % madt.len();
            madt[at] = value;
            *madt = sealed(madt.clone(), 9);
            let _ = cpus(&memory, Root { address: 0x2000, extended: false });
        }
    }
}
