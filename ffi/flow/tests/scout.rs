//! The scout ahead of a flow: what it says must nearly always come.
#![allow(clippy::unwrap_used)]

use hftz_flow::zero::{Meeting, Scout, Sight};
use hftz_flow::{Flow, FlowSettings, LiveOrder, Model, Next, Quotes, TICK};
use hftz_model::{Command, CommandKind, Event, OrderKind, Reason, ReportKind, Side};
use std::collections::{HashMap, VecDeque};

const SYMBOLS: u16 = 40;

/// A venue where prices stand still: orders rest until they are cancelled, and what wants to trade does, alone or not at all.
struct Still {
    orders: HashMap<u64, LiveOrder>,
}

impl Quotes for Still {
    fn best(&self, symbol: u16, side: Side) -> Option<i64> {
        let start = 1_000_000 + i64::from(symbol) * 1000;
        Some(if side == Side::Buy { start } else { start + TICK })
    }
}

impl Still {
    fn apply(&mut self, command: &Command, flow: &mut Flow) {
        let mut order = self.orders.get(&command.order_id).copied().unwrap_or(LiveOrder {
            id: command.order_id,
            price: command.price,
            open: command.quantity,
            symbol: command.symbol,
            side: Side::from_byte(command.side).unwrap_or(Side::Buy),
        });
        let kind = match command.kind {
            CommandKind::New if command.order_kind == OrderKind::Limit.byte() && command.time_in_force == 0 => {
                self.orders.insert(order.id, order);
                ReportKind::Accepted
            }
            // Every third that takes ends an order of somebody.
            CommandKind::New if command.order_id.is_multiple_of(3) => {
                let Some(other) = self.orders.keys().copied().min() else { return };
                order = self.orders.remove(&other).unwrap();
                order.open = 0;
                ReportKind::Fill
            }
            CommandKind::New => return,
            CommandKind::Cancel => {
                order.open = if command.quantity == 0 { 0 } else { order.open - command.quantity };
                if order.open == 0 {
                    self.orders.remove(&order.id)
                } else {
                    self.orders.insert(order.id, order)
                };
                ReportKind::Cancelled
            }
            _ => {
                (order.price, order.open) = (command.price, command.quantity);
                self.orders.insert(order.id, order);
                ReportKind::Replaced
            }
        };
        flow.observe(&Event {
            tag: Event::TYPE,
            kind,
            symbol: order.symbol,
            side: order.side.byte(),
            reason: Reason::None,
            account: 0,
            sequence: 0,
            order_id: order.id,
            price: order.price,
            quantity: command.quantity,
            open: order.open,
            match_number: 0,
        });
    }
}

/// A flow behind its opening, and the venue that has its orders.
fn opened(seed: u64) -> (Flow, Still) {
    let mut flow = Flow::new(&FlowSettings { symbols: SYMBOLS, seed, ..FlowSettings::default() });
    let mut venue = Still { orders: HashMap::new() };
    for _ in 0..u64::from(SYMBOLS) * 136 {
        let order = flow.opening(false);
        venue.apply(&order, &mut flow);
    }
    (flow, venue)
}

#[test]
fn nearly_every_cancel_and_arrival_is_told_thirty_events_before_it_comes() {
    let (mut flow, mut venue) = opened(3);
    assert!(Scout::new(&flow).is_none(), "nothing is drawn yet");
    let (mut scout, mut settled_to) = (None::<Scout>, 0);
    let (mut right, mut wrong, mut elsewhere, mut other_count) = ([0_u32; 2], [0_u32; 2], 0, 0);
    for _ in 0..100_000 {
        let mut told: VecDeque<(Option<u64>, u16)> = VecDeque::new();
        if let Some(scout) = &mut scout {
            match scout.meet(&flow) {
                Meeting::AsExpected => {}
                Meeting::OtherCount => other_count += 1,
                Meeting::Elsewhere => {
                    elsewhere += 1;
                    (*scout, settled_to) = (Scout::new(&flow).unwrap(), 0);
                }
            }
            while scout.end() < scout.next() + 50 {
                scout.sight(&flow).unwrap();
            }
            settled_to = settled_to.max(scout.next() + 30);
            while scout.settled() < scout.picks_before(settled_to) {
                scout.settle(&flow, |symbol, side| venue.best(symbol, side));
            }
            // The next events that become commands: the flow makes the first of them.
            for event in scout.next()..scout.next() + 20 {
                let (pick, spot) = (scout.picks_before(event), scout.spots_before(event));
                if scout.picks_before(event + 1) == pick {
                    told.push_back((None, scout.spot(spot).symbol));
                } else if let Some(order) = scout.pick(pick).order {
                    told.push_back((Some(order.id), order.symbol));
                }
            }
        } else {
            scout = Scout::new(&flow);
        }
        let next = flow.next(&venue, u32::MAX);
        if let Some(first) = told.pop_front() {
            let cancels = matches!(next, Next::Cancel(_));
            let command = next.command();
            let known = if command.kind == CommandKind::New { None } else { Some(command.order_id) };
            let counts = if first == (known, command.symbol) { &mut right } else { &mut wrong };
            counts[usize::from(cancels)] += 1;
        }
        venue.apply(&next.command(), &mut flow);
    }
    // Kinds are told wrongly where the count of live orders decides: rarely among so few, never among many.
    assert!(elsewhere < 100, "{elsewhere}");
    assert!(other_count > 100, "what trades is a guess: {other_count}");
    let share = |kind: usize| f64::from(wrong[kind]) / f64::from(right[kind]);
    assert!(right[0] > 30_000 && right[1] > 30_000, "{right:?}");
    assert!(share(0) < 0.01 && share(1) < 0.01, "{wrong:?} of {right:?}");
}

#[test]
fn what_is_sighted_is_in_memory_near_what_is_settled() {
    let (mut flow, mut venue) = opened(4);
    let first = flow.next(&venue, u32::MAX).command();
    venue.apply(&first, &mut flow);
    let mut scout = Scout::new(&flow).unwrap();
    let (mut near, mut picks) = (0, 0);
    while scout.end() < 50 {
        let sighted = match scout.sight(&flow).unwrap() {
            Sight::Pick(order) => order.copied(),
            Sight::Spot(_) => continue,
        };
        if scout.picks_before(scout.end()) > scout.settled() + 1 {
            // The event that the scout began with may be one too.
            scout.settle(&flow, |symbol, side| venue.best(symbol, side));
        }
        let settled = scout.settle(&flow, |symbol, side| venue.best(symbol, side));
        picks += u32::from(settled.is_some());
        near += u32::from(settled.is_some() && settled == sighted);
    }
    assert!(picks > 5 && near == picks, "{near} of {picks}");
}

#[test]
fn nobody_looks_ahead_of_other_models() {
    let settings = FlowSettings { model: Model::Poisson, symbols: 2, ..FlowSettings::default() };
    let mut flow = Flow::new(&settings);
    let mut venue = Still { orders: HashMap::new() };
    let first = flow.next(&venue, u32::MAX).command();
    venue.apply(&first, &mut flow);
    assert!(Scout::new(&flow).is_none());
}
