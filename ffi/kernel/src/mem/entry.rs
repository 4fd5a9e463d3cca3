//! Page-table entries and the arithmetic of virtual addresses (Intel SDM vol. 3A, section 4.5: 4-level paging).

use core::fmt;

pub const PAGE_SIZE: u64 = 4096;

/// The three sizes a mapping can have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PageSize {
    Small,
    Large,
    Huge,
}

impl PageSize {
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << self.shift()
    }

    /// Small frames it covers.
    #[must_use]
    pub const fn frames(self) -> usize {
        (self.bytes() / PAGE_SIZE) as usize
    }

    #[must_use]
    pub const fn shift(self) -> u32 {
        match self {
            Self::Small => 12,
            Self::Large => 21,
            Self::Huge => 30,
        }
    }

    /// The table level whose entries map this size: 1 for 4 KiB, 2 for 2 MiB, 3 for 1 GiB.
    #[must_use]
    pub const fn level(self) -> u32 {
        (self.shift() - 3) / 9
    }

    #[must_use]
    pub const fn of_level(level: u32) -> Option<Self> {
        match level {
            1 => Some(Self::Small),
            2 => Some(Self::Large),
            3 => Some(Self::Huge),
            _ => None,
        }
    }
}

/// What a mapping allows. Execution is granted, not withheld: nothing is executable by accident.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rights {
    pub write: bool,
    pub execute: bool,
    pub user: bool,
    /// Device memory: neither cached nor written back.
    pub uncached: bool,
    /// Survives a CR3 load.
    pub global: bool,
}

impl Rights {
    pub const READ: Self = Self { write: false, execute: false, user: false, uncached: false, global: false };
    pub const DATA: Self = Self { write: true, ..Self::READ };
    pub const CODE: Self = Self { execute: true, ..Self::READ };
    pub const DEVICE: Self = Self { write: true, uncached: true, ..Self::READ };
    pub const USER_CODE: Self = Self { execute: true, user: true, ..Self::READ };
    pub const USER_DATA: Self = Self { write: true, user: true, ..Self::READ };
}

/// One entry of any level.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Entry(pub u64);

impl Entry {
    pub const PRESENT: u64 = 1;
    pub const WRITE: u64 = 1 << 1;
    pub const USER: u64 = 1 << 2;
    pub const WRITE_THROUGH: u64 = 1 << 3;
    pub const UNCACHED: u64 = 1 << 4;
    pub const ACCESSED: u64 = 1 << 5;
    pub const DIRTY: u64 = 1 << 6;
    /// A leaf at level 2 or 3.
    pub const LARGE: u64 = 1 << 7;
    pub const GLOBAL: u64 = 1 << 8;
    pub const NO_EXECUTE: u64 = 1 << 63;
    const ADDRESS: u64 = 0x000F_FFFF_FFFF_F000;

    /// An entry that points at the next table. Rights are those of the leaf, so tables allow everything - but user
    /// access only where a user mapping lies below.
    #[must_use]
    pub const fn table(address: u64, user: bool) -> Self {
        Self(address & Self::ADDRESS | Self::PRESENT | Self::WRITE | if user { Self::USER } else { 0 })
    }

    #[must_use]
    pub const fn leaf(address: u64, size: PageSize, rights: Rights) -> Self {
        let mut bits = address & Self::ADDRESS | Self::PRESENT;
        if !matches!(size, PageSize::Small) {
            bits |= Self::LARGE;
        }
        if rights.write {
            bits |= Self::WRITE;
        }
        if rights.user {
            bits |= Self::USER;
        }
        if rights.uncached {
            bits |= Self::UNCACHED | Self::WRITE_THROUGH;
        }
        if rights.global {
            bits |= Self::GLOBAL;
        }
        if !rights.execute {
            bits |= Self::NO_EXECUTE;
        }
        Self(bits)
    }

    #[must_use]
    pub const fn is_present(self) -> bool {
        self.0 & Self::PRESENT != 0
    }

    /// Whether this entry, found at `level`, maps memory rather than pointing at a table.
    #[must_use]
    pub const fn is_leaf(self, level: u32) -> bool {
        self.is_present() && (level == 1 || level <= 3 && self.0 & Self::LARGE != 0)
    }

    /// Where it points. Bit 12 of a large leaf is its PAT bit, not address: cut by the page's own size.
    #[must_use]
    pub const fn address(self) -> u64 {
        self.0 & Self::ADDRESS
    }

    #[must_use]
    pub const fn rights(self) -> Rights {
        Rights {
            write: self.0 & Self::WRITE != 0,
            execute: self.0 & Self::NO_EXECUTE == 0,
            user: self.0 & Self::USER != 0,
            uncached: self.0 & Self::UNCACHED != 0,
            global: self.0 & Self::GLOBAL != 0,
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({:#x})", self.0)
    }
}

/// The index of `address` in the table of `level` (4 is the root).
#[must_use]
pub const fn index(address: u64, level: u32) -> usize {
    (address >> (12 + 9 * (level - 1)) & 511) as usize
}

/// Bits 48..63 must repeat bit 47.
#[must_use]
pub const fn is_canonical(address: u64) -> bool {
    ((address << 16) as i64 >> 16) as u64 == address
}

/// The address whose table indices from the root down are these.
#[must_use]
pub const fn address_of(indices: [usize; 4]) -> u64 {
    let flat =
        (indices[0] as u64) << 39 | (indices[1] as u64) << 30 | (indices[2] as u64) << 21 | (indices[3] as u64) << 12;
    ((flat << 16) as i64 >> 16) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_know_their_levels() {
        for size in [PageSize::Small, PageSize::Large, PageSize::Huge] {
            assert_eq!(PageSize::of_level(size.level()), Some(size));
        }
        assert_eq!((PageSize::Large.bytes(), PageSize::Huge.frames()), (2 << 20, 262_144));
    }

    #[test]
    fn the_kernel_base_is_the_last_table_but_two() {
        let base = 0xFFFF_FFFF_8000_0000;
        assert_eq!((index(base, 4), index(base, 3), index(base, 2), index(base, 1)), (511, 510, 0, 0));
        assert!(is_canonical(base) && !is_canonical(0x8000_0000_0000));
    }

    proptest! {
        #[test]
        fn an_address_is_its_indices(a in 0usize..512, b in 0usize..512, c in 0usize..512, d in 0usize..512) {
            let address = address_of([a, b, c, d]);
            prop_assert!(is_canonical(address));
            prop_assert_eq!([4, 3, 2, 1].map(|level| index(address, level)), [a, b, c, d]);
        }

        #[test]
        fn rights_survive_an_entry(write: bool, execute: bool, user: bool, uncached: bool, global: bool, frame in 0u64..1 << 40) {
            let rights = Rights { write, execute, user, uncached, global };
            let entry = Entry::leaf(frame << 12, PageSize::Small, rights);
            prop_assert_eq!((entry.rights(), entry.address(), entry.is_leaf(1)), (rights, frame << 12, true));
        }
    }
}
