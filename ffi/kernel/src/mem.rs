//! Memory: physical frames, address spaces, the kernel heap. All bookkeeping is in indices; see the crate's opening.

pub mod colour;
pub mod entry;
pub mod frames;
pub mod freemap;
pub mod heap;
pub mod lists;
pub mod pressure;
pub mod regions;
pub mod sizes;
pub mod space;

pub use entry::{Entry, PageSize, Rights};
pub use frames::{Frame, FrameError, Frames};
pub use freemap::FreeMap;
pub use heap::{Heap, HeapError};
pub use lists::FrameList;
