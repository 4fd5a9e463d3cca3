//! Memory of the running machine: the library's allocators put over real frames and real tables.

pub mod demand;
pub mod heap;
pub mod layout;
pub mod phys;
pub mod routines;
pub mod stacks;
pub mod vmm;
