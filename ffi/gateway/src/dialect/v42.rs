//! OUCH 4.2.

use super::{Answer, Ask, Change, Life, Token};
use crate::refusal::Refusal;
use crate::trader::Terms;
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v42::{self, Inbound};

const fn life(time_in_force: u32) -> Result<Life, Refusal> {
    match time_in_force {
        v42::IMMEDIATE => Ok(Life::Immediate),
        v42::MARKET_HOURS | v42::SYSTEM_HOURS => Ok(Life::Day),
        seconds if seconds < v42::MARKET_HOURS => Ok(Life::Seconds(seconds)),
        _ => Err(Refusal::Other),
    }
}

pub fn read(raw: &[u8]) -> Option<Ask> {
    Some(match Inbound::of(raw).ok()?.0 {
        Inbound::EnterOrder(bytes) => {
            let order = v42::EnterOrder::decode(bytes);
            let terms = Terms {
                token: order.token.0,
                client_id: order.token,
                side: order.side,
                shares: order.shares,
                stock: order.stock,
                price: u64::from(order.price),
                time_in_force: order.time_in_force,
                firm: order.firm,
                display: order.display,
                post_only: order.display == b'P',
                capacity: order.capacity,
                sweep: order.sweep,
                minimum: order.minimum,
                cross: order.cross,
                floor: 0,
                options: Box::default(),
            };
            Ask::Enter { terms, life: life(order.time_in_force), unsupported: None }
        }
        Inbound::ReplaceOrder(bytes) => {
            let order = v42::ReplaceOrder::decode(bytes);
            let change = Change {
                token: order.token.0,
                client_id: order.token,
                shares: order.shares,
                price: u64::from(order.price),
                time_in_force: order.time_in_force,
                life: life(order.time_in_force),
                display: order.display,
                sweep: order.sweep,
                minimum: order.minimum,
                floor: 0,
                unsupported: None,
            };
            Ask::Replace { existing: order.existing.0, change }
        }
        Inbound::CancelOrder(bytes) => {
            let order = v42::CancelOrder::decode(bytes);
            Ask::Cancel { token: order.token.0, shares: order.shares }
        }
        Inbound::ModifyOrder(bytes) => {
            let order = v42::ModifyOrder::decode(bytes);
            Ask::Modify { token: order.token.0, side: order.side, shares: order.shares }
        }
        Inbound::TradeNow(_) => Ask::TradeNow,
    })
}

pub fn write(time_ns: u64, answer: &Answer<'_>, to: &mut Vec<u8>) {
    let named = |token: Token| Alpha(token);
    match *answer {
        Answer::SystemEvent(event) => to.extend_from_slice(&v42::SystemEvent { time_ns, event }.encode()),
        Answer::Accepted { terms, reference } => to.extend_from_slice(
            &v42::Accepted {
                time_ns,
                token: named(terms.token),
                side: terms.side,
                shares: terms.shares,
                stock: terms.stock,
                price: terms.price as u32,
                time_in_force: terms.time_in_force,
                firm: terms.firm,
                display: terms.display,
                reference,
                capacity: terms.capacity,
                sweep: terms.sweep,
                minimum: terms.minimum,
                cross: terms.cross,
                state: b'L',
                bbo_weight: b' ',
            }
            .encode(),
        ),
        Answer::Replaced { terms, open, previous, reference } => to.extend_from_slice(
            &v42::Replaced {
                time_ns,
                token: named(terms.token),
                side: terms.side,
                shares: open,
                stock: terms.stock,
                price: terms.price as u32,
                time_in_force: terms.time_in_force,
                firm: terms.firm,
                display: terms.display,
                reference,
                capacity: terms.capacity,
                sweep: terms.sweep,
                minimum: terms.minimum,
                cross: terms.cross,
                state: b'L',
                previous: named(previous),
                bbo_weight: b' ',
            }
            .encode(),
        ),
        Answer::Canceled { token, shares, reason } => {
            let canceled = v42::Canceled { time_ns, token: named(token), decrement: shares, reason };
            to.extend_from_slice(&canceled.encode());
        }
        Answer::Executed { token, shares, price, liquidity, match_number } => {
            let (token, price) = (named(token), price as u32);
            to.extend_from_slice(&v42::Executed { time_ns, token, shares, price, liquidity, match_number }.encode());
        }
        Answer::Rejected { token, why, .. } => {
            to.extend_from_slice(&v42::Rejected { time_ns, token: named(token), reason: why.letter() }.encode());
        }
        Answer::Modified { token, side, open } => {
            to.extend_from_slice(&v42::Modified { time_ns, token: named(token), side, shares: open }.encode());
        }
        // 4.2 has no messages that lead to these.
        Answer::MassCanceling { .. } | Answer::EntrySwitched { .. } | Answer::Next(_) => {}
    }
}
