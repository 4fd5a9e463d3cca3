//! The life of a native run: open, start, watch the page, stop, result, close.

mod control;
mod job;
mod life;
mod outcome;
mod page;
mod refusal;

pub use control::Control;
pub use job::{Job, MemoryJob, Plan, Transfer};
pub use life::{Run, RunError};
pub use outcome::{Outcome, Status};
pub use page::{Counter, LAYOUT, PAGE_BYTES, Page, PageBox, RunState, layout_json};
pub use refusal::Refusal;
