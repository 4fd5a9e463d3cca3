//! Where a journal lives: a directory of files, behind two traits so that tests can take the power away.
//!
//! The log above knows memory that the writer fills ([`Segment::memory`]), and asks for it to be handed to the operating
//! system ([`Segment::write`]) and to the disk ([`Segment::sync`]). The two media differ only there.

mod folder;
mod mapped;
mod written;

pub use folder::{Access, Folder};

use crate::options::Medium;
use crate::pace::Pace;
use std::io;
use std::sync::Arc;

/// A directory of files. Every change that returns is on the disk.
pub trait Storage: Send + Sync {
    /// What to call it in messages.
    fn place(&self) -> String;

    /// Names of all files.
    ///
    /// # Errors
    /// Those of the operating system, here and below.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Bytes of a file.
    ///
    /// # Errors
    /// As [`Storage::list`].
    fn length(&self, name: &str) -> io::Result<u64>;

    /// Reads at `offset` until `into` is full or the file ends; gives the number of bytes.
    ///
    /// # Errors
    /// As [`Storage::list`].
    fn read(&self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Makes a whole file, or replaces it: all of it or, after a crash, nothing.
    ///
    /// # Errors
    /// As [`Storage::list`].
    fn store(&self, name: &str, parts: &[&[u8]]) -> io::Result<()>;

    /// Brings everything that was handed over of a file to the disk.
    ///
    /// # Errors
    /// As [`Storage::list`].
    fn harden(&self, name: &str) -> io::Result<()>;

    /// Cuts a file to `length` bytes and makes what is left durable.
    ///
    /// # Errors
    /// As [`Storage::list`].
    fn truncate(&self, name: &str, length: u64) -> io::Result<()>;

    /// # Errors
    /// As [`Storage::list`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// # Errors
    /// As [`Storage::list`].
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes a segment of zeros after `header` that the writer can fill without waiting for anything, piece by piece, each when
    /// `pace` says so.
    ///
    /// # Errors
    /// As [`Storage::list`], and what `pace` says; nothing of the file is left then.
    fn prepare(&self, name: &str, header: &[u8], how: Preparation, pace: &mut dyn Pace)
    -> io::Result<Arc<dyn Segment>>;
}

/// How a segment is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Preparation {
    pub bytes: usize,
    pub medium: Medium,
    /// Whether its blocks are written and synced beforehand, so that later syncs have no metadata to bring along.
    pub hardened: bool,
}

impl Preparation {
    /// Bytes to be made: those of the memory, and before them those of the file if they are hardened.
    const fn work(&self) -> usize {
        if self.hardened { 2 * self.bytes } else { self.bytes }
    }
}

/// A segment that is being filled.
///
/// One thread writes through [`Segment::memory`]; one other thread calls the rest, and only for bytes that were
/// published to it.
pub trait Segment: Send + Sync {
    /// Start of the bytes: 8-aligned, [`Segment::bytes`] long, zeros but for the header, valid while the segment lives.
    fn memory(&self) -> *mut u8;

    fn bytes(&self) -> usize;

    /// Hands everything before byte `to` to the operating system: it outlives this process.
    ///
    /// # Errors
    /// Those of the operating system.
    fn write(&self, to: usize) -> io::Result<()>;

    /// Brings everything before byte `to` to the disk: it outlives the machine's power.
    ///
    /// # Errors
    /// Those of the operating system. What is on the disk is then unknown, for good: the next call cannot mend it.
    fn sync(&self, to: usize) -> io::Result<()>;

    /// Makes bytes `from..to` writable without a page fault again, should the kernel have taken that away.
    fn warm(&self, from: usize, to: usize);

    /// Blocks of this many bytes are disturbed as one when a part of them is synced under the writer's hands; 1 when a
    /// sync does not disturb it.
    fn block(&self) -> usize;
}
