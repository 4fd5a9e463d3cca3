//! One piece of memory for all rings of a run: on huge pages where there are any, touched before the run begins.

use super::nodes::prefer_node;
use std::io;
use std::ptr::NonNull;

/// What kind of pages the memory got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pages {
    /// 2 MiB pages from the reserved pool.
    Huge,
    /// Ordinary pages that the kernel was asked to merge (transparent huge pages).
    Transparent,
    Ordinary,
}

const HUGE: usize = 2 << 20;

/// Anonymous memory that lives as long as this value, all zero at first.
#[derive(Debug)]
pub struct Region {
    start: NonNull<u8>,
    bytes: usize,
    pages: Pages,
    node: Option<usize>,
}

// SAFETY: a region is memory with an address; who may touch which part of it is settled by those who are given the address.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// At least `bytes` of memory, in whole huge pages, near the processors of `node` where one is named.
    ///
    /// # Errors
    /// Of the system, when there is not that much.
    pub fn new(bytes: usize, node: Option<usize>) -> io::Result<Self> {
        let bytes = bytes.max(1).checked_next_multiple_of(HUGE).ok_or(io::ErrorKind::OutOfMemory)?;
        let (start, pages) = match map(bytes, libc::MAP_HUGETLB) {
            Ok(start) => (start, Pages::Huge),
            Err(_) => {
                let start = map(bytes, 0)?;
                // SAFETY: advice about our own fresh mapping.
                let advised = unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE) };
                (start, if advised == 0 { Pages::Transparent } else { Pages::Ordinary })
            }
        };
        // SAFETY: the mapping is ours and nobody has touched it.
        let placed = node.filter(|&node| unsafe { prefer_node(start, bytes, node) }.is_ok());
        let region = Self { start, bytes, pages, node: placed };
        region.touch();
        Ok(region)
    }

    /// Writes to every page, so that the run meets no page fault.
    fn touch(&self) {
        const PAGE: usize = 4096;
        for offset in (0..self.bytes).step_by(PAGE) {
            // SAFETY: inside the mapping, which nobody else has yet.
            unsafe { self.start.add(offset).write_volatile(0) };
        }
    }

    #[must_use]
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    #[must_use]
    pub fn pages(&self) -> Pages {
        self.pages
    }

    /// The node that the memory was asked from; nothing when there was no choice or the system refused.
    #[must_use]
    pub fn node(&self) -> Option<usize> {
        self.node
    }
}

fn map(bytes: usize, flags: i32) -> io::Result<NonNull<u8>> {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | flags);
    // SAFETY: a fresh anonymous mapping at an address of the kernel's choice touches no other memory.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(start.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: this is the mapping of `new`; whoever used it kept this value alive.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_there_and_says_what_it_got() {
        let region = Region::new(1, Some(0)).unwrap();
        assert_eq!(region.bytes(), HUGE);
        // SAFETY: the last byte of the region, nobody else has it.
        assert_eq!(unsafe { region.start().add(HUGE - 1).read() }, 0);
        assert!(matches!(region.pages(), Pages::Huge | Pages::Transparent | Pages::Ordinary));
        assert!(matches!(region.node(), Some(0) | None) && Region::new(1, Some(9_999)).unwrap().node().is_none());
        assert!(Region::new(usize::MAX - 1, None).is_err());
    }
}
