//! What the kernel is told at boot: PVH and Multiboot2 say it differently, [`BootInfo`] says it once.

pub mod cmdline;
pub mod info;
pub mod memmap;
pub mod multiboot2;
pub mod pvh;

pub use cmdline::Cmdline;
pub use info::{BootError, BootFault, BootInfo, Module, Physical, Protocol};
pub use memmap::{Kind, MemoryMap, Region};
