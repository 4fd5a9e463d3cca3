//! Many datagrams a system call (`sendmmsg`, `recvmmsg`), and the few socket calls that have no safe wrapper.
//!
//! All `unsafe` of this crate is here. The headers that the kernel reads are built on the stack for every call: they hold
//! pointers, and pointers that outlive a call would tie the buffers to one place.

use crate::socket::raw;
use std::ffi::CString;
use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::BorrowedFd;
use std::ptr::{from_mut, from_ref};
use std::time::Duration;

/// Datagrams a call moves at most.
pub const BATCH: usize = 32;
/// The largest datagram, rounded up: no datagram is ever cut.
const SLOT: usize = 1 << 16;
/// Room for one control message that carries a `u32`.
const CONTROL: usize = 32;

/// Datagrams to send, end to end in one buffer.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Outbox {
    /// Adds a datagram.
    pub fn push(&mut self, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.ends.push(self.bytes.len());
    }

    /// Datagrams waiting.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether one call cannot take more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.ends.len() >= BATCH
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// The datagrams, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| self.datagram(index))
    }

    fn datagram(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }
}

/// Room for received datagrams; 2 MiB of address space, of which only what arrives is touched.
#[derive(Debug)]
pub struct Inbox {
    bytes: Box<[u8]>,
    lengths: [usize; BATCH],
    senders: [Option<SocketAddrV4>; BATCH],
    count: usize,
    dropped: Option<u32>,
}

