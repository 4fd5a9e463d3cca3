//! Waiting for many descriptors at once (`epoll`), and being woken from it (`eventfd`). All of it is level-triggered: what
//! was not finished is reported again.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// Descriptors reported by one wait at most; the others come with the next.
const REPORTED: usize = 256;

/// What to wait for. That the other side is gone for good is always reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Interest {
    pub read: bool,
    pub write: bool,
}

/// What a descriptor is ready for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ready {
    /// As given to [`Poller::add`].
    pub token: u64,
    pub read: bool,
    pub write: bool,
    /// Both directions are closed, or the descriptor is broken.
    pub gone: bool,
}

/// A set of descriptors.
pub struct Poller {
    epoll: OwnedFd,
    events: Box<[libc::epoll_event; REPORTED]>,
}

/// Ends another thread's [`Poller::wait`]. Add it to the poller under a token of its own.
#[derive(Clone)]
pub struct Waker(Arc<OwnedFd>);

/// Owns what a system call returned, or says why it failed.
fn owned(fd: i32) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so this is a descriptor that nobody else has.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

impl Poller {
    /// # Errors
    /// What the system answers.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no memory is passed.
        let epoll = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        Ok(Self { epoll, events: Box::new([libc::epoll_event { events: 0, u64: 0 }; REPORTED]) })
    }

    fn control(&self, operation: i32, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> io::Result<()> {
        let read = if interest.read { libc::EPOLLIN } else { 0 };
        let write = if interest.write { libc::EPOLLOUT } else { 0 };
        let mut event = libc::epoll_event { events: (read | write) as u32, u64: token };
        // SAFETY: `event` is valid for the call, which copies it.
        let done = unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), operation, fd.as_raw_fd(), &raw mut event) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Waits for `fd` from now on. It leaves the set when it is closed.
    ///
    /// # Errors
    /// What the system answers.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, token, interest)
    }

    /// # Errors
    /// What the system answers.
    pub fn change(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, token, interest)
    }

    /// Waits until something is ready or `patience` is over, and hands on what is.
    ///
    /// # Errors
    /// What the system answers; a signal counts as nothing ready.
    pub fn wait(&mut self, patience: Duration, mut each: impl FnMut(Ready)) -> io::Result<usize> {
        let patience = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
        let (fd, most) = (self.epoll.as_raw_fd(), REPORTED as i32);
        // SAFETY: the kernel writes at most `most` entries, which is how many there are.
        let count = unsafe { libc::epoll_wait(fd, self.events.as_mut_ptr(), most, patience) };
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted { Ok(0) } else { Err(error) };
        };
        for event in &self.events[..count] {
            let (events, token) = (event.events as i32, event.u64);
            let gone = events & (libc::EPOLLHUP | libc::EPOLLERR) != 0;
            each(Ready { token, read: events & libc::EPOLLIN != 0, write: events & libc::EPOLLOUT != 0, gone });
        }
        Ok(count)
    }
}

/// A poller can be waited for like a descriptor: it is readable when something in its set is ready.
impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

impl Waker {
    /// # Errors
    /// What the system answers.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no memory is passed.
        let fd = owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        Ok(Self(Arc::new(fd)))
    }

    /// Makes the poller's wait end, now or when it next begins.
    pub fn wake(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: eight valid bytes. It fails only when the counter is full, and then the wait ends as well.
        unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Forgets all wakes so far.
    pub fn reset(&self) {
        let mut count = [0_u8; 8];
        // SAFETY: eight bytes that may be written. It fails only when there was no wake.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    const READ: Interest = Interest { read: true, write: false };

    fn wait(poller: &mut Poller) -> Vec<Ready> {
        let mut ready = Vec::new();
        poller.wait(Duration::from_secs(10), |one| ready.push(one)).unwrap();
        ready
    }

    #[test]
    fn bytes_and_the_end_of_a_stream_are_reported_under_its_token() {
        let mut poller = Poller::new().unwrap();
        let (mut near, far) = UnixStream::pair().unwrap();
        poller.add(far.as_fd(), 7, READ).unwrap();
        near.write_all(b"x").unwrap();
        assert_eq!(wait(&mut poller), [Ready { token: 7, read: true, write: false, gone: false }]);
        drop(near);
        assert!(wait(&mut poller)[0].gone);
    }

    #[test]
    fn a_wake_before_the_wait_is_not_lost() {
        let mut poller = Poller::new().unwrap();
        let waker = Waker::new().unwrap();
        poller.add(waker.as_fd(), u64::MAX, READ).unwrap();
        let other = waker.clone();
        std::thread::spawn(move || other.wake()).join().unwrap();
        assert_eq!(wait(&mut poller)[0].token, u64::MAX);
        waker.reset();
        assert_eq!(poller.wait(Duration::ZERO, |_| {}).unwrap(), 0);
    }
}
