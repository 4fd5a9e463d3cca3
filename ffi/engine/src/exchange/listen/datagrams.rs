//! Senders of datagrams: clients without a connection.

use super::super::lane::ClientId;
use super::client::Line;
use super::{READ_BYTES, Service, Turn};
use hftz_wire::native::{self, ErrorKind};
use std::net::SocketAddrV4;

/// Senders of datagrams that are remembered; the one that came first makes room.
const MOST_PEERS: usize = 4096;

impl Service {
    /// A turn of a door: one datagram, whose sender then is a client like others. A message ends with its datagram, and one that is none
    /// spoils nothing but the rest of it: an address can be forged, so nobody is cut off for what came from it.
    pub(super) fn receive(&mut self, door: usize) {
        let Some((count, from)) = self.doors[door].receive(&mut self.buffer) else {
            self.queued_doors[door] = false;
            return;
        };
        self.turns.push_back(Turn::Door(door));
        self.figures.bytes_in += count as u64;
        let Some(id) = self.peer(from, door) else {
            self.figures.turned_away += 1;
            return;
        };
        let Some(client) = self.clients.get_mut(id) else { return };
        if client.at == client.input.len() {
            client.input.clear();
            client.at = 0;
        } else if client.input.len() - client.at > READ_BYTES {
            self.figures.dropped += 1;
            return;
        }
        let (messages, rest) = self.buffer[..count].split_at(native::whole(&self.buffer[..count]));
        match native::finish(rest, 0).map(|error| error.kind) {
            Some(ErrorKind::UnknownType(_)) => self.figures.spoiled += 1,
            Some(_) => self.figures.halves += 1,
            None => {}
        }
        client.input.extend_from_slice(messages);
        if !client.is_queued {
            client.is_queued = true;
            self.turns.push_front(Turn::Client(id));
        }
    }

    fn peer(&mut self, from: SocketAddrV4, door: usize) -> Option<ClientId> {
        if let Some(&id) = self.peers.get(&from) {
            return Some(id);
        }
        if self.peers.len() >= MOST_PEERS {
            while let Some((_, id)) = self.peer_order.pop_front() {
                if self.remove(id) {
                    break;
                }
            }
        }
        let id = self.clients.admit(Line::Peer(from, door))?;
        self.figures.came += 1;
        self.figures.most = self.figures.most.max(self.clients.live());
        self.peers.insert(from, id);
        self.peer_order.push_back((from, id));
        Some(id)
    }
}
