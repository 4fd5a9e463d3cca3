//! Sockets of OUCH clients: who is connected, and bytes to and from each.

use hftz_gateway::ClientId;
use hftz_net::{Interest, Poller};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;

/// Clients at once.
const MOST_CLIENTS: usize = 1 << 15;
/// Connections let in by one look at a listener, so that a storm of them delays the others by one turn.
const TURN: usize = 64;

/// One client's socket.
struct Line {
    stream: TcpStream,
    /// Index of the listener it came through.
    door: usize,
    /// Whether the poller waits for room to write.
    waits: bool,
}

/// All of them.
pub struct Lines {
    lines: HashMap<ClientId, Line>,
    last: ClientId,
    /// Given up for a moment when descriptors are used up, so that who waits hears a close instead of nothing.
    spare: Option<File>,
    pub came: u64,
    /// At once.
    pub most: usize,
    pub turned_away: u64,
}

const READ: Interest = Interest { read: true, write: false };

impl Lines {
    /// Numbers above `after` are clients.
    pub fn new(after: ClientId) -> Self {
        Self {
            lines: HashMap::new(),
            last: after,
            spare: File::open("/dev/null").ok(),
            came: 0,
            most: 0,
            turned_away: 0,
        }
    }

    /// Lets clients in that wait at a listener; each is handed to `came`.
    pub fn admit(&mut self, door: usize, listener: &TcpListener, poller: &Poller, mut came: impl FnMut(ClientId)) {
        for _ in 0..TURN {
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE)) => {
                    self.spare = None;
                    self.turned_away += u64::from(listener.accept().is_ok());
                    self.spare = File::open("/dev/null").ok();
                    return;
                }
                // Nobody waits, or who did has hung up.
                Err(_) => return,
            };
            let client = self.last + 1;
            let ready = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true));
            let watched = ready.and_then(|()| poller.add(stream.as_fd(), client, READ));
            if self.lines.len() >= MOST_CLIENTS || watched.is_err() {
                self.turned_away += 1;
                continue;
            }
            self.last = client;
            self.lines.insert(client, Line { stream, door, waits: false });
            self.came += 1;
            self.most = self.most.max(self.lines.len());
            came(client);
        }
    }

    /// The listener a client came through.
    pub fn door(&self, client: ClientId) -> Option<usize> {
        self.lines.get(&client).map(|line| line.door)
    }

    /// Reads once: bytes, 0 when nothing is there now, an error when the client is gone.
    pub fn read(&mut self, client: ClientId, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(line) = self.lines.get_mut(&client) else { return Ok(0) };
        match line.stream.read(buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if is_temporary(&error) => Ok(0),
            done => done,
        }
    }

    /// Writes what the socket takes now; the poller then says when it takes more.
    pub fn write(&mut self, client: ClientId, bytes: &[u8], poller: &Poller) -> io::Result<usize> {
        let Some(line) = self.lines.get_mut(&client) else { return Ok(0) };
        let written = match line.stream.write(bytes) {
            Err(error) if is_temporary(&error) => 0,
            done => done?,
        };
        let waits = written < bytes.len();
        if waits != line.waits {
            line.waits = waits;
            poller.change(line.stream.as_fd(), client, Interest { read: true, write: waits })?;
        }
        Ok(written)
    }

    /// Hangs up.
    pub fn close(&mut self, client: ClientId) {
        self.lines.remove(&client);
    }

    pub fn count(&self) -> usize {
        self.lines.len()
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
