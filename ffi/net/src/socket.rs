//! UDP sockets, set up for feeds: groups joined on the right interface, large buffers, drops counted.

use crate::batch;
use crate::endpoint::{Endpoint, Interface};
use crate::{Inbox, NetError, Outbox};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, SockRef, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

/// Sends datagrams to one address.
#[derive(Debug)]
pub struct UdpSender {
    socket: Socket,
    /// Datagrams that a unicast peer refused because nothing listens there.
    refused: u64,
}

/// Receives datagrams of one address.
#[derive(Debug)]
pub struct UdpReceiver {
    socket: Socket,
    buffer: BufferGrant,
    dropped: u32,
}

/// Receive buffer asked for and got, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BufferGrant {
    pub asked: usize,
    pub got: usize,
}

impl UdpSender {
    /// # Errors
    /// When the system refuses a socket, the interface or the route.
    pub fn open(endpoint: &Endpoint) -> Result<Self, NetError> {
        let fail = |source| NetError::system(format!("cannot send to {endpoint}"), source);
        let socket = new_socket().map_err(fail)?;
        if endpoint.is_multicast() {
            if let Some(interface) = &endpoint.interface {
                batch::set_multicast_interface(socket.as_fd(), interface_index(interface)?).map_err(fail)?;
            }
            socket.set_multicast_ttl_v4(endpoint.ttl).map_err(fail)?;
            socket.set_multicast_loop_v4(true).map_err(fail)?;
        } else {
            bind_device(&socket, endpoint)?;
        }
        // A larger send buffer lets a burst leave in fewer waits; a smaller grant is no fault.
        let _ = socket.set_send_buffer_size(endpoint.buffer_bytes);
        // Connected, so that the route is looked up once.
        socket.connect(&SockAddr::from(endpoint.address)).map_err(fail)?;
        Ok(Self { socket, refused: 0 })
    }

    /// Sends every datagram of `outbox`, in order, and empties it. Waits while the system's buffer is full.
    ///
    /// # Errors
    /// What the system answers; datagrams before the failing one were sent. That nobody listens is counted, not an error.
    pub fn send(&mut self, outbox: &mut Outbox) -> io::Result<()> {
        let mut sent = 0;
        while sent < outbox.len() {
            match batch::send(self.socket.as_fd(), outbox, sent) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The answer to an earlier datagram, reported on this call, which sent nothing.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => self.refused += 1,
                Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS)) => {
                    batch::wait(&[self.socket.as_fd()], libc::POLLOUT, Duration::from_millis(10))?;
                }
                Err(error) => return Err(error),
            }
        }
        outbox.clear();
        Ok(())
    }

    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }
}

impl UdpReceiver {
    /// Binds to the endpoint's address and joins its group when it is one.
    ///
    /// # Errors
    /// When the system refuses a socket, the address, the interface or the group.
    pub fn open(endpoint: &Endpoint) -> Result<Self, NetError> {
        let fail = |source| NetError::system(format!("cannot receive from {endpoint}"), source);
        let socket = new_socket().map_err(fail)?;
        let buffer = grow_buffer(&socket, endpoint.buffer_bytes).map_err(fail)?;
        batch::count_drops(socket.as_fd()).map_err(fail)?;
        socket.set_nonblocking(true).map_err(fail)?;
        if endpoint.is_multicast() {
            // Several receivers of one group on one host, and no datagrams of groups that others joined.
            socket.set_reuse_address(true).map_err(fail)?;
            socket.set_multicast_all_v4(false).map_err(fail)?;
        } else {
            bind_device(&socket, endpoint)?;
        }
        socket.bind(&SockAddr::from(endpoint.address)).map_err(fail)?;
        if endpoint.is_multicast() {
            let interface = match &endpoint.interface {
                None => InterfaceIndexOrAddress::Address(Ipv4Addr::UNSPECIFIED),
                Some(Interface::Address(address)) => InterfaceIndexOrAddress::Address(*address),
                Some(name) => InterfaceIndexOrAddress::Index(interface_index(name)?.0),
            };
            let joined = socket.join_multicast_v4_n(endpoint.address.ip(), &interface);
            joined.map_err(|source| NetError::system(format!("cannot join the group of {endpoint}"), source))?;
        }
        Ok(Self { socket, buffer, dropped: 0 })
    }

