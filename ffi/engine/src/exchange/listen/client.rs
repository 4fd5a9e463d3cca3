//! One client's connection: bytes that wait to become commands, reports that wait to be sent.
//!
//! Both queues are bounded: input is read only when what was read before is decoded, and who lets output pile up is cut off.

use super::super::lane::ClientId;
use hftz_net::SharedLine;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddrV4, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// Bytes of reports that may wait for one client: over 80 thousand reports behind.
pub const MOST_QUEUED: usize = 4 << 20;

/// The way to a client.
pub enum Line {
    Tcp(TcpStream),
    Unix(UnixStream),
    Shared(Box<SharedLine>),
    /// A sender of datagrams, at the listener with this index.
    Peer(SocketAddrV4, usize),
}

/// What a read gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// So many bytes.
    Some(usize),
    /// Nothing is there now.
    Dry,
    /// The client sends no more.
    End,
}

pub struct Client {
    pub id: ClientId,
    pub line: Line,
    /// Whether it runs the exchange.
    pub is_operator: bool,
    /// The session that it used last.
    pub session: Option<u16>,
    /// Bytes that are no command yet; those before `at` are.
    pub input: Vec<u8>,
    pub at: usize,
    /// Position of `input[at]` in all it sent.
    pub offset: u64,
    /// Reports; those before `sent` have left.
    output: Vec<u8>,
    sent: usize,
    /// Whether the poller waits for room to write.
    pub is_waiting: bool,
    /// Whether it stands in the queue of clients with something to decode.
    pub is_queued: bool,
    /// Once it sends no more: the command after which it is let go.
    pub leaves_after: Option<u64>,
}

impl Client {
    pub fn new(id: ClientId, line: Line) -> Self {
        Self {
            id,
            line,
            is_operator: false,
            session: None,
            input: Vec::new(),
            at: 0,
            offset: 0,
            output: Vec::new(),
            sent: 0,
            is_waiting: false,
            is_queued: false,
            leaves_after: None,
        }
    }

    /// The descriptor of a connection; a peer has none.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.line {
            Line::Tcp(stream) => Some(stream.as_fd()),
            Line::Unix(stream) => Some(stream.as_fd()),
            Line::Shared(line) => Some(line.as_fd()),
            Line::Peer(..) => None,
        }
    }

    /// Reads once, behind what is left of the read before.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken> {
        let read = match &mut self.line {
            Line::Tcp(stream) => stream.read(buffer),
            Line::Unix(stream) => stream.read(buffer),
            Line::Shared(line) => match line.receive(buffer) {
                0 if !line.is_over() => return Ok(Taken::Dry),
                count => Ok(count),
            },
            Line::Peer(..) => return Ok(Taken::Dry),
        };
        match read {
            Ok(0) => Ok(Taken::End),
            Ok(count) => {
                self.input.drain(..self.at);
                self.at = 0;
                self.input.extend_from_slice(&buffer[..count]);
                Ok(Taken::Some(count))
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Ok(Taken::Dry)
            }
            Err(error) => Err(error),
        }
    }

    /// The first `count` bytes that wait became commands.
    pub fn consume(&mut self, count: usize) {
        self.at += count;
        self.offset += count as u64;
    }

    pub fn queue(&mut self, report: &[u8]) {
        self.output.extend_from_slice(report);
    }

    /// Bytes of reports that wait.
    pub fn queued(&self) -> usize {
        self.output.len() - self.sent
    }

    pub fn waiting_reports(&self) -> &[u8] {
        &self.output[self.sent..]
    }

    pub fn forget_reports(&mut self) {
        self.output.clear();
        self.sent = 0;
    }

    /// Writes what the connection takes. Never waits.
    pub fn write(&mut self) -> io::Result<()> {
        while self.sent < self.output.len() {
            let rest = &self.output[self.sent..];
            let written = match &mut self.line {
                Line::Tcp(stream) => stream.write(rest),
                Line::Unix(stream) => stream.write(rest),
                Line::Shared(line) => match line.send(rest) {
                    0 if line.is_abandoned() => Err(io::ErrorKind::BrokenPipe.into()),
                    0 => Err(io::ErrorKind::WouldBlock.into()),
                    count => Ok(count),
                },
                Line::Peer(..) => return Ok(()),
            };
            match written {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // Once, when half of it has left, so that bytes are moved less often than they are written.
                    if self.sent > self.output.len() / 2 {
                        self.output.drain(..self.sent);
                        self.sent = 0;
                    }
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        self.forget_reports();
        Ok(())
    }

    /// Ends the connection after what was written.
    pub fn hang_up(&self) {
        // A peer that has hung up first is no fault.
        let _ = match &self.line {
            Line::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Line::Unix(stream) => stream.shutdown(Shutdown::Both),
            // It closes by going.
            Line::Shared(_) | Line::Peer(..) => Ok(()),
        };
    }
}
