//! Why a job cannot begin: one line, and what may help.

use super::outcome::{Outcome, Status};
use hftz_net::NetError;
use hftz_source::{SinkError, SourceError};
use serde_json::Map;

/// An input or output that cannot be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub text: String,
    pub hint: Option<String>,
}

impl Refusal {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: None }
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
        Self { text: error.to_string(), hint: error.hint }
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self { hint: refusal.hint, ..Self::failed(Status::Failed, refusal.text, Map::new()) }
    }
}

impl From<Refusal> for Box<Outcome> {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.into())
    }
}
