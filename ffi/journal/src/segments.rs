//! The segment files of a directory, by their headers.

use crate::header::{self, Header};
use crate::names::{self, Entry};
use crate::report::Fault;
use crate::storage::Storage;
use std::io;

/// A segment file and what its header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SegmentFile {
    pub index: u64,
    pub bytes: u64,
    pub header: Result<Header, Fault>,
}

impl SegmentFile {
    /// The first record, where the header can be believed and the segment was taken into use.
    pub(crate) fn first(&self) -> Option<u64> {
        self.header.ok().map(|header| header.first).filter(|first| *first > 0)
    }
}

/// All segments in order of their numbers; only headers are read.
pub(crate) fn survey(storage: &dyn Storage, names: &[String], journal: u64) -> io::Result<Vec<SegmentFile>> {
    let mut files = Vec::new();
    for name in names {
        let Entry::Log(index) = names::classify(name) else { continue };
        let mut head = [0; header::LENGTH];
        let read = storage.read(name, 0, &mut head)?;
        let header = Header::decode(&head[..read], journal, index);
        files.push(SegmentFile { index, bytes: storage.length(name)?, header });
    }
    files.sort_unstable_by_key(|file| file.index);
    Ok(files)
}

/// Removes the segments that end before record `sequence`, oldest first; gives how many.
pub(crate) fn drop_before(storage: &dyn Storage, journal: u64, sequence: u64) -> io::Result<usize> {
    let files = survey(storage, &storage.list()?, journal)?;
    let mut dropped = 0;
    for pair in files.windows(2) {
        // What the next one begins with says what this one ends with.
        match pair[1].first() {
            Some(next) if next <= sequence => storage.remove(&names::log(pair[0].index))?,
            _ => break,
        }
        dropped += 1;
    }
    Ok(dropped)
}
