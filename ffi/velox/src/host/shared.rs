//! A named file in memory that two processes map, and which of them still lives.
//!
//! Each process holds an open-file-description lock on a byte of its own. The kernel lets go of it when the process ends,
//! however it ends, so a death is seen at once, and no process number that has since gone to somebody else deceives anyone.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

/// Where Linux keeps shared memory.
const PLACE: &str = "/dev/shm";

/// The file that shared memory of this name is.
#[must_use]
pub fn shared_path(name: &str) -> PathBuf {
    Path::new(PLACE).join(format!("hftz-{name}"))
}

/// A mapping of a named file in memory; ends with this value, the file does not.
#[derive(Debug)]
pub struct SharedFile {
    file: File,
    path: PathBuf,
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a mapping is memory with an address; who may touch which part of it is settled by those who are given the address.
unsafe impl Send for SharedFile {}
// SAFETY: as above.
unsafe impl Sync for SharedFile {}

impl SharedFile {
    /// Makes a file of `bytes` zero bytes that only this user may open and nobody finds before [`Self::publish`].
    ///
    /// # Errors
    /// Of the system.
    pub fn create(name: &str, bytes: usize) -> io::Result<Self> {
        let unnamed = libc::O_TMPFILE | libc::O_CLOEXEC;
        let file = OpenOptions::new().read(true).write(true).custom_flags(unnamed).mode(0o600).open(PLACE)?;
        reserve(&file, bytes)?;
        Self::map(file, shared_path(name), bytes)
    }

    /// Gives the file its name: who opens it finds all that was written before.
    ///
    /// # Errors
    /// Of the system; `AlreadyExists` when there is something of that name.
    pub fn publish(&self) -> io::Result<()> {
        let from = CString::new(format!("/proc/self/fd/{}", self.file.as_raw_fd()))?;
        let to = CString::new(self.path.as_os_str().as_bytes())?;
        let (here, follow) = (libc::AT_FDCWD, libc::AT_SYMLINK_FOLLOW);
        // SAFETY: two strings that end with their 0.
        let linked = unsafe { libc::linkat(here, from.as_ptr(), here, to.as_ptr(), follow) };
        if linked == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Maps the file of the name, whole.
    ///
    /// # Errors
    /// Of the system; `PermissionDenied` when it is another user's, `InvalidData` when it is no file or has no bytes yet.
    pub fn open(name: &str) -> io::Result<Self> {
        let path = shared_path(name);
        let file = options().open(&path)?;
        let found = file.metadata()?;
        // SAFETY: a plain system call.
        if found.uid() != unsafe { libc::geteuid() } {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let bytes = usize::try_from(found.size()).unwrap_or(usize::MAX);
        if !found.is_file() || bytes == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Self::map(file, path, bytes)
    }

    fn map(file: File, path: PathBuf, bytes: usize) -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_SHARED | libc::MAP_POPULATE;
        // SAFETY: a fresh mapping at an address of the kernel's choice touches no other memory. Only this user can shorten the
        // file, and hftz never does.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, file.as_raw_fd(), 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { file, path, start, bytes })
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
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lock on a byte for as long as this value lives; false when somebody has it.
    ///
    /// # Errors
    /// Of the system, other than that.
    pub fn lock(&self, byte: u8) -> io::Result<bool> {
        match self.control(libc::F_OFD_SETLK, byte) {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether somebody else holds the lock on a byte.
    ///
    /// # Errors
    /// Of the system.
    pub fn is_locked(&self, byte: u8) -> io::Result<bool> {
        Ok(self.control(libc::F_OFD_GETLK, byte)?.l_type != libc::F_UNLCK as libc::c_short)
    }

    fn control(&self, command: libc::c_int, byte: u8) -> io::Result<libc::flock> {
        let mut lock = libc::flock {
            l_type: libc::F_WRLCK as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: byte.into(),
            l_len: 1,
            l_pid: 0,
        };
        // SAFETY: the descriptor is ours and `lock` is a valid place for what the command reads and writes.
        let result = unsafe { libc::fcntl(self.file.as_raw_fd(), command, &raw mut lock) };
        if result == -1 { Err(io::Error::last_os_error()) } else { Ok(lock) }
    }

    /// Takes the name away, unless another file has it by now; the memory lives on with those who have mapped it.
    pub fn unlink(&self) {
        let number = |found: io::Result<std::fs::Metadata>| found.map(|found| found.ino()).ok();
        if number(self.file.metadata()) == number(std::fs::symlink_metadata(&self.path)) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options
}

/// Gives the file its bytes, all of them backed: without, a full memory file system would be met as a signal.
fn reserve(file: &File, bytes: usize) -> io::Result<()> {
    let length = libc::off_t::try_from(bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
    // SAFETY: a plain system call on our own descriptor.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

impl Drop for SharedFile {
    fn drop(&mut self) {
        // SAFETY: this is the mapping of `map`; whoever used it kept this value alive.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(what: &str) -> String {
        format!("test-{what}-{}", std::process::id())
    }

    #[test]
    fn two_mappings_share_bytes_and_see_each_others_locks() {
        let name = name("share");
        let here = SharedFile::create(&name, 8192).unwrap();
        assert_eq!(SharedFile::open(&name).unwrap_err().kind(), io::ErrorKind::NotFound, "nobody finds it yet");
        here.publish().unwrap();
        let late = SharedFile::create(&name, 8192).unwrap();
        assert_eq!(late.publish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        late.unlink();
        let there = SharedFile::open(&name).unwrap();
        assert_eq!((there.bytes(), here.start() == there.start()), (8192, false));
        // SAFETY: the last byte of two mappings of the same page, on one thread.
        unsafe {
            here.start().add(8191).write_volatile(7);
            assert_eq!(there.start().add(8191).read_volatile(), 7);
        }
        assert!(here.lock(0).unwrap() && !there.lock(0).unwrap() && there.lock(1).unwrap());
        assert!(there.is_locked(0).unwrap() && here.is_locked(1).unwrap() && !here.is_locked(2).unwrap());
        drop(there);
        assert!(!here.is_locked(1).unwrap(), "a lock ends with its holder");
        here.unlink();
        assert_eq!(SharedFile::open(&name).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn what_is_no_file_of_ours_is_refused() {
        let name = name("foreign");
        std::os::unix::fs::symlink("/dev/zero", shared_path(&name)).unwrap();
        assert!(SharedFile::open(&name).is_err(), "a link is not followed");
        std::fs::remove_file(shared_path(&name)).unwrap();
        std::fs::write(shared_path(&name), []).unwrap();
        assert_eq!(SharedFile::open(&name).unwrap_err().kind(), io::ErrorKind::InvalidData);
        std::fs::remove_file(shared_path(&name)).unwrap();
    }
}
