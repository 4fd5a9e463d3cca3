//! Hands an open file to another process, with a word that says what it is, through a Unix socket (`SCM_RIGHTS`).

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// Bytes of the word.
const WORD: usize = 8;

/// Room for the control message that carries one descriptor, aligned as the system wants it.
#[repr(C, align(8))]
struct Control([u8; 64]);

/// Calls `f` with a message of one word and room for one descriptor.
fn with_message<T>(word: &mut [u8; WORD], f: impl FnOnce(&mut libc::msghdr) -> T) -> T {
    let mut control = Control([0; 64]);
    let mut part = libc::iovec { iov_base: word.as_mut_ptr().cast(), iov_len: WORD };
    // SAFETY: a structure of integers and pointers, for which zeroes are a value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut control).cast();
    // SAFETY: arithmetic on a length.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(size_of::<i32>() as u32) } as usize;
    f(&mut message)
}

/// Sends word and file.
///
/// # Errors
/// What the system answers.
pub fn give(socket: &UnixStream, mut word: [u8; WORD], file: BorrowedFd<'_>) -> io::Result<()> {
    let sent = with_message(&mut word, |message| {
        // SAFETY: the control buffer has room for a header and one descriptor, by `with_message`.
        unsafe {
            let header = libc::CMSG_FIRSTHDR(message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(size_of::<i32>() as u32) as usize;
            libc::CMSG_DATA(header).cast::<i32>().write_unaligned(file.as_raw_fd());
            libc::sendmsg(socket.as_raw_fd(), message, libc::MSG_NOSIGNAL)
        }
    });
    match usize::try_from(sent) {
        Ok(WORD) => Ok(()),
        Ok(_) => Err(io::ErrorKind::WriteZero.into()),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

/// Waits for what [`give`] sends, as long as the socket's time limit allows.
///
/// # Errors
/// `InvalidData` when something else comes; what the system answers.
pub fn take(socket: &UnixStream) -> io::Result<([u8; WORD], OwnedFd)> {
    let mut word = [0; WORD];
    let (came, file) = with_message(&mut word, |message| {
        // SAFETY: one word and one control buffer may be written, by `with_message`.
        let came = unsafe { libc::recvmsg(socket.as_raw_fd(), message, libc::MSG_CMSG_CLOEXEC) };
        if came < 0 {
            return (came, None);
        }
        // SAFETY: the system filled the buffer and said how far; its first header, if any, lies within.
        let file = unsafe {
            let header = libc::CMSG_FIRSTHDR(message);
            let is_file = !header.is_null()
                && (*header).cmsg_level == libc::SOL_SOCKET
                && (*header).cmsg_type == libc::SCM_RIGHTS
                && (*header).cmsg_len >= libc::CMSG_LEN(size_of::<i32>() as u32) as usize;
            // There is room for one, so at most one was made for us.
            is_file.then(|| OwnedFd::from_raw_fd(libc::CMSG_DATA(header).cast::<i32>().read_unaligned()))
        };
        (came, file)
    });
    match (usize::try_from(came), file) {
        (Err(_), _) => Err(io::Error::last_os_error()),
        (Ok(WORD), Some(file)) => Ok((word, file)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "nobody hands memory over there")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;

    #[test]
    fn a_file_arrives_with_its_word() {
        let (near, far) = UnixStream::pair().unwrap();
        let (mut reader, writer) = io::pipe().unwrap();
        give(&near, *b"12345678", writer.as_fd()).unwrap();
        drop(writer);
        let (word, file) = take(&far).unwrap();
        File::from(file).write_all(b"hello").unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!((word, text.as_str()), (*b"12345678", "hello"));
    }

    #[test]
    fn words_without_a_file_and_an_end_are_refused() {
        let (mut near, far) = UnixStream::pair().unwrap();
        near.write_all(b"12345678").unwrap();
        assert_eq!(take(&far).unwrap_err().kind(), io::ErrorKind::InvalidData);
        drop(near);
        assert_eq!(take(&far).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
