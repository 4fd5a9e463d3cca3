//! The processor: its tables, traps, local interrupt controller, ring 3, and the other processors.

pub mod catch;
pub mod features;
pub mod idt;
pub mod lapic;
pub mod percpu;
pub mod regs;
pub mod shoot;
pub mod smp;
pub mod trap;
pub mod user;
