//! One run and its state machine. Wrong order of calls is an error with text, never a crash or a wait without end.

use super::control::Control;
use super::job::{MemoryJob, Plan, Transfer};
use super::outcome::{Outcome, Status};
use super::page::{PageBox, RunState};
use serde_json::Map;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A call that does not fit the run's state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunError(pub String);

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RunError {}

enum Stage {
    Ready(Plan),
    Running(JoinHandle<()>),
    Feeding(Box<dyn MemoryJob>),
    Ended,
}

/// A run from open to close. Dropping it asks the job to stop and waits for its thread.
pub struct Run {
    page: Arc<PageBox>,
    stage: Stage,
    end: Arc<End>,
}

/// How a run ended, once it has, and who waits for that.
#[derive(Default)]
struct End {
    outcome: Mutex<Option<Outcome>>,
    come: Condvar,
}

impl End {
    fn lock(&self) -> MutexGuard<'_, Option<Outcome>> {
        // A job's panic is caught before this is locked.
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run's last act: whoever waits finds the page finished.
    fn declare(&self, outcome: Outcome, page: &PageBox) {
        let mut slot = self.lock();
        *slot = Some(outcome);
        page.set_state(RunState::Finished);
        self.come.notify_all();
    }
}

impl Run {
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self { page: Arc::new(PageBox::new()), stage: Stage::Ready(plan), end: Arc::default() }
    }

    #[must_use]
    pub fn page(&self) -> &PageBox {
        &self.page
    }

    /// Starts the job's thread, or readies a memory job for feeding.
    ///
    /// # Errors
    /// When it was started before, or the thread cannot be created.
    pub fn start(&mut self) -> Result<(), RunError> {
        match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Ready(Plan::Memory(job)) => {
                self.page.set_state(RunState::Running);
                self.stage = Stage::Feeding(job);
                Ok(())
            }
            Stage::Ready(Plan::Threaded(job)) => {
                let (page, end) = (Arc::clone(&self.page), Arc::clone(&self.end));
                page.set_state(RunState::Running);
                let body = move || {
                    let outcome = guarded(|| job.run(Control::new(&page)));
                    end.declare(outcome, &page);
                };
                let thread = std::thread::Builder::new().name("hftz-run".into()).spawn(body);
                self.stage = Stage::Running(thread.map_err(|e| RunError(format!("cannot start a thread: {e}")))?);
                Ok(())
            }
            earlier => {
                self.stage = earlier;
                Err(RunError("this run was started before; open a new one".into()))
            }
        }
    }

    /// Gives input to a memory run and takes output from it, within the call; see [`MemoryJob`].
    ///
    /// # Errors
    /// When the run has no memory source, was not started, has ended, or its input breaks a rule.
    pub fn feed(&mut self, input: &[u8], output: &mut [u8]) -> Result<Transfer, RunError> {
        let control = Control::new(&self.page);
        match &mut self.stage {
            Stage::Feeding(job) => job.feed(input, output, control).map_err(RunError),
            Stage::Ready(Plan::Memory(_)) => Err(RunError("start the run before feeding it".into())),
            Stage::Ready(_) | Stage::Running(_) => Err(RunError(
                "this run reads a file or a network; open it with \"input\": \"memory\" to feed it".into(),
            )),
            Stage::Ended => Err(RunError("this run has ended and takes no more input".into())),
        }
    }

    /// Waits until a running job has ended, at most so long; at once when no job runs.
    pub fn wait(&self, most: Duration) {
        if let Stage::Running(_) = self.stage {
            // Who is woken by a panic elsewhere, or too early, looks at the page.
            let _ = self.end.come.wait_timeout_while(self.end.lock(), most, |outcome| outcome.is_none());
        }
    }

    /// The outcome: waits for nothing. Ends a memory run.
    ///
    /// # Errors
    /// While the run is still going or was never started.
    pub fn outcome(&mut self) -> Result<Outcome, RunError> {
        if let Stage::Feeding(_) = self.stage
            && let Stage::Feeding(job) = std::mem::replace(&mut self.stage, Stage::Ended)
        {
            let page = Arc::clone(&self.page);
            let outcome = guarded(|| job.finish(Control::new(&page)));
            self.end.declare(outcome, &page);
        }
        let outcome = self.end.lock().clone();
        outcome.ok_or_else(|| {
            RunError(match self.stage {
                Stage::Ready(_) => "this run was never started".into(),
                _ => "this run is still going; stop it or wait for the page to say finished".into(),
            })
        })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.page.request_stop();
        if let Stage::Running(thread) = std::mem::replace(&mut self.stage, Stage::Ended) {
            // A panic was already turned into an outcome inside the thread.
            let _ = thread.join();
        }
    }
}

