//! HFT-Zero, the parts without privileged instructions: what either boot protocol hands over, the allocators, the
//! arithmetic of page tables and descriptors, and the lines the kernel writes to its serial port.
//!
//! Nothing here touches a device, a control register or an address it was not given, so all of it runs under
//! `cargo test` on a host. The bare binary (`src/bare`, feature `bare`) supplies the machine and calls down into this.
//! Allocators deal in indices, not in pointers: their bookkeeping lives outside the memory they hand out, a stray write
//! of a user cannot break it, and no `unsafe` is needed to keep it.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

extern crate alloc;

pub mod acpi;
pub mod boot;
pub mod cpu;
pub mod mem;
pub mod native;
pub mod report;
pub mod sync;
pub mod trade;
