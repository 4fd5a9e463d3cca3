//! A segment as a shared mapping of its file.
//!
//! The page cache is the buffer: what is appended outlives the process at once. The file must not be truncated by
//! others while it is open; the kernel would answer a store beyond its end with SIGBUS.

use super::Segment;
use crate::pace::Work;
use memmap2::{Advice, MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

const PAGE: usize = 4096;
/// Largest folio of the page cache: a sync write-protects whole ones.
const FOLIO: usize = 2 << 20;

pub(super) struct MappedSegment {
    map: MmapRaw,
    /// Bytes known to be on the disk. Only the sync thread uses it.
    synced: AtomicUsize,
}

impl MappedSegment {
    pub(super) fn new(file: &File, bytes: usize, work: &mut Work<'_>) -> io::Result<Self> {
        let map = MmapOptions::new().len(bytes).map_raw(file)?;
        work.each(bytes, |from, to| fault_in(&map, from, to))?;
        Ok(Self { map, synced: AtomicUsize::new(0) })
    }
}

/// Makes bytes `from..to`, whole pages, present and writable.
fn fault_in(map: &MmapRaw, from: usize, to: usize) -> io::Result<()> {
    match map.advise_range(Advice::PopulateWrite, from, to - from) {
        Ok(()) => Ok(()),
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            // Before Linux 5.14. Nobody else knows these pages yet, so they can be touched by hand.
            for at in (from..to).step_by(PAGE) {
                // SAFETY: inside the mapping; a byte is written back as it was read.
                unsafe {
                    let byte = map.as_mut_ptr().add(at);
                    byte.write_volatile(byte.read_volatile());
                }
            }
            Ok(())
        }
        // The file system has no block for a page: a store would be answered with SIGBUS.
        Err(_) => Err(io::Error::from_raw_os_error(libc::ENOSPC)),
    }
}

impl Segment for MappedSegment {
    fn memory(&self) -> *mut u8 {
        self.map.as_mut_ptr()
    }

    fn bytes(&self) -> usize {
        self.map.len()
    }

    fn write(&self, _to: usize) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self, to: usize) -> io::Result<()> {
        let from = self.synced.load(Ordering::Relaxed) & !(PAGE - 1);
        if to > from {
            self.map.flush_range(from, to - from)?;
            self.synced.store(to, Ordering::Relaxed);
        }
        Ok(())
    }

    fn warm(&self, from: usize, to: usize) {
        let from = from & !(PAGE - 1);
        let to = to.min(self.map.len());
        if from < to {
            // Advice: where the kernel does not know it the writer takes the faults itself.
            let _ = self.map.advise_range(Advice::PopulateWrite, from, to - from);
        }
    }

    fn block(&self) -> usize {
        FOLIO
    }
}
