//! What can go wrong with files and pipes, in words for a user.

use std::fmt;
use std::io;

/// An input that cannot be opened or read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SourceError {
    Open {
        name: String,
        why: String,
    },
    Read {
        name: String,
        offset: u64,
        why: String,
    },
    /// The gzip stream is damaged or ends early; `offset` counts inflated bytes.
    Inflate {
        name: String,
        offset: u64,
        why: String,
    },
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { name, why } => write!(f, "cannot open {name}: {why}"),
            Self::Read { name, offset, why } => write!(f, "cannot read {name} at byte {offset}: {why}"),
            Self::Inflate { name, offset, why } => {
                write!(f, "{name}: the gzip data is damaged after {offset} inflated bytes: {why}")
            }
        }
    }
}

impl std::error::Error for SourceError {}

/// An output that cannot take more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SinkError {
    Open {
        name: String,
        why: String,
    },
    /// The reader went away: not a failure of ours, and its own exit code.
    Closed,
    Write {
        name: String,
        written: u64,
        why: String,
    },
    /// The halt flag was set while the other end was not reading.
    Stopped,
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { name, why } => write!(f, "cannot write to {name}: {why}"),
            Self::Closed => f.write_str("the reader of the output went away"),
            Self::Write { name, written, why } => write!(f, "cannot write to {name} after {written} bytes: {why}"),
            Self::Stopped => f.write_str("stopped while the reader of the output was not reading"),
        }
    }
}

impl std::error::Error for SinkError {}

/// The operating system's words without Rust's "(os error 2)".
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}
