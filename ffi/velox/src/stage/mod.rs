//! The four stages, each a function that does what there is to do now and returns.

mod book;
mod bundle;
mod ingress;
mod meters;
mod output;

pub use book::BookStage;
pub use bundle::BundleStage;
pub use ingress::{Ingress, Load};
pub use meters::{Meters, RejectCounts};
pub use output::{Output, SIZES};

use hftz_hist::OwnedHistogram;

/// Most items that a stage takes in one step, so that stages that share a thread take turns.
pub(crate) const BATCH: usize = 32;

/// Which stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Ingress,
    Book,
    Bundle,
    Output,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Ingress, Self::Book, Self::Bundle, Self::Output];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Book => "book",
            Self::Bundle => "bundle",
            Self::Output => "output",
        }
    }
}

/// How a step went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// There was nothing to do, or no room for its result.
    Idle,
    /// So many items were handled.
    Worked(usize),
    /// Nothing will ever come again, and everything that came has been passed on.
    Finished,
}

/// What a stage knows at its end that counters do not tell, in nanoseconds:
/// ingress: lateness behind the schedule; book: intended time to the book's attention; bundle: arrival to flush; output: flush to
/// the output's attention (its latencies leave by intervals).
pub struct StageResult {
    pub kind: Kind,
    pub histogram: OwnedHistogram,
}

/// A stage of the pipeline.
pub trait Stage {
    fn kind(&self) -> Kind;

    /// Does what there is to do now, and at most a batch of it. Never waits.
    fn step(&mut self) -> Progress;

    /// The next moment at which the stage has something to do though nothing arrives, in ticks.
    fn wake(&self) -> Option<u64>;

    fn finish(self: Box<Self>) -> StageResult;
}

impl<S: Stage + ?Sized> Stage for Box<S> {
    fn kind(&self) -> Kind {
        (**self).kind()
    }

    fn step(&mut self) -> Progress {
        (**self).step()
    }

    fn wake(&self) -> Option<u64> {
        (**self).wake()
    }

    fn finish(self: Box<Self>) -> StageResult {
        (*self).finish()
    }
}
