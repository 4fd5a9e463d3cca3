//! Runs the stages: in one process, or its two halves in two, joined by a ring in shared memory.

mod crew;
mod joints;
mod plan;
mod report;
mod run;

pub use joints::{ring_bytes, ring_in};
pub use plan::{Crew, Plan};
pub use report::{Conservation, Report, Snapshot, StageReport};
pub use run::{PipelineError, run, run_downstream, run_ingress};
