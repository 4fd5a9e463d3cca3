//! The flow in a closed loop with a market as naive as possible: the books it makes must be those of the theory.
#![allow(clippy::unwrap_used)]

use hftz_flow::hawkes::Kernel;
use hftz_flow::{Burst, Extras, Flow, FlowSettings, Model, Quotes, SizeModel, TICK, zero};
use hftz_model::{Command, CommandKind, Event, OrderKind, Reason, ReportKind, Side, TimeInForce};
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Copy)]
struct Resting {
    id: u64,
    open: u32,
}

/// Books as sorted maps from price and arrival to order.
#[derive(Default)]
struct Market {
    sides: HashMap<(u16, Side), BTreeMap<(i64, u64), Resting>>,
    places: HashMap<u64, (u16, Side, i64, u64)>,
    arrivals: u64,
}

fn key(side: Side, price: i64) -> i64 {
    if side == Side::Buy { -price } else { price }
}

impl Quotes for Market {
    fn best(&self, symbol: u16, side: Side) -> Option<i64> {
        let best = self.sides.get(&(symbol, side))?.first_key_value()?;
        Some(key(side, best.0.0))
    }
}

impl Market {
    fn apply(&mut self, command: &Command, mut report: impl FnMut(Event)) {
        let mut event = Event {
            tag: Event::TYPE,
            kind: ReportKind::Rejected,
            symbol: command.symbol,
            side: command.side,
            reason: Reason::None,
            account: 0,
            sequence: 0,
            order_id: command.order_id,
            price: command.price,
            quantity: command.quantity,
            open: command.quantity,
            match_number: 0,
        };
        match command.kind {
            CommandKind::New => {
                assert!(!self.places.contains_key(&command.order_id), "an id is used twice");
                report(Event { kind: ReportKind::Accepted, ..event });
                self.enter(command, &mut report);
            }
            CommandKind::Cancel => {
                let (symbol, side, price, arrival) = self.places[&command.order_id];
                let book = self.sides.get_mut(&(symbol, side)).unwrap();
                let order = book.get_mut(&(key(side, price), arrival)).unwrap();
                let all = command.quantity == 0 || command.quantity >= order.open;
                order.open = if all { 0 } else { order.open - command.quantity };
                event.open = order.open;
                if all {
                    book.remove(&(key(side, price), arrival));
                    self.places.remove(&command.order_id);
                }
                report(Event { kind: ReportKind::Cancelled, ..event });
            }
            CommandKind::Replace => {
                let (symbol, side, price, arrival) = self.places.remove(&command.order_id).unwrap();
                self.sides.get_mut(&(symbol, side)).unwrap().remove(&(key(side, price), arrival));
                report(Event { kind: ReportKind::Replaced, ..event });
                self.enter(&Command { side: side.byte(), ..*command }, &mut report);
            }
            other => panic!("the flow sent {other:?}"),
        }
    }

    fn enter(&mut self, command: &Command, report: &mut impl FnMut(Event)) {
        let side = Side::from_byte(command.side).unwrap();
        let market = command.order_kind == OrderKind::Market.byte();
        let limit = if market { i64::MAX } else { key(side.opposite(), command.price) };
        let mut open = command.quantity;
        let fill = |id: u64, open: u32| Event {
            tag: Event::TYPE,
            kind: if open == 0 { ReportKind::Fill } else { ReportKind::Cancelled },
            symbol: command.symbol,
            side: 0,
            reason: Reason::None,
            account: 0,
            sequence: 0,
            order_id: id,
            price: 0,
            quantity: 0,
            open,
            match_number: 0,
        };
        let book = self.sides.entry((command.symbol, side.opposite())).or_default();
        while open > 0 {
            let Some(mut first) = book.first_entry() else { break };
            if first.key().0 > limit {
                break;
            }
            let traded = open.min(first.get().open);
            open -= traded;
            first.get_mut().open -= traded;
            report(fill(first.get().id, first.get().open));
            if first.get().open == 0 {
                self.places.remove(&first.remove().id);
            }
        }
        if open == 0 || market || command.time_in_force == TimeInForce::Ioc.byte() {
            report(fill(command.order_id, 0));
            return;
        }
        self.arrivals += 1;
        let order = Resting { id: command.order_id, open };
        let book = self.sides.entry((command.symbol, side)).or_default();
        book.insert((key(side, command.price), self.arrivals), order);
        self.places.insert(command.order_id, (command.symbol, side, command.price, self.arrivals));
    }
}

fn open_market(flow: &mut Flow, settings: &FlowSettings) -> Market {
    let mut market = Market::default();
    for _ in 0..settings.resting() {
        let command = flow.opening(false);
        market.apply(&command, |event| flow.observe(&event));
    }
    market
}

