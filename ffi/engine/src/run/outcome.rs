//! How a run ended.

use serde_json::{Map, Value, json};

/// The end of a run; the number is the process exit code of the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Status {
    Done = 0,
    /// The run failed: bad input, no such file, disk full.
    Failed = 1,
    /// What was asked for makes no sense for this input.
    Usage = 2,
    /// This machine cannot do it.
    Unavailable = 3,
    /// A check the user asked for found a difference.
    CheckFailed = 4,
    Interrupted = 130,
    /// The reader of our output went away.
    BrokenPipe = 141,
}

/// Status, what to tell the user when it is not [`Status::Done`], and the figures, which stand in every case: what was done
/// before a failure is kept and reported.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub status: Status,
    pub error: Option<String>,
    pub hint: Option<String>,
    pub result: Map<String, Value>,
}

impl Outcome {
    #[must_use]
    pub fn done(result: Map<String, Value>) -> Self {
        Self { status: Status::Done, error: None, hint: None, result }
    }

    #[must_use]
    pub fn failed(status: Status, error: impl Into<String>, result: Map<String, Value>) -> Self {
        Self { status, error: Some(error.into()), hint: None, result }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// `{"status", "error", "hint", "result"}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!({"status": self.status as i32, "error": self.error, "hint": self.hint, "result": self.result}).to_string()
    }
}
