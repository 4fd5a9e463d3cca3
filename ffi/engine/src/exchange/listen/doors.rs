//! The listening sockets.

use super::address::Address;
use super::client::Line;
use crate::run::Refusal;
use hftz_net::{Guests, SharedLine, enlarge, listen_at, words};
use std::fs::File;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// Datagrams that may wait while the machine takes the thread's processor away, with what the kernel spends on each.
const BURST_BYTES: usize = 8 << 20;

/// One place where clients come in.
pub enum Door {
    Tcp(TcpListener),
    Udp(UdpSocket),
    Unix(UnixListener, PathBuf),
    /// Where memory is handed over, to the same user only.
    Shared(UnixListener, PathBuf),
    /// Only for who runs the exchange: nobody else may connect.
    Operator(UnixListener, PathBuf),
}

/// What knocking gave.
pub enum Knock {
    Came(Line),
    /// Somebody came and there are no more descriptors: the connection was closed again.
    TurnedAway,
    Nobody,
}

/// Why nobody can be served at `place`.
pub fn refused(place: &str, error: &io::Error) -> Refusal {
    let refusal = Refusal::new(format!("cannot listen on {place}: {}", words(error)));
    match error.kind() {
        io::ErrorKind::AddrInUse => refusal.with_hint("another process listens there: end it, or choose another place"),
        io::ErrorKind::AlreadyExists => refusal.with_hint("choose another place, or remove it if nobody needs it"),
        io::ErrorKind::NotFound => refusal.with_hint("make the directory first"),
        _ => refusal,
    }
}

impl Door {
    /// # Errors
    /// When the place is taken or not to be had.
    pub fn open(address: &Address) -> Result<Self, Refusal> {
        match address {
            Address::Tcp(at) => {
                let listener = TcpListener::bind(at).and_then(|it| it.set_nonblocking(true).map(|()| it));
                listener.map(Self::Tcp).map_err(|error| refused(&format!("native+tcp://{at}"), &error))
            }
            Address::Udp(at) => {
                let socket = UdpSocket::bind(at).and_then(|it| it.set_nonblocking(true).map(|()| it));
                let socket = socket.map_err(|error| refused(&format!("native+udp://{at}"), &error))?;
                // A smaller one is as good, until a burst comes.
                let _ = enlarge(&socket, BURST_BYTES);
                Ok(Self::Udp(socket))
            }
            Address::Unix(path) => {
                let listener = listen_at(path, Guests::Usual)
                    .map_err(|error| refused(&format!("native+unix://{}", path.display()), &error))?;
                Ok(Self::Unix(listener, path.clone()))
            }
            Address::Shared(path) => {
                let listener = listen_at(path, Guests::Owner)
                    .map_err(|error| refused(&format!("native+shm://{}", path.display()), &error))?;
                Ok(Self::Shared(listener, path.clone()))
            }
            Address::Operator(path) => {
                let listener = listen_at(path, Guests::Owner)
                    .map_err(|error| refused(&format!("operator+unix://{}", path.display()), &error))?;
                Ok(Self::Operator(listener, path.clone()))
            }
        }
    }

    /// Lets one client in, if one waits. `spare` is given up for a moment when descriptors are used up, so that who waits
    /// hears a close instead of nothing.
    pub fn accept(&self, spare: &mut Option<File>) -> Knock {
        match self.try_accept() {
            Ok(Some(line)) => Knock::Came(line),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE)) => {
                *spare = None;
                let came = matches!(self.try_accept(), Ok(Some(_)));
                *spare = File::open("/dev/null").ok();
                if came { Knock::TurnedAway } else { Knock::Nobody }
            }
            // Who hung up before it was let in is nobody.
            Ok(None) | Err(_) => Knock::Nobody,
        }
    }

    fn try_accept(&self) -> io::Result<Option<Line>> {
        let line = match self {
            Self::Udp(_) => return Ok(None),
            Self::Tcp(listener) => listener.accept().and_then(|(stream, _)| {
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                Ok(Line::Tcp(stream))
            }),
            Self::Shared(listener, _) => {
                listener.accept().and_then(|(stream, _)| Ok(Line::Shared(Box::new(SharedLine::offer(stream)?))))
            }
            Self::Unix(listener, _) | Self::Operator(listener, _) => listener.accept().and_then(|(stream, _)| {
                stream.set_nonblocking(true)?;
                Ok(Line::Unix(stream))
            }),
        };
        match line {
            Ok(line) => Ok(Some(line)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One datagram and its sender, if one waits.
    pub fn receive(&self, buffer: &mut [u8]) -> Option<(usize, SocketAddrV4)> {
        let Self::Udp(socket) = self else { return None };
        match socket.recv_from(buffer) {
            Ok((count, SocketAddr::V4(from))) => Some((count, from)),
            // An answer to an earlier report, that nobody takes them there; the next datagram may be fine.
            Ok(_) | Err(_) => None,
        }
    }

    /// Sends one datagram; `false` when the system did not take it.
    pub fn send(&self, datagram: &[u8], to: SocketAddrV4) -> bool {
        matches!(self, Self::Udp(socket) if socket.send_to(datagram, to).is_ok())
    }

    pub fn is_udp(&self) -> bool {
        matches!(self, Self::Udp(_))
    }

    /// Whether who comes in here runs the exchange.
    pub fn is_operators(&self) -> bool {
        matches!(self, Self::Operator(..))
    }

    pub fn descriptor(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Udp(socket) => socket.as_fd(),
            Self::Unix(listener, _) | Self::Shared(listener, _) | Self::Operator(listener, _) => listener.as_fd(),
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Self::Unix(_, path) | Self::Shared(_, path) | Self::Operator(_, path) = self {
            // Gone already is as good.
            let _ = std::fs::remove_file(path);
        }
    }
}
