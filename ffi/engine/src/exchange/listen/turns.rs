//! What a client's turn is: a read, or as many commands as the ring takes.

use super::super::ingest::time_of_day;
use super::super::lane::{ClientId, Inlet};
use super::super::vitals::nanoseconds;
use super::client::Taken;
use super::{BATCH, Cut, Service, Turn};
use hftz_net::Interest;
use hftz_wire::native::{self, Stop};

impl Service {
    /// A turn of one client: as many commands as the ring takes, or a read when nothing whole is left.
    pub(super) fn turn(&mut self, id: ClientId, ring: &mut Inlet) {
        let arrival_ns = nanoseconds(self.started);
        let Some(client) = self.clients.get_mut(id) else { return };
        // The clock goes before them (rule 14).
        let room = (ring.free() - 1).min(BATCH);
        let done = native::decode_batch(&client.input[client.at..], client.offset, &mut self.batch[..room]);
        if done.filled == 0 && done.stop == Stop::MoreInput {
            return self.read(id);
        }
        let mut cut = match done.stop {
            Stop::Error(_) => Some(Cut::Malformed),
            _ => None,
        };
        let mut messages = client.at;
        if done.filled > 0 {
            ring.push(time_of_day(), arrival_ns, ClientId::NOBODY, &[]);
            self.pushed += 1;
        }
        client.consume(done.consumed);
        for &command in &self.batch[..done.filled] {
            let message = messages..messages + native::bytes_of(command.kind);
            messages = message.end;
            let command = match self.clients.license(command, id) {
                Ok(Some(command)) => command,
                Ok(None) => continue,
                Err(why) => {
                    cut = Some(why);
                    break;
                }
            };
            let Some(client) = self.clients.get_mut(id) else { break };
            ring.push(command, arrival_ns, id, client.input.get(message).unwrap_or_default());
            self.pushed += 1;
        }
        match cut {
            Some(why) => self.cut(id, why),
            None => self.turns.push_back(Turn::Client(id)),
        }
    }

    fn read(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        match client.read(&mut self.buffer) {
            Ok(Taken::Some(count)) => {
                self.figures.bytes_in += count as u64;
                self.turns.push_back(Turn::Client(id));
            }
            Ok(Taken::Dry) => client.is_queued = false,
            Ok(Taken::End) => self.part(id),
            Err(_) => self.cut(id, Cut::Left),
        }
    }

    /// A client sends no more: it is let go when everything about its last command has left.
    fn part(&mut self, id: ClientId) {
        let pushed = self.pushed;
        let Some(client) = self.clients.get_mut(id) else { return };
        self.figures.halves += u64::from(client.at < client.input.len());
        client.is_queued = false;
        client.leaves_after = Some(pushed);
        let write = client.queued() > 0;
        self.leaving.push(id);
        // Level-triggered: the end of its input would be reported for ever.
        self.watch(id, Interest { read: false, write }, false);
    }
}
