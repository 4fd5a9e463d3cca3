//! Reports on their way to clients.

use super::super::lane::{ClientId, Outbound};
use super::client::{Line, MOST_QUEUED};
use super::{Cut, DATAGRAM_BYTES, MOST_QUEUED_TOGETHER, Service};
use hftz_model::ReportKind;
use hftz_net::Interest;
use hftz_wire::native::{self, REPORT_BYTES};

impl Service {
    /// To the owner of the order's session, or to who sent what was rejected.
    pub(super) fn route(&mut self, outbound: &Outbound) {
        let event = &outbound.event;
        let is_refusal = event.kind == ReportKind::Rejected;
        let to = if is_refusal { outbound.cause } else { self.clients.owner(event.order_id) };
        let Some(client) = self.clients.get_mut(to) else {
            self.figures.unclaimed += 1;
            return;
        };
        if client.queued() == 0 {
            self.addressed.push(to);
        }
        client.queue(&native::write_report(event));
        self.queued += REPORT_BYTES;
        self.figures.reports += 1;
        if client.queued() > MOST_QUEUED || self.queued > MOST_QUEUED_TOGETHER {
            self.cut(to, Cut::Slow);
        }
    }

    /// Writes what a client takes now; the rest when the poller says so.
    pub(super) fn flush(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let before = client.queued();
        if let Line::Peer(address, door) = client.line {
            for datagram in client.waiting_reports().chunks(DATAGRAM_BYTES) {
                self.figures.dropped += u64::from(!self.doors[door].send(datagram, address));
            }
            client.forget_reports();
            self.queued -= before;
            return;
        }
        let written = client.write();
        self.queued -= before - client.queued();
        // Room in shared memory is looked for, not reported.
        let is_reported = !matches!(client.line, Line::Shared(_));
        let (write, was) = (client.queued() > 0 && is_reported, client.is_waiting);
        let read = client.leaves_after.is_none();
        if written.is_err() {
            self.cut(id, Cut::Left);
        } else if write != was {
            self.watch(id, Interest { read, write }, false);
        }
    }

    /// Lets those go whose last reports have left.
    pub(super) fn release(&mut self, matched: u64) {
        let mut leaving = std::mem::take(&mut self.leaving);
        leaving.retain(|&id| {
            let Some(client) = self.clients.get_mut(id) else { return false };
            let is_done = client.queued() == 0 && client.leaves_after.is_some_and(|last| last <= matched);
            if is_done {
                self.cut(id, Cut::Left);
            }
            !is_done
        });
        self.leaving = leaving;
    }
}