fn step(flow: &mut Flow, market: &mut Market) -> (u64, Command) {
    let command = flow.next(market, u32::MAX).command();
    let time = flow.time_ns();
    market.apply(&command, |event| flow.observe(&event));
    (time, command)
}

#[test]
fn zero_intelligence_keeps_68_orders_a_side_and_the_papers_rates() {
    let settings =
        FlowSettings { sizes: SizeModel::Unit, extras: Extras::NONE, symbols: 20, ..FlowSettings::default() };
    let mut flow = Flow::new(&settings);
    assert_eq!(settings.resting() / 40, 67);
    let mut market = open_market(&mut flow, &settings);
    let (mut news, mut cancels, mut markets, mut live, mut spreads) = (0, 0, 0, 0, 0);
    let mut at_distance = [0_u32; 101];
    let (events, mut first, mut last) = (300_000, 0, 0);
    for event in 0..events {
        let command = flow.next(&market, u32::MAX).command();
        let time = flow.time_ns();
        let ask_before = market.best(command.symbol, Side::Sell);
        market.apply(&command, |event| flow.observe(&event));
        assert!(time >= last, "model time runs forward");
        (first, last) = (if event == 0 { time } else { first }, time);
        match (command.kind, command.order_kind) {
            (CommandKind::Cancel, _) => cancels += 1,
            (_, 1) => markets += 1,
            _ => {
                news += 1;
                if let (b'B', Some(ask)) = (command.side, ask_before) {
                    at_distance[((ask - command.price) / TICK) as usize] += 1;
                }
            }
        }
        live += flow.live();
        let (bid, ask) = (market.best(1, Side::Buy), market.best(1, Side::Sell));
        spreads += (ask.unwrap() - bid.unwrap()) / TICK;
    }
    let seconds = (last - first) as f64 / 1e9;
    let per_side = |count: f64| count / seconds / 40.0;
    // 300,000 events: a rate of n counted events is met within 5 / sqrt(n).
    let expected: f64 = (1..=100).map(zero::limit_rate).sum();
    assert!((per_side(f64::from(news)) / expected - 1.0).abs() < 0.015, "limit {}", per_side(f64::from(news)));
    assert!((per_side(f64::from(markets)) / 0.94 - 1.0).abs() < 0.08, "market {}", per_side(f64::from(markets)));
    assert!((f64::from(cancels + markets) / f64::from(news) - 1.0).abs() < 0.02, "what comes goes");
    let mean = live as f64 / f64::from(events) / 40.0;
    assert!((66.0..70.0).contains(&mean), "{mean} orders a side");
    let bids: u32 = at_distance.iter().sum();
    for ticks in [1, 2, 3, 4, 5, 10, 50, 100] {
        let p = zero::limit_rate(ticks) / expected;
        let spread = (f64::from(bids) * p).sqrt();
        assert!((f64::from(at_distance[ticks]) - f64::from(bids) * p).abs() < 4.5 * spread, "distance {ticks}");
    }
    let spread = spreads as f64 / f64::from(events);
    assert!((1.0..3.0).contains(&spread), "mean spread {spread}");
}

#[test]
fn the_means_are_those_of_the_sheet() {
    for (ticks, mean) in [(1, 2.606), (2, 1.864), (3, 1.603), (4, 1.571), (5, 1.638)] {
        assert!((zero::mean_orders(ticks) - mean).abs() < 5e-4);
    }
    let side: f64 = (1..=100).map(zero::mean_orders).sum();
    assert!((side - 67.8).abs() < 0.1, "{side}");
    assert_eq!((zero::limit_rate(0), zero::limit_rate(101)), (0.0, 0.0));
}

#[test]
fn every_model_sends_every_kind_of_command_and_keeps_its_books() {
    for model in [Model::Zero, Model::Poisson, Model::Hawkes(Kernel::DEFAULT)] {
        let settings = FlowSettings { model, symbols: 5, ..FlowSettings::default() };
        let mut flow = Flow::new(&settings);
        let mut market = open_market(&mut flow, &settings);
        let (mut kinds, mut reserve, mut attributed, mut partial) = (HashMap::new(), 0, 0, 0);
        for _ in 0..60_000 {
            let (_, command) = step(&mut flow, &mut market);
            *kinds.entry((command.kind, command.order_kind, command.time_in_force)).or_insert(0) += 1;
            reserve += u32::from(command.display > 0);
            attributed += u32::from(command.account > 0);
            partial += u32::from(command.kind == CommandKind::Cancel && command.quantity > 0);
            assert_eq!(flow.live(), market.places.len(), "the flow knows what lives");
        }
        for kind in [
            (CommandKind::New, 0, 0),
            (CommandKind::New, 1, 0),
            (CommandKind::New, 0, 1),
            (CommandKind::Cancel, 0, 0),
            (CommandKind::Replace, 0, 0),
        ] {
            assert!(kinds.get(&kind).is_some_and(|n| *n > 100), "{model:?} {kind:?} of {kinds:?}");
        }
        assert!(reserve > 100 && attributed > 100 && partial > 100, "{model:?} {reserve} {attributed} {partial}");
        let per_side = flow.live() / 10;
        assert!((40..120).contains(&per_side), "{model:?}: {per_side} orders a side");
    }
}

