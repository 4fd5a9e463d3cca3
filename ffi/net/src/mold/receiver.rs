//! A session being received: datagrams from the wire, framed messages out, in order, each once.

use super::reassembly::{Reassembly, Settings, Statistics};
use crate::socket::wait_readable;
use crate::{BufferGrant, Endpoint, Inbox, NetError, UdpReceiver};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// The receiving side of one session at a time.
pub struct MoldReceiver {
    feed: UdpReceiver,
    /// Requests leave here and their answers arrive here.
    requests: Option<(UdpReceiver, SocketAddrV4)>,
    inbox: Inbox,
    machine: Reassembly,
    opened: Instant,
}

impl MoldReceiver {
    /// Joins the group or binds the address of `endpoint`; lost messages are asked for at its request address, if it has one.
    ///
    /// # Errors
    /// When the system refuses one of the sockets.
    pub fn open(endpoint: &Endpoint, settings: Settings) -> Result<Self, NetError> {
        let feed = UdpReceiver::open(endpoint)?;
        let any = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        let requests = match endpoint.request {
            Some(to) => Some((UdpReceiver::bind(any, endpoint.buffer_bytes)?, to)),
            None => None,
        };
        let settings = Settings { requests: requests.is_some(), ..settings };
        Ok(Self { feed, requests, inbox: Inbox::new(), machine: Reassembly::new(settings), opened: Instant::now() })
    }

    /// Waits up to `wait` for datagrams and appends what they make deliverable to `out` as framed bytes. True when the session
    /// has ended and nothing more will come. One call takes at most a batch from each socket.
    ///
    /// # Errors
    /// What the sockets answer.
    pub fn receive(&mut self, out: &mut Vec<u8>, wait: Duration) -> io::Result<bool> {
        let wait = match self.machine.deadline_ns() {
            Some(deadline) => wait.min(Duration::from_nanos(deadline.saturating_sub(self.now_ns()))),
            None => wait,
        };
        let ready = match &self.requests {
            Some((answers, _)) => wait_readable(&[self.feed.as_fd(), answers.as_fd()], wait)?,
            None => wait_readable(&[self.feed.as_fd()], wait)?,
        };
        if ready {
            // Answers first: they fill the gap that the live packets wait behind.
            let now_ns = self.now_ns();
            let answers = self.requests.as_mut().map(|(answers, _)| answers);
            for socket in answers.into_iter().chain([&mut self.feed]) {
                socket.receive(&mut self.inbox)?;
                for (datagram, _) in self.inbox.iter() {
                    self.machine.datagram(datagram, now_ns, out);
                }
            }
        }
        let now_ns = self.now_ns();
        if let (Some(request), Some((socket, to))) = (self.machine.poll(now_ns, out), &self.requests) {
            socket.answer(&request.encode(), *to);
        }
        Ok(self.machine.finished())
    }

    /// Gives up what is missing and delivers what is held, when the caller stops before the end of the session.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        let now_ns = self.now_ns();
        self.machine.close(now_ns, out);
    }

    #[must_use]
    pub const fn statistics(&self) -> &Statistics {
        self.machine.statistics()
    }

    /// Datagrams that the system dropped because the receive buffer was full.
    #[must_use]
    pub const fn dropped(&self) -> u32 {
        self.feed.dropped()
    }

    /// The receive buffer asked for and got.
    #[must_use]
    pub const fn buffer(&self) -> BufferGrant {
        self.feed.buffer()
    }

    #[allow(clippy::cast_possible_truncation)]
    fn now_ns(&self) -> u64 {
        self.opened.elapsed().as_nanos() as u64
    }
}
