//! Where bytes go: a file or standard output, written whole, with a vanished reader and a full disk told apart.

use crate::Halt;
use crate::error::{SinkError, words};
use crate::fd::{Handle, wait};
use crate::siphon::{PIPE_BYTES, widen};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// An open output. There is no buffer here: callers write large blocks.
pub struct Sink {
    handle: Handle,
    name: String,
    written: u64,
}

impl Sink {
    /// Opens `-` (standard output) or creates a file, cutting one that is there.
    ///
    /// # Errors
    /// [`SinkError::Open`].
    pub fn create(path: &str) -> Result<Self, SinkError> {
        if path == "-" {
            let handle = Handle::standard(1);
            widen(handle.file(), PIPE_BYTES);
            return Ok(Self { handle, name: "standard output".into(), written: 0 });
        }
        let file = File::create(path).map_err(|e| SinkError::Open { name: path.into(), why: words(&e) })?;
        Ok(Self { handle: Handle::Owned(file), name: path.into(), written: 0 })
    }

    /// Writes all of `bytes`, waiting for a slow reader.
    ///
    /// # Errors
    /// [`SinkError`]; [`Sink::written`] tells how much got out before it.
    pub fn write(&mut self, mut bytes: &[u8], halt: Halt<'_>) -> Result<(), SinkError> {
        while !bytes.is_empty() {
            match io::Write::write(&mut self.handle.file(), bytes) {
                Ok(n) => {
                    self.written += n as u64;
                    bytes = &bytes[n..];
                }
                Err(error) => self.recover(&error, halt)?,
            }
        }
        Ok(())
    }

    /// Bytes written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    fn recover(&self, error: &io::Error, halt: Halt<'_>) -> Result<(), SinkError> {
        match error.kind() {
            io::ErrorKind::Interrupted => Ok(()),
            io::ErrorKind::BrokenPipe => Err(SinkError::Closed),
            // Somebody set the shared descriptor non-blocking: wait instead of spinning.
            io::ErrorKind::WouldBlock => match wait(self.handle.file().as_raw_fd(), libc::POLLOUT, halt) {
                Ok(true) => Ok(()),
                Ok(false) => Err(SinkError::Stopped),
                Err(e) => Err(self.failure(&e)),
            },
            _ => Err(self.failure(error)),
        }
    }

    fn failure(&self, error: &io::Error) -> SinkError {
        SinkError::Write { name: self.name.clone(), written: self.written, why: words(error) }
    }
}
