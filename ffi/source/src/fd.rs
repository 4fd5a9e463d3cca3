//! File descriptors: opened files and the standard streams, waited for with `poll` so that a stop is never missed.

use crate::error::{SourceError, words};
use crate::siphon::Siphon;
use crate::{ByteSource, Halt, PATIENCE, Read};
use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

/// A file, or a standard stream that stays open when this is dropped.
pub(crate) enum Handle {
    Owned(File),
    Standard(ManuallyDrop<File>),
}

impl Handle {
    /// Standard input (0) or output (1).
    pub fn standard(fd: RawFd) -> Self {
        // SAFETY: the standard descriptors belong to the process; ManuallyDrop keeps this from closing them. Were one
        // closed, calls on it fail with EBADF, which is reported.
        Self::Standard(ManuallyDrop::new(unsafe { File::from_raw_fd(fd) }))
    }

    pub fn file(&self) -> &File {
        match self {
            Self::Owned(file) => file,
            Self::Standard(file) => file,
        }
    }
}

/// Opens for reading. Without waiting, because a named pipe without a writer would hold the thread where no stop is seen; it
/// makes no difference to a regular file, and everything else is polled before each read.
fn open(path: &str) -> io::Result<File> {
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// Waits until `events` or a hang-up is there. `false`: halted.
pub(crate) fn wait(fd: RawFd, events: i16, halt: Halt<'_>) -> io::Result<bool> {
    loop {
        let mut entry = libc::pollfd { fd, events, revents: 0 };
        let patience = i32::try_from(PATIENCE.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: one valid pollfd for the length of the call.
        match unsafe { libc::poll(&raw mut entry, 1, patience) } {
            0 => {}
            n if n > 0 => return Ok(true),
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
        if halt() {
            return Ok(false);
        }
    }
}

/// Whether `events` or a hang-up is there now.
fn is_there(fd: RawFd, events: i16) -> bool {
    let mut entry = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one valid pollfd for the length of the call.
    unsafe { libc::poll(&raw mut entry, 1, 0) == 1 }
}

/// Reads a file or a standard stream.
pub(crate) struct FdSource {
    handle: Handle,
    name: String,
    taken: u64,
    size: Option<u64>,
    /// A regular file never blocks; everything else is polled first.
    regular: bool,
    /// Of a pipe.
    siphon: Option<Siphon>,
}

impl FdSource {
    /// `-` is standard input.
    pub fn open(path: &str) -> Result<Self, SourceError> {
        let name = if path == "-" { "standard input".to_string() } else { path.to_string() };
        let refuse = |error: &io::Error| SourceError::Open { name: name.clone(), why: words(error) };
        let handle = if path == "-" { Handle::standard(0) } else { Handle::Owned(open(path).map_err(|e| refuse(&e))?) };
        let meta = handle.file().metadata().map_err(|e| refuse(&e))?;
        if meta.is_dir() {
            return Err(SourceError::Open { name, why: "it is a directory".into() });
        }
        let regular = meta.is_file();
        let siphon = Siphon::of(handle.file());
        Ok(Self { handle, name, taken: 0, size: regular.then_some(meta.len()), regular, siphon })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the next read might have to wait. A regular file never does.
    fn may_wait(&self) -> bool {
        !self.regular && self.siphon.as_ref().is_none_or(|siphon| siphon.held() == 0)
    }

    /// Reads once what is there.
    fn read_now(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(siphon) = &mut self.siphon else { return io::Read::read(&mut self.handle.file(), buffer) };
        if siphon.held() == 0 {
            match siphon.take(self.handle.file()) {
                Ok(0) => return Ok(0),
                Ok(_) => {}
                Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => return Err(e),
                Err(_) => {
                    // A system that takes nothing over still reads.
                    self.siphon = None;
                    return self.read_now(buffer);
                }
            }
        }
        siphon.read(buffer)
    }
}

impl ByteSource for FdSource {
    fn read(&mut self, buffer: &mut [u8], halt: Halt<'_>) -> Result<Read, SourceError> {
        loop {
            let read = if self.may_wait() {
                match wait(self.handle.file().as_raw_fd(), libc::POLLIN, halt) {
                    Ok(true) => self.read_now(buffer),
                    Ok(false) => return Ok(Read::Stopped),
                    Err(error) => Err(error),
                }
            } else {
                self.read_now(buffer)
            };
            match read {
                Ok(0) => return Ok(Read::End),
                Ok(n) => {
                    self.taken += n as u64;
                    return Ok(Read::Bytes(n));
                }
                Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(error) => {
                    let (name, offset) = (self.name.clone(), self.taken);
                    return Err(SourceError::Read { name, offset, why: words(&error) });
                }
            }
        }
    }

    fn is_ready(&mut self) -> bool {
        !self.may_wait() || is_there(self.handle.file().as_raw_fd(), libc::POLLIN)
    }

    fn taken(&self) -> u64 {
        self.taken
    }

    fn size(&self) -> Option<u64> {
        self.size
    }
}
