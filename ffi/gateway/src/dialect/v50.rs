//! OUCH 5.0.

use super::{Answer, Ask, Change, Life, number_of, numbered};
use crate::refusal::Refusal;
use crate::trader::Terms;
use hftz_wire::itch::Alpha;
use hftz_wire::ouch::v50::{self, Inbound};
use hftz_wire::ouch::{Appendage, tag};

/// The options of an order that mean something here.
struct Options {
    firm: Alpha<4>,
    minimum: u32,
    floor: u32,
    post_only: bool,
    expire_seconds: Option<u32>,
    side: Option<u8>,
    unsupported: Option<Refusal>,
}

impl Options {
    fn read(appendage: Appendage<'_>) -> Self {
        let mut read = Self {
            firm: Alpha::BLANK,
            minimum: 0,
            floor: 0,
            post_only: false,
            expire_seconds: None,
            side: None,
            unsupported: None,
        };
        for option in appendage.options() {
            let number = option.number() as u32;
            let refused = match option.tag {
                tag::FIRM => {
                    read.firm = option.value.first_chunk().copied().map_or(Alpha::BLANK, Alpha);
                    None
                }
                tag::MINIMUM_QUANTITY => {
                    read.minimum = number;
                    None
                }
                tag::MAX_FLOOR => {
                    read.floor = number;
                    None
                }
                tag::POST_ONLY => {
                    read.post_only = number == u32::from(b'P');
                    None
                }
                tag::EXPIRE_TIME => {
                    read.expire_seconds = Some(number);
                    None
                }
                tag::SIDE => {
                    read.side = option.value.first().copied();
                    None
                }
                tag::PRICE_TYPE => (number != u32::from(b'L')).then_some(Refusal::Pegging),
                tag::PEG_OFFSET | tag::DISCRETION_PEG_OFFSET => Some(Refusal::Pegging),
                tag::RANDOM_RESERVES => (number != 0).then_some(Refusal::MaxFloor),
                tag::ROUTE => Some(Refusal::Routing),
                tag::CUSTOMER_TYPE | tag::TRADE_NOW | tag::GROUP | tag::SHARES_LOCATED | tag::LOCATE_BROKER => None,
                _ => Some(Refusal::Other),
            };
            read.unsupported = read.unsupported.or(refused);
        }
        read
    }

    const fn life(&self, time_in_force: u8) -> Result<Life, Refusal> {
        match (time_in_force, self.expire_seconds) {
            (b'0', _) => Ok(Life::Day),
            (b'3', _) => Ok(Life::Immediate),
            (b'6', Some(seconds @ 1..86_400)) => Ok(Life::Seconds(seconds)),
            _ => Err(Refusal::Other),
        }
    }
}

pub fn read(raw: &[u8]) -> Option<Ask> {
    let (view, rest) = Inbound::of(raw).ok()?;
    let appendage = Appendage::of(rest);
    let options = Options::read(appendage);
    Some(match view {
        Inbound::EnterOrder(bytes) => {
            let order = v50::EnterOrder::decode(bytes);
            let terms = Terms {
                token: numbered(order.reference),
                client_id: order.client_id,
                side: order.side,
                shares: order.quantity,
                stock: order.symbol,
                price: order.price,
                time_in_force: u32::from(order.time_in_force),
                firm: options.firm,
                display: order.display,
                post_only: options.post_only,
                capacity: order.capacity,
                sweep: order.sweep,
                minimum: options.minimum,
                cross: order.cross,
                floor: options.floor,
                options: appendage.bytes().into(),
            };
            Ask::Enter { terms, life: options.life(order.time_in_force), unsupported: options.unsupported }
        }
        Inbound::ReplaceOrder(bytes) => {
            let order = v50::ReplaceOrder::decode(bytes);
            let change = Change {
                token: numbered(order.reference),
                client_id: order.client_id,
                shares: order.quantity,
                price: order.price,
                time_in_force: u32::from(order.time_in_force),
                life: options.life(order.time_in_force),
                display: order.display,
                sweep: order.sweep,
                minimum: options.minimum,
                floor: options.floor,
                unsupported: options.unsupported,
            };
            Ask::Replace { existing: numbered(order.original), change }
        }
        Inbound::CancelOrder(bytes) => {
            let order = v50::CancelOrder::decode(bytes);
            Ask::Cancel { token: numbered(order.reference), shares: order.quantity }
        }
        Inbound::ModifyOrder(bytes) => {
            let order = v50::ModifyOrder::decode(bytes);
            Ask::Modify { token: numbered(order.reference), side: order.side, shares: order.quantity }
        }
        Inbound::MassCancel(bytes) => {
            let mass = v50::MassCancel::decode(bytes);
            let narrowed = appendage.get(tag::GROUP).map(|_| Refusal::CancelNotAllowed);
            Ask::MassCancel {
                reference: mass.reference,
                firm: mass.firm,
                symbol: mass.symbol,
                side: options.side,
                unsupported: options.unsupported.or(narrowed),
            }
        }
        Inbound::DisableOrderEntry(bytes) => {
            let ask = v50::DisableOrderEntry::decode(bytes);
            Ask::SwitchEntry { reference: ask.reference, firm: ask.firm, enable: false }
        }
        Inbound::EnableOrderEntry(bytes) => {
            let ask = v50::EnableOrderEntry::decode(bytes);
            Ask::SwitchEntry { reference: ask.reference, firm: ask.firm, enable: true }
        }
        Inbound::AccountQuery(_) => Ask::Query,
    })
}

