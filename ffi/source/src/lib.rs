//! Where bytes come from and go to: files, pipes and gzip in, files and pipes out.
//!
//! A [`Stream`] is a window over the input that keeps what has not been consumed, so that decoders work on slices and
//! records may lie across reads. Nothing blocks for longer than [`PATIENCE`] without looking at the stop flag.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod clash;
mod error;
mod fd;
mod inflate;
mod members;
mod sink;
mod siphon;
mod stream;

pub use clash::clash;
pub use error::{SinkError, SourceError};
pub use sink::Sink;
pub use stream::{Fill, Stream};

use std::fmt;
use std::time::Duration;

/// Longest wait for the other end of a pipe before the stop flag is looked at again.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// Something that can be asked whether to end: a run's stop flag.
pub type Halt<'a> = &'a (dyn Fn() -> bool + Sync);

/// What one read gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Read {
    /// So many bytes, at least one.
    Bytes(usize),
    End,
    /// The halt flag was set while waiting.
    Stopped,
}

/// How the inflating of an input went so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gzip {
    /// Nanoseconds spent waiting for the inflating thread.
    pub waited_ns: u64,
    /// Known at the end of the input.
    pub trailing: Option<Trailing>,
}

/// Bytes behind the last gzip member that do not begin another, and are not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trailing {
    /// Where they begin, in the packed input.
    pub offset: u64,
    pub bytes: u64,
}

impl fmt::Display for Trailing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, bytes } = self;
        let noun = if *bytes == 1 { "byte" } else { "bytes" };
        write!(f, "packed offset {offset}: {bytes} {noun} behind the gzip data")
    }
}

/// A source of bytes that can be interrupted while it waits.
pub trait ByteSource: Send {
    /// Reads into `buffer`, which must not be empty.
    ///
    /// # Errors
    /// [`SourceError`] with the input's name.
    fn read(&mut self, buffer: &mut [u8], halt: Halt<'_>) -> Result<Read, SourceError>;

    /// Whether a read would not have to wait for somebody outside the program.
    fn is_ready(&mut self) -> bool;

    /// Bytes taken from the file or pipe so far, before decompression.
    fn taken(&self) -> u64;

    /// Size of the file in bytes, when it has one.
    fn size(&self) -> Option<u64>;

    /// What there is to say about the packing, when it is gzip.
    fn gzip(&self) -> Option<Gzip> {
        None
    }
}
