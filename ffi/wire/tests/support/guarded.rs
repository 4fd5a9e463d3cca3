//! Bytes with an unreadable page behind them or in front of them: on any toolchain, a read outside a slice ends the
//! process instead of going unseen.

use std::ptr;

/// Two readable stretches between unreadable pages.
pub struct Guarded {
    start: *mut u8,
    pages: usize,
}

const PAGE: usize = 4096;

impl Guarded {
    /// Room for inputs of up to `most` bytes.
    pub fn new(most: usize) -> Self {
        let pages = most.div_ceil(PAGE).max(1);
        // SAFETY: an anonymous mapping at an address of the system's choice touches no other memory.
        let start = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            libc::mmap(ptr::null_mut(), (pages + 2) * PAGE, libc::PROT_NONE, flags, -1, 0)
        };
        assert_ne!(start, libc::MAP_FAILED);
        // SAFETY: the pages between the first and the last belong to the mapping just made.
        let opened = unsafe { libc::mprotect(start.byte_add(PAGE), pages * PAGE, libc::PROT_READ | libc::PROT_WRITE) };
        assert_eq!(opened, 0);
        Self { start: start.cast(), pages }
    }

    /// A copy of `bytes` that ends where readable memory ends.
    pub fn at_end(&mut self, bytes: &[u8]) -> &[u8] {
        self.copy(bytes, self.pages * PAGE - bytes.len())
    }

    /// A copy of `bytes` that begins where readable memory begins.
    pub fn at_start(&mut self, bytes: &[u8]) -> &[u8] {
        self.copy(bytes, 0)
    }

    fn copy(&mut self, bytes: &[u8], at: usize) -> &[u8] {
        assert!(bytes.len() <= self.pages * PAGE);
        // SAFETY: `at + bytes.len()` is within the readable pages, which nothing else refers to while `self` is borrowed.
        unsafe {
            let to = self.start.add(PAGE + at);
            ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
            std::slice::from_raw_parts(to, bytes.len())
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping made by `new`, unmapped once.
        unsafe { libc::munmap(self.start.cast(), (self.pages + 2) * PAGE) };
    }
}