    /// An unconnected socket on `address`, port 0 for any: for requests and their answers.
    ///
    /// # Errors
    /// When the system refuses a socket or the address.
    pub fn bind(address: SocketAddrV4, buffer_bytes: usize) -> Result<Self, NetError> {
        let fail = |source| NetError::system(format!("cannot listen on {address}"), source);
        let socket = new_socket().map_err(fail)?;
        let buffer = grow_buffer(&socket, buffer_bytes).map_err(fail)?;
        batch::count_drops(socket.as_fd()).map_err(fail)?;
        socket.set_nonblocking(true).map_err(fail)?;
        socket.bind(&SockAddr::from(address)).map_err(fail)?;
        Ok(Self { socket, buffer, dropped: 0 })
    }

    /// Takes what is there into `inbox`, without waiting; returns the number of datagrams, 0 for none.
    ///
    /// # Errors
    /// What the system answers, other than "nothing there".
    pub fn receive(&mut self, inbox: &mut Inbox) -> io::Result<usize> {
        loop {
            match batch::receive(self.socket.as_fd(), inbox) {
                Ok(count) => {
                    self.dropped = inbox.dropped().unwrap_or(self.dropped);
                    return Ok(count);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => {
                        inbox.clear();
                        return Ok(0);
                    }
                    // The peer of an earlier answer is gone; that says nothing about the next datagram.
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused => {}
                    _ => return Err(error),
                },
            }
        }
    }

    /// Sends one datagram to `to`; a full buffer or a vanished peer loses it, as any network may.
    pub fn answer(&self, datagram: &[u8], to: SocketAddrV4) {
        let _ = self.socket.send_to(datagram, &SockAddr::from(to));
    }

    /// The address it is bound to, with the real port.
    ///
    /// # Errors
    /// What the system answers.
    pub fn local(&self) -> io::Result<SocketAddrV4> {
        let address = self.socket.local_addr()?;
        address.as_socket_ipv4().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
    }

    #[must_use]
    pub const fn buffer(&self) -> BufferGrant {
        self.buffer
    }

    /// Datagrams that the system dropped because this socket's buffer was full, modulo 2^32.
    #[must_use]
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }
}

impl AsFd for UdpReceiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Waits until one of `receivers` has a datagram or `timeout` has passed.
///
/// # Errors
/// What the system answers.
pub fn wait_readable(receivers: &[BorrowedFd<'_>], timeout: Duration) -> io::Result<bool> {
    batch::wait(receivers, libc::POLLIN, timeout)
}

fn new_socket() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))
}

/// Gives a socket `asked` bytes of receive buffer, or what the system allows.
///
/// # Errors
/// What the system answers.
pub fn enlarge(socket: &std::net::UdpSocket, asked: usize) -> io::Result<BufferGrant> {
    grow_buffer(&SockRef::from(socket), asked)
}

/// Asks for `asked` bytes of receive buffer: past the system's limit with privilege, else up to it.
fn grow_buffer(socket: &Socket, asked: usize) -> io::Result<BufferGrant> {
    if batch::force_receive_buffer(socket.as_fd(), asked).is_err() {
        socket.set_recv_buffer_size(asked)?;
    }
    // The kernel doubles what it grants, to pay for its own bookkeeping; half of it compares with what was asked.
    Ok(BufferGrant { asked, got: socket.recv_buffer_size()? / 2 })
}

/// Index and address of an interface, as the multicast calls want them: one of the two is set.
fn interface_index(interface: &Interface) -> Result<(u32, Ipv4Addr), NetError> {
    match interface {
        Interface::Address(address) => Ok((0, *address)),
        Interface::Name(name) => batch::interface_index(name)
            .map(|index| (index, Ipv4Addr::UNSPECIFIED))
            .ok_or_else(|| NetError::text(format!("there is no network interface \"{name}\""))),
    }
}

fn bind_device(socket: &Socket, endpoint: &Endpoint) -> Result<(), NetError> {
    match &endpoint.interface {
        None => Ok(()),
        Some(Interface::Name(name)) => socket
            .bind_device(Some(name.as_bytes()))
            .map_err(|source| NetError::system(format!("cannot use interface \"{name}\" for {endpoint}"), source)),
        Some(Interface::Address(_)) => {
            Err(NetError::text(format!("{endpoint}: name the interface of a unicast address, for example iface=lo")))
        }
    }
}

/// Keeps `AsRawFd` in one place for the calls that socket2 does not wrap.
pub(crate) fn raw(fd: BorrowedFd<'_>) -> i32 {
    fd.as_raw_fd()
}