#[test]
fn a_budget_bounds_what_a_command_can_cause() {
    let settings = FlowSettings { symbols: 1, ..FlowSettings::default() };
    let mut flow = Flow::new(&settings);
    let mut market = open_market(&mut flow, &settings);
    for step in 0..20_000 {
        let budget = step % 40;
        let command = flow.next(&market, budget).command();
        let takes = command.order_kind == 1 || command.time_in_force == 1;
        assert!(!takes || command.quantity * 2 <= budget);
        assert!(command.kind != CommandKind::Replace || budget >= 2);
        market.apply(&command, |event| flow.observe(&event));
    }
}

#[test]
fn equal_settings_give_equal_flows_and_other_seeds_others() {
    let record = |seed: u64| {
        let model = Model::Hawkes(Kernel::DEFAULT);
        let settings = FlowSettings { seed, model, symbols: 3, ..FlowSettings::default() };
        let mut flow = Flow::new(&settings);
        let mut market = open_market(&mut flow, &settings);
        (0..5_000).map(|_| step(&mut flow, &mut market)).collect::<Vec<_>>()
    };
    assert!(record(7) == record(7));
    assert!(record(7) != record(8));
}

#[test]
fn the_flow_of_a_seed_never_changes() {
    // A release that changes this number changes every feed that anybody has made.
    let hash = fingerprint(&FlowSettings::default());
    assert_eq!(hash, 0x20dc_8270_e2e0_40a0, "{hash:#x}");
}

/// 64-bit FNV-1a over the first commands and their times.
fn fingerprint(settings: &FlowSettings) -> u64 {
    let mut flow = Flow::new(settings);
    let mut market = open_market(&mut flow, settings);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for _ in 0..20_000 {
        let (time, command) = step(&mut flow, &mut market);
        let fields =
            [time, command.order_id, command.price as u64, u64::from(command.quantity), u64::from(command.symbol)];
        for field in fields {
            hash = (hash ^ field).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[test]
fn the_hawkes_flow_of_a_seed_never_changes() {
    // The same promise. No function of the C library takes part, so it holds on every machine.
    let model = Model::Hawkes(Kernel::DEFAULT);
    let hash = fingerprint(&FlowSettings { model, ..FlowSettings::default() });
    assert_eq!(hash, 0xb434_fb63_ab99_a47d, "{hash:#x}");
}

/// What happens, without when.
fn commands(flow: &mut Flow, market: &mut Market, count: usize) -> (Vec<u64>, Vec<Command>) {
    (0..count).map(|_| step(flow, market)).unzip()
}

#[test]
fn a_burst_changes_when_things_happen_and_nothing_else() {
    let burst = Burst { factor: 10, length_ns: 1_000_000, every_ns: 100_000_000 };
    for model in [Model::Zero, Model::Poisson, Model::Hawkes(Kernel::DEFAULT)] {
        let [calm, wild] = [None, Some(burst)].map(|burst| {
            let settings = FlowSettings { model, burst, ..FlowSettings::default() };
            let mut flow = Flow::new(&settings);
            let mut market = open_market(&mut flow, &settings);
            commands(&mut flow, &mut market, 60_000)
        });
        assert!(calm.1 == wild.1, "{model:?}");
        let start = FlowSettings::default().start_ns;
        for (before, after) in calm.0.iter().zip(&wild.0) {
            assert_eq!(start + burst.time_of(before - start), *after, "{model:?}");
        }
        if model == Model::Poisson {
            // Within bursts, a hundredth of the time, ten times as many: 10 of 109.
            let within = wild.0.iter().filter(|&&time| (time - start) % burst.every_ns < burst.length_ns).count();
            let expected = 60_000.0 * 10.0 / 109.0;
            assert!((within as f64 - expected).abs() < 4.5 * f64::sqrt(expected), "{within} of {expected}");
        }
    }
}
