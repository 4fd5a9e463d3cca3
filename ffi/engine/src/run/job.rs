//! What a run does: a job on a thread of its own, or a job fed from memory, call by call.

use super::control::Control;
use super::outcome::Outcome;

/// Work with its own inputs and outputs; runs on one thread and may start more.
pub trait Job: Send {
    /// Works until the input ends, the work is done or `control.stopped()`, then reports.
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome;
}

/// How far one call of [`MemoryJob::feed`] came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Transfer {
    /// Bytes of the input that were taken.
    pub consumed: usize,
    /// Bytes of the output that were filled.
    pub written: usize,
}

/// Work whose source and sink are the caller's memory, done inside the call.
///
/// A call takes input only while its output has room: the caller calls again, with what was not consumed or with nothing,
/// until everything is consumed and nothing more is written. Asking for the outcome ends the stream.
pub trait MemoryJob: Send {
    /// # Errors
    /// Text that names the place in the stream and the rule; the job then takes no more input.
    fn feed(&mut self, input: &[u8], output: &mut [u8], control: Control<'_>) -> Result<Transfer, String>;

    fn finish(self: Box<Self>, control: Control<'_>) -> Outcome;
}

/// A validated configuration, ready to run.
pub enum Plan {
    Threaded(Box<dyn Job>),
    Memory(Box<dyn MemoryJob>),
}
