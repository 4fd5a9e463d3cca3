//! A segment as anonymous memory that is written to its file.
//!
//! The writer never touches the page cache, so nothing that a sync does to it can hold the writer up. Memory of this
//! size is dear to get from a hypervisor (100 ms and more for 64 MiB) and cheap to clear, so it is kept and used again.

use super::Segment;
use crate::pace::Work;
use memmap2::{Advice, MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Buffers waiting to be used again; two are enough for one segment in use and one ahead.
const KEPT: usize = 2;

#[derive(Default, Debug)]
pub(super) struct Buffers(Mutex<Vec<MmapRaw>>);

pub(super) struct WrittenSegment {
    /// `None` only while it is being dropped.
    memory: Option<MmapRaw>,
    base: *mut u8,
    bytes: usize,
    file: File,
    /// Bytes handed to the kernel. Only the sync thread uses it.
    written: AtomicUsize,
    home: Arc<Buffers>,
}

// SAFETY: `base` points into `memory`, which the segment owns; who may write and read where is the contract of Segment.
unsafe impl Send for WrittenSegment {}
// SAFETY: as above.
unsafe impl Sync for WrittenSegment {}

impl Buffers {
    pub(super) fn segment(
        this: &Arc<Self>,
        file: File,
        header: &[u8],
        bytes: usize,
        work: &mut Work<'_>,
    ) -> io::Result<WrittenSegment> {
        let memory = this.clear_one(bytes, work)?;
        let base = memory.as_mut_ptr();
        // SAFETY: the memory is at least one page long, longer than the header, and not shared yet.
        unsafe { std::ptr::copy_nonoverlapping(header.as_ptr(), base, header.len()) };
        let written = AtomicUsize::new(0);
        Ok(WrittenSegment { memory: Some(memory), base, bytes, file, written, home: Arc::clone(this) })
    }

    fn clear_one(&self, bytes: usize, work: &mut Work<'_>) -> io::Result<MmapRaw> {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let memory = match used.filter(|memory| memory.len() == bytes) {
            Some(memory) => memory,
            None => {
                let memory = MmapOptions::new().len(bytes).map_anon()?;
                // Advice: the zeros below make the pages present in any case.
                let _ = memory.advise(Advice::HugePage);
                memory.into()
            }
        };
        work.each(bytes, |from, to| {
            // SAFETY: inside the mapping, which nobody else has: it is new, or the segment that used it is gone.
            unsafe { std::ptr::write_bytes(memory.as_mut_ptr().add(from), 0, to - from) };
            Ok(())
        })?;
        Ok(memory)
    }

    fn give_back(&self, memory: MmapRaw) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(memory);
        }
    }
}

impl Segment for WrittenSegment {
    fn memory(&self) -> *mut u8 {
        self.base
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn write(&self, to: usize) -> io::Result<()> {
        let from = self.written.load(Ordering::Relaxed);
        if to > from {
            // SAFETY: `to` was published by the writer, which never touches bytes before it again.
            let bytes = unsafe { std::slice::from_raw_parts(self.base.add(from), to - from) };
            self.file.write_all_at(bytes, from as u64)?;
            self.written.store(to, Ordering::Relaxed);
        }
        Ok(())
    }

    fn sync(&self, to: usize) -> io::Result<()> {
        self.write(to)?;
        self.file.sync_data()
    }

    fn warm(&self, _from: usize, _to: usize) {}

    fn block(&self) -> usize {
        1
    }
}

impl Drop for WrittenSegment {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.home.give_back(memory);
        }
    }
}
