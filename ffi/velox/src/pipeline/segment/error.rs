//! The halves by name, and why they do not meet.

use super::{PATIENCE, VERSION};
use hftz_ring::RingError;
use std::fmt;
use std::io;

/// Which half of the pipeline a process runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Downstream,
    Ingress,
}

impl Role {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Downstream => "downstream",
            Self::Ingress => "ingress",
        }
    }

    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Downstream => Self::Ingress,
            Self::Ingress => Self::Downstream,
        }
    }
}

/// Why two halves do not meet.
#[derive(Debug)]
pub enum SegmentError {
    Name,
    /// Nobody made the segment, or nobody joined it, in time.
    Alone(Role),
    Foreign(String),
    Version(u32),
    Stale(String),
    /// The segment has such a half.
    Taken(Role, String),
    Ring(RingError),
    System(io::Error, String),
    /// Somebody stopped the wait.
    Stopped,
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("a name of shared memory has 1 to 64 letters, digits, - or _"),
            Self::Alone(role) => {
                write!(f, "no {} half came within {} s", role.other().name(), PATIENCE.as_secs())
            }
            Self::Foreign(path) => {
                write!(f, "{path} is no shared memory of hftz, or another user's: choose another name")
            }
            Self::Version(found) => {
                write!(
                    f,
                    "the shared memory has layout {found}, this hftz has {VERSION}: run one version on both sides"
                )
            }
            Self::Stale(path) => {
                write!(f, "{path} was left behind by a run that did not end in order: remove it with rm {path}")
            }
            Self::Taken(role, path) => write!(f, "{path} has a {} half already", role.name()),
            Self::Ring(error) => write!(f, "the ring in shared memory: {error}"),
            Self::System(error, path) => write!(f, "{path}: {error}"),
            Self::Stopped => f.write_str("stopped before the other half came"),
        }
    }
}

impl std::error::Error for SegmentError {}
