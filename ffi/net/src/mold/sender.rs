//! A session being sent: framed messages in, packets on the wire.

use super::server::{Server, ServerSummary};
use super::store::Store;
use crate::{Endpoint, NetError, Outbox, UdpSender};
use hftz_wire::mold::{Builder, DEFAULT_PAYLOAD_BYTES, HEADER_BYTES, Session};
use std::io;
use std::net::SocketAddrV4;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How a session is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SenderOptions {
    pub session: Session,
    /// Largest UDP payload, bytes.
    pub payload_limit: usize,
    /// Silence after which a heartbeat is sent.
    pub heartbeat: Duration,
    /// Bytes of past messages kept for retransmission, when the endpoint names a request address.
    pub store_bytes: usize,
    /// How long the end of the session is repeated after the last packet or the last request, whichever is later.
    pub linger: Duration,
}

impl Default for SenderOptions {
    fn default() -> Self {
        Self {
            session: Session(*b"HFTZ      "),
            payload_limit: DEFAULT_PAYLOAD_BYTES,
            heartbeat: Duration::from_secs(1),
            store_bytes: 256 << 20,
            linger: Duration::from_secs(1),
        }
    }
}

/// What a session sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SenderSummary {
    pub messages: u64,
    pub packets: u64,
    pub bytes: u64,
    pub heartbeats: u64,
    /// Datagrams that nobody at a unicast address took.
    pub refused: u64,
    /// What was sent again on request; `None` without a server.
    pub retransmission: Option<ServerSummary>,
}

/// The sending side of one session.
#[derive(Debug)]
pub struct MoldSender {
    socket: UdpSender,
    builder: Builder,
    outbox: Outbox,
    heartbeat: Duration,
    linger: Duration,
    last_sent: Instant,
    summary: SenderSummary,
    store: Option<Arc<Mutex<Store>>>,
    server: Option<Server>,
}

/// While a session ends: the pause between repetitions, and the end of patience with askers that never finish.
const END_PAUSE: Duration = Duration::from_millis(50);
const END_AT_MOST: Duration = Duration::from_secs(30);

impl MoldSender {
    /// Opens the socket and, when `endpoint` names a request address, starts the retransmission server.
    ///
    /// # Errors
    /// When the system refuses one of the sockets.
    pub fn open(endpoint: &Endpoint, options: &SenderOptions) -> Result<Self, NetError> {
        let socket = UdpSender::open(endpoint)?;
        let builder = Builder::new(options.session, 1, options.payload_limit);
        let (mut store, mut server) = (None, None);
        if let Some(address) = endpoint.request {
            let shared = Arc::new(Mutex::new(Store::new(options.session, options.store_bytes, options.payload_limit)));
            server = Some(Server::start(address, Arc::clone(&shared))?);
            store = Some(shared);
        }
        Ok(Self {
            socket,
            builder,
            outbox: Outbox::default(),
            heartbeat: options.heartbeat,
            linger: options.linger,
            last_sent: Instant::now(),
            summary: SenderSummary::default(),
            store,
            server,
        })
    }

    /// Where the retransmission server listens.
    #[must_use]
    pub fn request_address(&self) -> Option<SocketAddrV4> {
        self.server.as_ref().map(Server::local)
    }

    /// Packs whole framed messages; full packets leave in batches.
    ///
    /// # Errors
    /// What the socket answers, or `InvalidInput` for a message that no packet can hold.
    pub fn write(&mut self, framed: &[u8]) -> io::Result<()> {
        let mut rest = framed;
        loop {
            rest = &rest[self.builder.push_framed(rest)..];
            if rest.is_empty() {
                return Ok(());
            }
            if self.builder.is_empty() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "a message is longer than a packet"));
            }
            self.close_packet();
            if self.outbox.is_full() {
                self.send()?;
            }
        }
    }

    /// Sends what is packed, the last packet even if it is not full.
    ///
    /// # Errors
    /// What the socket answers.
    pub fn flush(&mut self) -> io::Result<()> {
        if !self.builder.is_empty() {
            self.close_packet();
        }
        self.send()
    }

    /// Sends a heartbeat when it is time for one. Call it at least a few times a heartbeat interval while nothing is sent.
    ///
    /// # Errors
    /// What the socket answers.
    pub fn idle(&mut self) -> io::Result<()> {
        if self.last_sent.elapsed() >= self.heartbeat && self.builder.is_empty() {
            self.outbox.push(&self.builder.heartbeat());
            self.summary.heartbeats += 1;
            self.send()?;
        }
        Ok(())
    }

    /// Ends the session: sends what is packed, then repeats the end of the session until nobody has asked for anything for
    /// the linger time, or `hurry` says so.
    ///
    /// # Errors
    /// What the socket answers.
    pub fn finish(mut self, hurry: impl Fn() -> bool) -> io::Result<SenderSummary> {
        self.flush()?;
        let (begun, mut requests) = (Instant::now(), 0);
        let mut quiet_since = begun;
        loop {
            self.outbox.push(&self.builder.end_of_session());
            self.send()?;
            let served = self.server.as_ref().map_or(0, |server| server.summary().requests);
            if served != requests {
                (requests, quiet_since) = (served, Instant::now());
            }
            if quiet_since.elapsed() >= self.linger || begun.elapsed() >= END_AT_MOST || hurry() {
                return Ok(self.summary());
            }
            std::thread::sleep(END_PAUSE.min(self.linger));
        }
    }

    #[must_use]
    pub fn summary(&self) -> SenderSummary {
        let retransmission = self.server.as_ref().map(Server::summary);
        SenderSummary { refused: self.socket.refused(), retransmission, ..self.summary }
    }

    fn close_packet(&mut self) {
        let (first, count) = (self.builder.sequence(), self.builder.count());
        let packet = self.builder.packet();
        if let Some(store) = &self.store {
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            store.push(first, count, &packet[HEADER_BYTES..]);
        }
        self.outbox.push(packet);
        self.summary.messages += u64::from(count);
        self.summary.packets += 1;
        self.summary.bytes += packet.len() as u64;
        self.builder.advance();
    }

    fn send(&mut self) -> io::Result<()> {
        if !self.outbox.is_empty() {
            self.socket.send(&mut self.outbox)?;
            self.last_sent = Instant::now();
        }
        Ok(())
    }
}
