//! What the engine's reports mean to the client they belong to.

use super::session::{Live, Pending, Session};
use crate::dialect::Answer;
use crate::refusal::Refusal;
use hftz_model::{Event, Reason, ReportKind};

/// What the running command makes of its reports.
#[derive(Clone, Copy, Default)]
pub(super) struct Cause {
    /// The order that came in: its fills took liquidity.
    pub incoming: u64,
    /// The liquidity flag of a cross.
    pub cross: Option<u8>,
    /// Whether a mass cancel is the session's own.
    pub own_mass_cancel: bool,
}

impl Session {
    pub fn report(&mut self, event: &Event, cause: &Cause, mut answer: impl FnMut(&Answer<'_>)) {
        match event.kind {
            ReportKind::Accepted => {
                if let Pending::Enter { id, locate, life, terms } =
                    std::mem::replace(&mut self.pending, Pending::Nothing)
                {
                    answer(&Answer::Accepted { terms: &terms, reference: event.sequence });
                    self.names.insert(terms.token, id);
                    self.orders.insert(id, Live { terms, locate, life, open: event.open, executed: 0 });
                }
            }
            ReportKind::Rejected => match std::mem::replace(&mut self.pending, Pending::Nothing) {
                Pending::Enter { terms, .. } => {
                    let why = Refusal::of(event.reason);
                    answer(&Answer::Rejected { token: terms.token, client_id: terms.client_id, why });
                }
                Pending::Replace { change, .. } => {
                    self.use_up(change.token);
                    let why = Refusal::of(event.reason);
                    answer(&Answer::Rejected { token: change.token, client_id: change.client_id, why });
                }
                Pending::Modify { .. } | Pending::Nothing => {}
            },
            ReportKind::Replaced => self.replaced(event, answer),
            ReportKind::Fill => {
                let Some(live) = self.orders.get_mut(&event.order_id) else { return };
                live.executed = live.executed.saturating_add(event.quantity);
                live.open = event.open;
                let took = if event.order_id == cause.incoming { b'R' } else { b'A' };
                answer(&Answer::Executed {
                    token: live.terms.token,
                    shares: event.quantity,
                    price: event.price,
                    liquidity: cause.cross.unwrap_or(took),
                    match_number: event.match_number,
                });
                self.bury(event);
            }
            ReportKind::Cancelled | ReportKind::Expired => {
                let Some(live) = self.orders.get_mut(&event.order_id) else { return };
                live.open = event.open;
                match self.pending {
                    Pending::Modify { id, side } if id == event.order_id && event.open > 0 => {
                        live.terms.side = side;
                        answer(&Answer::Modified { token: live.terms.token, side, open: event.open });
                    }
                    _ => {
                        let mass = if cause.own_mass_cancel { self.mass_reason } else { b'S' };
                        let reason = cancel_reason(event.reason, live.terms.cross, mass);
                        answer(&Answer::Canceled { token: live.terms.token, shares: event.quantity, reason });
                    }
                }
                self.bury(event);
            }
            // OUCH has no stops: only a session's own orders report here.
            ReportKind::Triggered => {}
        }
    }

    fn replaced(&mut self, event: &Event, mut answer: impl FnMut(&Answer<'_>)) {
        let Pending::Replace { id, change } = std::mem::replace(&mut self.pending, Pending::Nothing) else { return };
        self.use_up(change.token);
        let Some(live) = self.orders.get_mut(&id) else { return };
        let previous = live.terms.token;
        live.open = event.open;
        let terms = &mut live.terms;
        (terms.token, terms.client_id, terms.shares) = (change.token, change.client_id, change.shares);
        (terms.price, terms.time_in_force, terms.display) = (change.price, change.time_in_force, change.display);
        (terms.sweep, terms.floor, terms.minimum) = (change.sweep, change.floor, change.minimum);
        answer(&Answer::Replaced { terms, open: event.open, previous, reference: event.sequence });
        self.names.remove(&previous);
        self.names.insert(change.token, id);
    }

    /// Forgets an order that its report ended.
    fn bury(&mut self, event: &Event) {
        if event.ends_order()
            && let Some(live) = self.orders.remove(&event.order_id)
        {
            self.names.remove(&live.terms.token);
        }
    }
}

/// OUCH's letter for why an order was cancelled: the same in both versions.
const fn cancel_reason(reason: Reason, cross: u8, mass: u8) -> u8 {
    match reason {
        Reason::Requested => b'U',
        Reason::SelfTrade => b'Q',
        Reason::MassCancel => mass,
        Reason::MarketRemainder | Reason::Expired if cross != b'N' => b'C',
        Reason::IocRemainder | Reason::CannotFill | Reason::MinimumQuantity | Reason::MarketRemainder => b'I',
        Reason::Expired => b'T',
        Reason::KillSwitch | Reason::RiskLimit => b'S',
        _ => b'Z',
    }
}
