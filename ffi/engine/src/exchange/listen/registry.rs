//! Who is connected, and whose a session is.
//!
//! A session (the top 16 bits of an order id) belongs to the client that first used it, until that client leaves: reports
//! about its orders go there, and nobody else may use it. Slots are used again under a new number, so that a report for a
//! client that has left finds nobody instead of its successor.

use super::super::lane::ClientId;
use super::client::{Client, Line};

/// Clients at once.
pub const MOST_CLIENTS: usize = 1 << 14;
const SLOT_MASK: u32 = MOST_CLIENTS as u32 - 1;

pub struct Registry {
    slots: Vec<Option<Client>>,
    /// Slots without a client, and the number the next one there gets.
    free: Vec<ClientId>,
    owners: Box<[ClientId]>,
    /// Sessions from here on belong to none of these clients.
    foreign: usize,
    live: usize,
}

impl Registry {
    /// The last session that clients may use is the one before `foreign`, or `u16::MAX` itself.
    pub fn new(foreign: u16) -> Self {
        let foreign = if foreign == u16::MAX { 1 << 16 } else { usize::from(foreign) };
        let owners = vec![ClientId::NOBODY; 1 << 16].into_boxed_slice();
        Self { slots: Vec::new(), free: Vec::new(), owners, foreign, live: 0 }
    }

    /// `None` when there is no room for one more.
    pub fn admit(&mut self, line: Line) -> Option<ClientId> {
        let id = match self.free.pop() {
            Some(id) => id,
            None if self.slots.len() < MOST_CLIENTS => {
                let slot = self.slots.len() as u32;
                self.slots.push(None);
                // Generation 1 upwards: number 0 is nobody.
                ClientId(slot | (SLOT_MASK + 1))
            }
            None => return None,
        };
        self.slots[slot(id)] = Some(Client::new(id, line));
        self.live += 1;
        Some(id)
    }

    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.slots.get_mut(slot(id))?.as_mut().filter(|client| client.id == id)
    }

    fn holds(&self, id: ClientId) -> bool {
        self.slots.get(slot(id)).and_then(Option::as_ref).is_some_and(|client| client.id == id)
    }

    pub fn remove(&mut self, id: ClientId) -> Option<Client> {
        let place =
            self.slots.get_mut(slot(id)).filter(|place| place.as_ref().is_some_and(|client| client.id == id))?;
        let next = id.0.wrapping_add(SLOT_MASK + 1);
        self.free.push(ClientId(if next > SLOT_MASK { next } else { next + SLOT_MASK + 1 }));
        self.live -= 1;
        place.take()
    }

    /// Whether `id` may use a session; an unused one becomes its own.
    #[inline]
    pub fn claim(&mut self, session: u16, id: ClientId) -> bool {
        let place = usize::from(session);
        let owner = self.owners[place];
        if place >= self.foreign || owner != id && self.holds(owner) {
            return false;
        }
        self.owners[place] = id;
        if let Some(client) = self.get_mut(id) {
            client.session = Some(session);
        }
        true
    }

    /// Who hears about an order.
    pub fn owner(&self, order_id: u64) -> ClientId {
        self.owners[usize::from(session_of(order_id))]
    }

    pub fn ids(&self) -> Vec<ClientId> {
        self.slots.iter().flatten().map(|client| client.id).collect()
    }

    pub fn live(&self) -> usize {
        self.live
    }
}

fn slot(id: ClientId) -> usize {
    (id.0 & SLOT_MASK) as usize
}

/// The session in an order id.
pub const fn session_of(order_id: u64) -> u16 {
    (order_id >> 48) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(port: u16) -> Line {
        Line::Peer(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port), 0)
    }

    #[test]
    fn a_session_is_one_clients_until_it_leaves() {
        let mut registry = Registry::new(u16::MAX);
        let (one, two) = (registry.admit(peer(1)).unwrap(), registry.admit(peer(2)).unwrap());
        assert!(registry.claim(7, one) && registry.claim(7, one));
        assert!(!registry.claim(7, two));
        assert_eq!(registry.owner(7 << 48 | 1), one);
        registry.remove(one);
        assert!(registry.claim(7, two));
    }

    #[test]
    fn a_slot_is_used_again_under_another_number() {
        let mut registry = Registry::new(u16::MAX);
        let first = registry.admit(peer(1)).unwrap();
        registry.remove(first);
        let second = registry.admit(peer(2)).unwrap();
        assert_ne!(first, second);
        assert!(registry.get_mut(first).is_none() && registry.get_mut(second).is_some());
        assert!(registry.remove(first).is_none());
        assert_eq!(registry.live(), 1);
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut registry = Registry::new(u16::MAX);
        for _ in 0..MOST_CLIENTS {
            assert!(registry.admit(peer(1)).is_some_and(|id| id != ClientId::NOBODY));
        }
        assert!(registry.admit(peer(1)).is_none());
    }
}
