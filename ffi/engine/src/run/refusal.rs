//! Why a job cannot begin: one line, and what may help.

use super::control::Control;
use super::job::Job;
use super::outcome::{Outcome, Status};
use hftz_net::NetError;
use hftz_source::{SinkError, SourceError};
use serde_json::Map;

/// An input or output that cannot be opened, or what this machine has not enough of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub status: Status,
    pub text: String,
    pub hint: Option<String>,
}

impl Refusal {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { status: Status::Failed, text: text.into(), hint: None }
    }

    /// What was asked for is right, and more than this machine has.
    #[must_use]
    pub fn unavailable(text: impl Into<String>) -> Self {
        Self { status: Status::Unavailable, ..Self::new(text) }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<SourceError> for Refusal {
    fn from(error: SourceError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<SinkError> for Refusal {
    fn from(error: SinkError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<NetError> for Refusal {
    fn from(error: NetError) -> Self {
        Self { hint: error.hint.clone(), ..Self::new(error.to_string()) }
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self { hint: refusal.hint, ..Self::failed(refusal.status, refusal.text, Map::new()) }
    }
}

impl From<Refusal> for Box<Outcome> {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.into())
    }
}

/// A run that can only say why it is none: for what is found out while it is planned and is no fault of the configuration.
impl Job for Refusal {
    fn run(self: Box<Self>, _: Control<'_>) -> Outcome {
        (*self).into()
    }
}
