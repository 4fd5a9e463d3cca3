//! Memory of two processes: a memory file without a name, which nobody can make shorter.
//!
//! Sealed, because who holds a file can otherwise cut it, and who then touches its mapping is killed by a signal.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;

/// Neither shorter nor longer, for good.
const SEALS: i32 = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;

/// A shared mapping of a whole file; ends with this value.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a mapping is memory with an address; who may touch which part of it is settled by those who are given the address.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// So many zero bytes, and the file to hand to the other process. Pages come with the first touch.
    ///
    /// # Errors
    /// What the system answers.
    pub fn create(bytes: usize) -> io::Result<(Self, OwnedFd)> {
        let length = libc::off_t::try_from(bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
        // SAFETY: a string that ends with its 0.
        let fd = unsafe { libc::memfd_create(c"hftz".as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call succeeded, so this is a descriptor that nobody else has.
        let file = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: plain system calls on our own descriptor.
        let sealed = unsafe { libc::ftruncate(fd, length) == 0 && libc::fcntl(fd, libc::F_ADD_SEALS, SEALS) == 0 };
        if !sealed {
            return Err(io::Error::last_os_error());
        }
        Ok((Self::map(file.as_fd(), bytes, 0)?, file))
    }

    /// The memory behind a file that another process made; its pages are fetched now.
    ///
    /// # Errors
    /// `InvalidData` when it is no file that keeps its length; what the system answers.
    pub fn open(file: BorrowedFd<'_>) -> io::Result<Self> {
        // SAFETY: a plain system call on a descriptor that is open.
        let seals = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GET_SEALS) };
        let length = std::fs::File::from(file.try_clone_to_owned()?).metadata()?.len();
        match usize::try_from(length) {
            Ok(bytes) if bytes > 0 && seals >= 0 && seals & libc::F_SEAL_SHRINK != 0 => {
                Self::map(file, bytes, libc::MAP_POPULATE)
            }
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the memory that was handed over can be cut")),
        }
    }

    fn map(file: BorrowedFd<'_>, bytes: usize, flags: i32) -> io::Result<Self> {
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | flags);
        // SAFETY: a fresh mapping at an address of the kernel's choice touches no other memory, and by its seal the file
        // keeps its length.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, flags, file.as_raw_fd(), 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, bytes })
    }

    /// Begins a page.
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this is the mapping of `map`; whoever used it kept this value alive.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn two_mappings_share_bytes_and_nobody_can_cut_them() {
        let (here, file) = Mapping::create(8192).unwrap();
        let there = Mapping::open(file.as_fd()).unwrap();
        assert_eq!((there.bytes(), here.start() == there.start()), (8192, false));
        // SAFETY: the last byte of two mappings of the same page, on one thread.
        unsafe {
            here.start().add(8191).write_volatile(7);
            assert_eq!(there.start().add(8191).read_volatile(), 7);
        }
        let file = File::from(file);
        assert!(file.set_len(0).is_err() && file.set_len(1 << 20).is_err());
    }

    #[test]
    fn a_file_that_could_be_cut_is_refused() {
        let path = std::env::temp_dir().join(format!("hftz-unsealed-{}", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        file.set_len(4096).unwrap();
        assert_eq!(Mapping::open(file.as_fd()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        std::fs::remove_file(path).unwrap();
    }
}