/// Runs `body`; a panic becomes a failed outcome with its text, so that nothing unwinds into a foreign caller.
fn guarded(body: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|cause| {
        Outcome::failed(Status::Failed, format!("internal error: {}", panic_text(cause.as_ref())), Map::new())
            .with_hint("this is a defect in hftz; please report it with the command line and the input")
    })
}

fn panic_text(cause: &(dyn Any + Send)) -> &str {
    cause
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| cause.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::page::Counter;

    struct Echo(u64);

    impl MemoryJob for Echo {
        fn feed(&mut self, input: &[u8], output: &mut [u8], control: Control<'_>) -> Result<Transfer, String> {
            let taken = input.len().min(output.len());
            output[..taken].copy_from_slice(&input[..taken]);
            self.0 += taken as u64;
            control.show(Counter::Messages, self.0);
            Ok(Transfer { consumed: taken, written: taken })
        }

        fn finish(self: Box<Self>, _: Control<'_>) -> Outcome {
            Outcome::done(Map::new())
        }
    }

    struct Spin;

    impl super::super::Job for Spin {
        fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
            while !control.stopped() {
                std::thread::yield_now();
            }
            Outcome::failed(Status::Interrupted, "interrupted", Map::new())
        }
    }

    struct Fall;

    impl super::super::Job for Fall {
        fn run(self: Box<Self>, _: Control<'_>) -> Outcome {
            panic!("the sky");
        }
    }

    const FOREVER: Duration = Duration::from_secs(3600);

    fn wait(run: &mut Run) -> Outcome {
        run.wait(FOREVER);
        assert!(run.page().finished());
        run.outcome().unwrap()
    }

    #[test]
    fn a_memory_run_moves_bytes_inside_the_call() {
        let mut run = Run::new(Plan::Memory(Box::new(Echo(0))));
        let mut out = [0; 4];
        assert!(run.feed(b"x", &mut out).unwrap_err().0.contains("start"));
        run.start().unwrap();
        assert_eq!(run.feed(b"abcdef", &mut out), Ok(Transfer { consumed: 4, written: 4 }));
        assert_eq!(&out, b"abcd");
        assert_eq!(run.page().get(Counter::Messages), 4.0);
        assert_eq!(run.outcome().unwrap().status, Status::Done);
        assert!(run.feed(b"x", &mut out).unwrap_err().0.contains("ended"));
    }

    #[test]
    fn a_stop_ends_a_threaded_run_and_gives_its_outcome() {
        let mut run = Run::new(Plan::Threaded(Box::new(Spin)));
        run.start().unwrap();
        assert!(run.start().is_err());
        assert!(run.outcome().is_err());
        run.page().request_stop();
        assert_eq!(wait(&mut run).status, Status::Interrupted);
    }

    #[test]
    fn waiting_ends_with_the_time_of_the_wait_and_at_once_when_nothing_runs() {
        let mut run = Run::new(Plan::Threaded(Box::new(Spin)));
        run.wait(FOREVER);
        run.start().unwrap();
        run.wait(Duration::from_millis(1));
        assert!(!run.page().finished());
        run.page().request_stop();
        wait(&mut run);
        run.wait(FOREVER);
        let mut memory = Run::new(Plan::Memory(Box::new(Echo(0))));
        memory.start().unwrap();
        memory.wait(FOREVER);
    }

    #[test]
    fn dropping_a_running_run_stops_it() {
        let mut run = Run::new(Plan::Threaded(Box::new(Spin)));
        run.start().unwrap();
        drop(run);
    }

    #[test]
    fn a_panic_in_a_job_is_a_failed_outcome_with_its_text() {
        let mut run = Run::new(Plan::Threaded(Box::new(Fall)));
        run.start().unwrap();
        let outcome = wait(&mut run);
        assert_eq!(outcome.status, Status::Failed);
        assert!(outcome.error.unwrap().contains("the sky"));
    }
}
