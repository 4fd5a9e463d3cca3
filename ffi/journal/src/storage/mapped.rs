//! A segment as a shared mapping of its file.
//!
//! The page cache is the buffer: what is appended outlives the process at once. The file must not be truncated by
//! others while it is open; the kernel would answer a store beyond its end with SIGBUS.

use super::Segment;
use crate::pace::Work;
use memmap2::{Advice, MmapOptions, MmapRaw, UncheckedAdvice};
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
        let left = to & !(PAGE - 1);
        if left > from {
            // A sync write-protects each page by itself, with an interrupt to the writer's processor for each. Pages that are not mapped
            // any more need none; the writer is past these. Only advice: they are shared, so what was stored stays in the file.
            // SAFETY: inside the mapping; of a shared file only the mapping goes, and comes back with the same bytes when touched.
            let _ = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, from, left - from) };
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::AtOnce;
    use std::fs::OpenOptions;

    /// KiB of the file that this process has mapped and present.
    fn present(name: &str) -> usize {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let of_file = maps.lines().skip_while(|line| !line.ends_with(name)).find(|line| line.starts_with("Rss:"));
        of_file.unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn pages_that_the_writer_has_left_are_let_go_by_a_sync_and_keep_their_bytes() {
        let name = format!("hftz-mapped-{}", std::process::id());
        let path = std::env::temp_dir().join(&name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        file.set_len(16 * PAGE as u64).unwrap();
        let segment = MappedSegment::new(&file, 16 * PAGE, &mut Work::new(&mut AtOnce, 16 * PAGE)).unwrap();
        assert_eq!(present(&name), 64);
        let fill = |from: usize, to: usize, byte| {
            // SAFETY: inside the mapping, which nobody else writes.
            unsafe { std::ptr::write_bytes(segment.memory().add(from), byte, to - from) };
        };
        fill(0, 3 * PAGE + 9, 1);
        segment.sync(3 * PAGE + 9).unwrap();
        assert_eq!(present(&name), 64 - 12, "the page that is being filled stays, and those behind it");
        fill(3 * PAGE + 9, 5 * PAGE, 2);
        segment.sync(5 * PAGE).unwrap();
        assert_eq!(present(&name), 64 - 20);
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes[..3 * PAGE + 9].iter().all(|byte| *byte == 1));
        assert!(bytes[3 * PAGE + 9..5 * PAGE].iter().all(|byte| *byte == 2));
        assert!(bytes[5 * PAGE..].iter().all(|byte| *byte == 0));
        std::fs::remove_file(path).unwrap();
    }
}
