//! Clients of shared memory: no descriptor says when they have sent something or made room, so they are looked at.

use super::client::{Client, Line};
use super::{LULL, Service, Turn};
use hftz_net::SharedLine;
use std::time::Instant;

impl Client {
    fn shared(&mut self) -> Option<&mut SharedLine> {
        match &mut self.line {
            Line::Shared(line) => Some(line),
            _ => None,
        }
    }
}

impl Service {
    /// Gives a turn to who has sent something, and waiting reports to who may have made room.
    pub(super) fn look_at_rings(&mut self) {
        let mut at = 0;
        while let Some(&id) = self.rings.get(at) {
            let Some(client) = self.clients.get_mut(id) else {
                self.rings.swap_remove(at);
                continue;
            };
            at += 1;
            let has_reports = client.queued() > 0;
            let is_listened_to = !client.is_queued && client.leaves_after.is_none();
            if is_listened_to && client.shared().is_some_and(SharedLine::is_ready) {
                client.is_queued = true;
                self.turns.push_back(Turn::Client(id));
            }
            if has_reports {
                self.flush(id);
            }
        }
    }

    /// Whether the next message may come at once.
    pub(super) fn expects_at_rings(&mut self) -> bool {
        if !self.spins_at_rings || self.rings.is_empty() {
            return false;
        }
        if self.idle == 0 {
            (self.idle, self.silent_since) = (1, Instant::now());
        }
        self.silent_since.elapsed() < LULL
    }

    /// Tells them that their messages must come with a knock at the socket from now on.
    pub(super) fn sleep_at_rings(&mut self) {
        self.each_ring(|line| line.begin_sleep());
    }

    pub(super) fn wake_at_rings(&mut self) {
        self.each_ring(|line| line.end_sleep());
    }

    /// Whether one of them has sent something that waits.
    pub(super) fn is_a_ring_ready(&mut self) -> bool {
        let mut is_ready = false;
        self.each_ring(|line| is_ready |= line.is_ready());
        is_ready
    }

    fn each_ring(&mut self, mut f: impl FnMut(&mut SharedLine)) {
        for &id in &self.rings {
            if let Some(line) = self.clients.get_mut(id).and_then(Client::shared) {
                f(line);
            }
        }
    }
}