impl Inbox {
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: vec![0; BATCH * SLOT].into_boxed_slice(),
            lengths: [0; BATCH],
            senders: [None; BATCH],
            count: 0,
            dropped: None,
        }
    }

    /// The datagrams of the last call, with who sent them.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<SocketAddrV4>)> {
        (0..self.count)
            .map(|index| (&self.bytes[index * SLOT..index * SLOT + self.lengths[index]], self.senders[index]))
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// The socket's drop counter as of the last call, when the kernel sent it along.
    pub(crate) const fn dropped(&self) -> Option<u32> {
        self.dropped
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends up to [`BATCH`] datagrams of `outbox` from number `first` on; returns how many went.
pub(crate) fn send(fd: BorrowedFd<'_>, outbox: &Outbox, first: usize) -> io::Result<usize> {
    let count = (outbox.len() - first).min(BATCH);
    // SAFETY: all-zero bytes are valid values of these C structs (integers and null pointers).
    let (mut parts, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) = unsafe { (zeroed(), zeroed()) };
    for (index, (part, header)) in parts.iter_mut().zip(&mut headers).take(count).enumerate() {
        let datagram = outbox.datagram(first + index);
        part.iov_base = datagram.as_ptr().cast_mut().cast();
        part.iov_len = datagram.len();
        header.msg_hdr.msg_iov = from_mut(part);
        header.msg_hdr.msg_iovlen = 1;
    }
    // SAFETY: `count` headers are filled; each points to one part on this stack frame, and each part to bytes that `outbox`
    // owns and that the kernel only reads.
    let sent = unsafe { libc::sendmmsg(raw(fd), headers.as_mut_ptr(), count as u32, 0) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Receives up to [`BATCH`] datagrams into `inbox` without waiting; returns how many came.
pub(crate) fn receive(fd: BorrowedFd<'_>, inbox: &mut Inbox) -> io::Result<usize> {
    // SAFETY: all-zero bytes are valid values of these C structs (integers and null pointers).
    let (mut parts, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) = unsafe { (zeroed(), zeroed()) };
    // SAFETY: as above.
    let mut names: [libc::sockaddr_in; BATCH] = unsafe { zeroed() };
    // `u64` cells: control messages must be aligned like their header.
    let mut controls = [[0_u64; CONTROL / 8]; BATCH];
    for (index, slot) in inbox.bytes.chunks_exact_mut(SLOT).enumerate() {
        parts[index] = libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: slot.len() };
        let header = &mut headers[index].msg_hdr;
        header.msg_iov = from_mut(&mut parts[index]);
        header.msg_iovlen = 1;
        header.msg_name = from_mut(&mut names[index]).cast();
        header.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
        header.msg_control = controls[index].as_mut_ptr().cast();
        header.msg_controllen = CONTROL;
    }
    // SAFETY: every header points to one part, one name and one control area on this stack frame with their true sizes, and
    // every part to a slot of its own inside `inbox`, borrowed mutably for the call.
    let received = unsafe {
        libc::recvmmsg(raw(fd), headers.as_mut_ptr(), BATCH as u32, libc::MSG_DONTWAIT, std::ptr::null_mut())
    };
    let count = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    inbox.count = count;
    inbox.dropped = None;
    for index in 0..count {
        inbox.lengths[index] = (headers[index].msg_len as usize).min(SLOT);
        inbox.senders[index] = (i32::from(names[index].sin_family) == libc::AF_INET).then(|| {
            let host = Ipv4Addr::from(u32::from_be(names[index].sin_addr.s_addr));
            SocketAddrV4::new(host, u16::from_be(names[index].sin_port))
        });
        inbox.dropped = drop_counter(&headers[index].msg_hdr).or(inbox.dropped);
    }
    Ok(count)
}

/// The `SO_RXQ_OVFL` value among the control messages of `header`.
fn drop_counter(header: &libc::msghdr) -> Option<u32> {
    // SAFETY: the kernel filled control data and length of this header, and both still live in the caller's frame.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !next.is_null() {
        // SAFETY: the macros return null or a whole header inside the control area.
        let found = unsafe { &*next };
        if found.cmsg_level == libc::SOL_SOCKET && found.cmsg_type == libc::SO_RXQ_OVFL {
            // SAFETY: a message of this type carries a u32; read unaligned because the area promises only header alignment.
            return Some(unsafe { libc::CMSG_DATA(next).cast::<u32>().read_unaligned() });
        }
        // SAFETY: `next` is a header of this message.
        next = unsafe { libc::CMSG_NXTHDR(header, next) };
    }
    None
}

/// Waits for `events` on one of up to four descriptors; false after `timeout`. An interruption counts as a timeout.
pub(crate) fn wait(descriptors: &[BorrowedFd<'_>], events: i16, timeout: Duration) -> io::Result<bool> {
    let mut polled = [libc::pollfd { fd: -1, events, revents: 0 }; 4];
    for (entry, fd) in polled.iter_mut().zip(descriptors) {
        entry.fd = raw(*fd);
    }
    let span = libc::timespec {
        tv_sec: timeout.as_secs().min(3600) as libc::time_t,
        tv_nsec: libc::c_long::from(timeout.subsec_nanos()),
    };
    // SAFETY: four valid entries (-1 is skipped by the kernel), a timespec in range, no signal mask.
    let ready = unsafe { libc::ppoll(polled.as_mut_ptr(), 4, &raw const span, std::ptr::null()) };
    match ready {
        0.. => Ok(ready > 0),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            error => Err(error),
        },
    }
}

/// Chooses the interface on which multicast leaves; without a route this is what makes loopback work.
pub(crate) fn set_multicast_interface(fd: BorrowedFd<'_>, (index, address): (u32, Ipv4Addr)) -> io::Result<()> {
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: u32::from(address).to_be() },
        imr_ifindex: index as i32,
    };
    set_option(fd, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
}

/// Asks the kernel to send the socket's drop counter along with received datagrams.
pub(crate) fn count_drops(fd: BorrowedFd<'_>) -> io::Result<()> {
    set_option(fd, libc::SOL_SOCKET, libc::SO_RXQ_OVFL, &1_i32)
}

/// Sets the receive buffer past `net.core.rmem_max`; needs `CAP_NET_ADMIN`.
pub(crate) fn force_receive_buffer(fd: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &i32::try_from(bytes).unwrap_or(i32::MAX))
}

fn set_option<T>(fd: BorrowedFd<'_>, level: i32, name: i32, value: &T) -> io::Result<()> {
    // SAFETY: `value` is a live object of the size given; the kernel copies it during the call.
    let status =
        unsafe { libc::setsockopt(raw(fd), level, name, from_ref(value).cast(), size_of::<T>() as libc::socklen_t) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The index of a named interface.
pub(crate) fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: a string with its terminator, read during the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index != 0).then_some(index)
}
