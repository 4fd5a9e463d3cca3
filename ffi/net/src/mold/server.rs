//! The retransmission server: 20-byte requests in, ordinary packets out, from what the [`Store`] still holds.
//!
//! A thread of its own, so that a burst of requests never delays the feed; it and the sender meet at one lock, held for the copy
//! of at most one answer.

use super::store::Store;
use crate::socket::wait_readable;
use crate::{Inbox, NetError, UdpReceiver};
use hftz_wire::mold::Request;
use std::net::SocketAddrV4;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the thread sleeps at most before it looks at its stop flag.
const NAP: Duration = Duration::from_millis(20);

/// What the server did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ServerSummary {
    /// Requests taken in.
    pub requests: u64,
    /// Messages sent again.
    pub messages: u64,
    /// Requests for messages that are gone from the store or were never sent.
    pub unanswered: u64,
    /// Datagrams that are no request.
    pub malformed: u64,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    messages: AtomicU64,
    unanswered: AtomicU64,
    malformed: AtomicU64,
}

#[derive(Debug)]
pub(super) struct Server {
    local: SocketAddrV4,
    stop: Arc<AtomicBool>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(address: SocketAddrV4, store: Arc<Mutex<Store>>) -> Result<Self, NetError> {
        let fail = |source| NetError::system(format!("cannot serve retransmissions on {address}"), source);
        let socket = UdpReceiver::bind(address, 1 << 20)?;
        let local = socket.local().map_err(fail)?;
        let (stop, counters) = (Arc::new(AtomicBool::new(false)), Arc::new(Counters::default()));
        let (its_stop, its_counters) = (Arc::clone(&stop), Arc::clone(&counters));
        let thread = std::thread::Builder::new()
            .name("hftz-retransmit".into())
            .spawn(move || serve(socket, &store, &its_stop, &its_counters))
            .map_err(fail)?;
        Ok(Self { local, stop, counters, thread: Some(thread) })
    }

    pub(super) const fn local(&self) -> SocketAddrV4 {
        self.local
    }

    pub(super) fn summary(&self) -> ServerSummary {
        let Counters { requests, messages, unanswered, malformed } = &*self.counters;
        ServerSummary {
            requests: requests.load(Relaxed),
            messages: messages.load(Relaxed),
            unanswered: unanswered.load(Relaxed),
            malformed: malformed.load(Relaxed),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed; the feed itself is whole.
            let _ = thread.join();
        }
    }
}

fn serve(mut socket: UdpReceiver, store: &Mutex<Store>, stop: &AtomicBool, counters: &Counters) {
    let (mut inbox, mut packets) = (Inbox::new(), Vec::new());
    while !stop.load(Relaxed) {
        // An error of this socket ends one wait, not the service: the next request may be fine.
        if !wait_readable(&[socket.as_fd()], NAP).unwrap_or(false) || socket.receive(&mut inbox).is_err() {
            continue;
        }
        for (datagram, from) in inbox.iter() {
            let (Ok(request), Some(from)) = (Request::decode(datagram), from) else {
                counters.malformed.fetch_add(1, Relaxed);
                continue;
            };
            counters.requests.fetch_add(1, Relaxed);
            packets.clear();
            let mut used = 0;
            let answer = store.lock().unwrap_or_else(PoisonError::into_inner).answer(&request, |packet| {
                packets.resize_with(packets.len().max(used + 1), Vec::new);
                packets[used].clear();
                packets[used].extend_from_slice(packet);
                used += 1;
            });
            for packet in &packets[..used] {
                socket.answer(packet, from);
            }
            counters.messages.fetch_add(answer.messages, Relaxed);
            counters.unanswered.fetch_add(u64::from(answer.unanswered), Relaxed);
        }
    }
}
