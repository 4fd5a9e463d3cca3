//! One description of the machine, whichever way the kernel was started.
//!
//! Everything is copied out of the boot protocol's structures into fixed arrays: they lie in memory that the kernel is
//! about to own, and there is no allocator yet. Reading goes through [`Physical`], which bounds every access; a
//! structure that points outside memory is a [`BootError`] with the address, not a fault.

use super::cmdline::Cmdline;
use super::memmap::{MapFull, MemoryMap};
use crate::acpi::Root;
use core::fmt;

pub const MAX_MODULES: usize = 4;
pub const MAX_CMDLINE: usize = 1024;

/// Bounded reading of physical memory.
pub trait Physical {
    /// `len` bytes at `address`, or `None` where there is no readable memory.
    fn bytes(&self, address: u64, len: usize) -> Option<&[u8]>;

    /// The little-endian words of the boot protocols.
    fn u32(&self, address: u64) -> Option<u32> {
        self.bytes(address, 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes)
    }

    fn u64(&self, address: u64) -> Option<u64> {
        self.bytes(address, 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    Pvh,
    Multiboot2,
}

impl Protocol {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pvh => "pvh",
            Self::Multiboot2 => "multiboot2",
        }
    }
}

/// A file the loader put into memory: bytes `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Module {
    pub start: u64,
    pub end: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BootFault {
    Unreadable,
    BadMagic,
    NoMemoryMap,
    BadEntrySize,
    BadTagSize,
    TooManyRegions,
    TooManyModules,
    BadModule,
}

/// What was wrong and at which physical address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BootError {
    pub address: u64,
    pub fault: BootFault,
}

impl BootError {
    #[must_use]
    pub const fn new(address: u64, fault: BootFault) -> Self {
        Self { address, fault }
    }
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.fault {
            BootFault::Unreadable => "boot information points outside memory",
            BootFault::BadMagic => "wrong magic number",
            BootFault::NoMemoryMap => "no memory map",
            BootFault::BadEntrySize => "memory map entries have an impossible size",
            BootFault::BadTagSize => "a tag is shorter than its header or runs past the end",
            BootFault::TooManyRegions => "more memory regions than the kernel keeps",
            BootFault::TooManyModules => "more modules than the kernel keeps",
            BootFault::BadModule => "a module ends before it starts",
        };
        write!(f, "{rule} (at {:#x})", self.address)
    }
}

/// The machine as it was handed over. The memory map is normalised; modules are not yet reserved in it.
#[derive(Clone, Debug)]
pub struct BootInfo {
    pub protocol: Protocol,
    pub memory: MemoryMap,
    pub acpi: Option<Root>,
    modules: [Module; MAX_MODULES],
    module_count: usize,
    cmdline: [u8; MAX_CMDLINE],
    cmdline_len: usize,
}

impl BootInfo {
    #[must_use]
    pub const fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            memory: MemoryMap::new(),
            acpi: None,
            modules: [Module { start: 0, end: 0 }; MAX_MODULES],
            module_count: 0,
            cmdline: [0; MAX_CMDLINE],
            cmdline_len: 0,
        }
    }

    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules[..self.module_count]
    }

    #[must_use]
    pub fn cmdline(&self) -> Cmdline<'_> {
        Cmdline(core::str::from_utf8(&self.cmdline[..self.cmdline_len]).unwrap_or(""))
    }

    pub(super) fn add_module(&mut self, at: u64, start: u64, end: u64) -> Result<(), BootError> {
        if end < start {
            return Err(BootError::new(at, BootFault::BadModule));
        }
        let slot = self.modules.get_mut(self.module_count).ok_or(BootError::new(at, BootFault::TooManyModules))?;
        *slot = Module { start, end };
        self.module_count += 1;
        Ok(())
    }

    /// Keeps the text up to its NUL, [`MAX_CMDLINE`] bytes at most; bytes outside ASCII become `?` so that it is always
    /// text.
    pub(super) fn set_cmdline(&mut self, text: impl Iterator<Item = u8>) {
        self.cmdline_len = 0;
        for (slot, byte) in self.cmdline.iter_mut().zip(text.take_while(|byte| *byte != 0)) {
            *slot = if byte.is_ascii() { byte } else { b'?' };
            self.cmdline_len += 1;
        }
    }

    pub(super) fn finish(mut self, at: u64) -> Result<Self, BootError> {
        if self.memory.regions().is_empty() {
            return Err(BootError::new(at, BootFault::NoMemoryMap));
        }
        self.memory.normalise().map_err(|MapFull| BootError::new(at, BootFault::TooManyRegions))?;
        Ok(self)
    }
}

/// Memory for tests: a few byte ranges at chosen addresses.
#[cfg(test)]
pub(crate) mod fake {
    use super::Physical;

    #[derive(Default)]
    pub struct Memory(pub Vec<(u64, Vec<u8>)>);

    impl Physical for Memory {
        fn bytes(&self, address: u64, len: usize) -> Option<&[u8]> {
            self.0.iter().find_map(|(base, bytes)| {
                let from = usize::try_from(address.checked_sub(*base)?).ok()?;
                bytes.get(from..from.checked_add(len)?)
            })
        }
    }
}
