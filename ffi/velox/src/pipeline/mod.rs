//! Runs the stages: in one process, or its two halves in two, joined by a ring in shared memory.

mod crew;
mod halves;
mod joints;
mod plan;
mod report;
mod run;
mod segment;

pub use halves::{run_downstream, run_ingress};
pub use plan::{Crew, Plan};
pub use report::{Conservation, Report, Snapshot, StageReport, Surroundings};
pub use run::{PipelineError, run};
pub use segment::{Role, Segment, SegmentError, check_name};
