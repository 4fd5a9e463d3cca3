//! What can go wrong with a journal, in words for a user.

use crate::report::{Damage, Report};
use std::fmt;
use std::io;

/// A journal that cannot be created, opened, continued or closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// Another process has it open.
    Busy { place: String, holder: Option<u32> },
    /// A journal is there already, and a new one was asked for.
    Exists { place: String },
    /// Files are there, but no journal.
    NotAJournal { place: String, found: String },
    /// The identity file is damaged or of another version; without it no record can be checked.
    Identity { place: String, why: String },
    /// Refused: the report says what is damaged and what forcing would keep.
    Damaged(Box<Report>),
    /// A record that was sound when the journal was opened cannot be read now.
    Spoilt { place: String, damage: Damage },
    /// An option out of its range.
    Option { name: &'static str, rule: &'static str },
    /// The operating system refused.
    Storage {
        doing: String,
        why: String,
        /// The disk, the quota or the file size limit is used up.
        full: bool,
    },
}

impl Error {
    pub(crate) fn storage(doing: impl Into<String>, error: &io::Error) -> Self {
        Self::Storage { doing: doing.into(), why: words(error), full: is_full(error) }
    }

    /// Whether the user asked for something that cannot be asked of this journal (rather than a run that failed).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Exists { .. } | Self::NotAJournal { .. } | Self::Option { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { place, holder: Some(process) } => {
                write!(f, "journal {place} is in use by process {process}")
            }
            Self::Busy { place, holder: None } => write!(f, "journal {place} is in use by another process"),
            Self::Exists { place } => write!(f, "{place} is not empty: it has a journal"),
            Self::NotAJournal { place, found } => write!(f, "{place} is not a journal (it has {found})"),
            Self::Identity { place, why } => write!(f, "journal {place}: identity: {why}"),
            Self::Damaged(report) => write!(f, "{report}"),
            Self::Spoilt { place, damage } => write!(f, "journal {place} changed while it was read: {damage}"),
            Self::Option { name, rule } => write!(f, "{name} must be {rule}"),
            Self::Storage { doing, why, .. } => write!(f, "cannot {doing}: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// Why a record was not taken. Nothing of it is in the log, and the next one may be tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AppendError {
    /// No room for the next segment: the disk is full. Appending works again when there is room.
    Full,
    /// The next segment could not be made for another reason; tried again like [`AppendError::Full`].
    Unready,
    /// The disk failed to take what was written, for good: nothing more can become durable.
    Failed,
    /// The payload is longer than a record, or a segment, can hold.
    TooLong { length: usize, most: usize },
    /// The kind is one of the log's own.
    Kind { kind: u8 },
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the disk has no room for the journal"),
            Self::Unready => f.write_str("the next segment of the journal could not be made"),
            Self::Failed => f.write_str("the disk failed to take the journal"),
            Self::TooLong { length, most } => {
                write!(f, "a record of {length} bytes is longer than the {most} the journal takes")
            }
            Self::Kind { kind } => write!(f, "record kind {kind} is reserved for the journal itself"),
        }
    }
}

impl std::error::Error for AppendError {}

/// Whether room ran out, in one of the three ways the kernel says so.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG))
}

/// The operating system's words without Rust's "(os error 2)".
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}