/// Writes the fixed part of a message and an appendage of these options.
fn with_options(fixed: &[u8], options: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(fixed);
    // Options came in one message, whose appendage had a 16-bit length.
    to.extend_from_slice(&(options.len() as u16).to_be_bytes());
    to.extend_from_slice(options);
}

pub fn write(time_ns: u64, answer: &Answer<'_>, to: &mut Vec<u8>) {
    match *answer {
        Answer::SystemEvent(event) => to.extend_from_slice(&v50::SystemEvent { time_ns, event }.encode()),
        Answer::Accepted { terms, reference } => {
            let accepted = v50::Accepted {
                time_ns,
                reference: number_of(&terms.token),
                side: terms.side,
                quantity: terms.shares,
                symbol: terms.stock,
                price: terms.price,
                time_in_force: terms.time_in_force as u8,
                display: terms.display,
                order_reference: reference,
                capacity: terms.capacity,
                sweep: terms.sweep,
                cross: terms.cross,
                state: b'L',
                client_id: terms.client_id,
            };
            with_options(&accepted.encode(), &terms.options, to);
        }
        Answer::Replaced { terms, open, previous, reference } => {
            let replaced = v50::Replaced {
                time_ns,
                original: number_of(&previous),
                reference: number_of(&terms.token),
                side: terms.side,
                quantity: open,
                symbol: terms.stock,
                price: terms.price,
                time_in_force: terms.time_in_force as u8,
                display: terms.display,
                order_reference: reference,
                capacity: terms.capacity,
                sweep: terms.sweep,
                cross: terms.cross,
                state: b'L',
                client_id: terms.client_id,
            };
            with_options(&replaced.encode(), &terms.options, to);
        }
        Answer::Canceled { token, shares, reason } => {
            let canceled = v50::Canceled { time_ns, reference: number_of(&token), quantity: shares, reason };
            to.extend_from_slice(&canceled.encode());
        }
        Answer::Executed { token, shares, price, liquidity, match_number } => {
            let (reference, price) = (number_of(&token), price as u64);
            let executed = v50::Executed { time_ns, reference, quantity: shares, price, liquidity, match_number };
            with_options(&executed.encode(), &[], to);
        }
        Answer::Rejected { token, client_id, why } => {
            let rejected = v50::Rejected { time_ns, reference: number_of(&token), reason: why.code(), client_id };
            to.extend_from_slice(&rejected.encode());
        }
        Answer::Modified { token, side, open } => {
            let modified = v50::Modified { time_ns, reference: number_of(&token), side, quantity: open };
            to.extend_from_slice(&modified.encode());
        }
        Answer::MassCanceling { reference, firm, symbol } => {
            with_options(&v50::MassCancelResponse { time_ns, reference, firm, symbol }.encode(), &[], to);
        }
        Answer::EntrySwitched { reference, firm, enabled: true } => {
            with_options(&v50::EnableResponse { time_ns, reference, firm }.encode(), &[], to);
        }
        Answer::EntrySwitched { reference, firm, enabled: false } => {
            with_options(&v50::DisableResponse { time_ns, reference, firm }.encode(), &[], to);
        }
        Answer::Next(next) => to.extend_from_slice(&v50::AccountQueryResponse { time_ns, next }.encode()),
    }
}
