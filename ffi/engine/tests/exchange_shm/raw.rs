//! A client that obeys nothing: the bare memory and the socket.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

pub struct Raw {
    start: NonNull<u8>,
    bytes: usize,
    /// Closing it is what the kernel does to who is killed.
    pub socket: UnixStream,
}

impl Raw {
    pub fn join(path: &Path) -> Self {
        let socket = UnixStream::connect(path).unwrap();
        let (mut word, mut control) = ([0_u8; 8], [0_u64; 8]);
        let mut part = libc::iovec { iov_base: word.as_mut_ptr().cast(), iov_len: word.len() };
        // SAFETY: integers and pointers, for which zeroes are a value; the buffers outlive the call, and the system's answer
        // holds one descriptor, which becomes ours.
        let file = unsafe {
            let mut message: libc::msghdr = std::mem::zeroed();
            (message.msg_iov, message.msg_iovlen) = (&raw mut part, 1);
            (message.msg_control, message.msg_controllen) = (control.as_mut_ptr().cast(), size_of_val(&control));
            assert_eq!(libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0), 8);
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            OwnedFd::from_raw_fd(libc::CMSG_DATA(header).cast::<i32>().read_unaligned())
        };
        assert_eq!(&word, b"HFTZSHM\x01");
        let file = std::fs::File::from(file);
        let bytes = usize::try_from(file.metadata().unwrap().len()).unwrap();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a fresh mapping at an address of the kernel's choice.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        assert_ne!(start, libc::MAP_FAILED);
        Self { start: NonNull::new(start.cast()).unwrap(), bytes, socket }
    }

    /// The aligned word at an offset, as the documented layout has it.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.bytes);
        // SAFETY: within the mapping, aligned, and used by atomics only.
        unsafe { self.start.add(offset).cast::<AtomicU64>().as_ref() }
    }

    pub fn words(&self) -> usize {
        self.bytes / 8
    }

    /// Where the ring of commands begins.
    pub fn commands(&self) -> usize {
        usize::try_from(self.word(16).load(Ordering::Relaxed)).unwrap()
    }

    /// Where the ring of reports begins.
    pub fn reports(&self) -> usize {
        usize::try_from(self.word(24).load(Ordering::Relaxed)).unwrap()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: the mapping of `join`, whose words nobody has any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}
