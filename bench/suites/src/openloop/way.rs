//! How a client's orders reach the exchange and its reports come back. Nothing waits.

use hftz_net::SharedLine;
use std::io::ErrorKind;
use std::net::UdpSocket;

pub trait Way {
    /// How many bytes are on their way, the rest to be tried again; `None` when all of them are lost.
    fn send(&mut self, bytes: &[u8]) -> Option<usize>;

    /// How many bytes of reports came; 0 when none wait.
    ///
    /// # Errors
    /// When no more can come.
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, String>;
}

impl Way for UdpSocket {
    fn send(&mut self, bytes: &[u8]) -> Option<usize> {
        UdpSocket::send(self, bytes).ok()
    }

    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, String> {
        match self.recv(buffer) {
            Ok(count) => Ok(count),
            // Refused: an answer to an earlier datagram, that nobody took it; the next may be fine.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionRefused) => Ok(0),
            Err(error) => Err(format!("loopback: {error}")),
        }
    }
}

impl Way for SharedLine {
    fn send(&mut self, bytes: &[u8]) -> Option<usize> {
        Some(SharedLine::send(self, bytes))
    }

    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, String> {
        match SharedLine::receive(self, buffer) {
            0 if self.is_over() => Err("shared memory: the exchange has left".into()),
            count => Ok(count),
        }
    }
}
