//! The same limits as short as they can be written: everything is added up again for each order.

use super::super::market::{Market, Origin};
use super::super::terms::Terms;
use super::limits::Table;
use super::{SECOND_NS, has_price, notional};
use hftz_book::matching::Sink;
use hftz_model::{Command, CommandKind, Event, OrderKind, Reason, ReportKind, Side, TimeInForce, TradingState};
use proptest::prelude::*;

const LIMITS: &str =
    "account,quantity,notional,openNotional,messagesPerSecond\n1,40,4000,9000,6\n2,,,6000,\n*,60,,,9\n";

struct Order {
    id: u64,
    account: u16,
    symbol: u16,
    price: i64,
    open: u32,
    traded: u32,
    priced: bool,
}

struct Naive {
    table: Table,
    orders: Vec<Order>,
    /// Account and second of each message.
    sent: Vec<(u16, u64)>,
    time_ns: u64,
    entering: Option<Command>,
}

impl Naive {
    fn admits(&mut self, command: &Command) -> bool {
        let is_new = matches!(command.kind, CommandKind::New | CommandKind::NewLong);
        self.entering = is_new.then_some(*command);
        let named = self.orders.iter().find(|order| order.id == command.order_id && order.symbol == command.symbol);
        let (account, priced, open, replaced) = match (command.kind, named) {
            (CommandKind::Replace, Some(order)) => {
                let traded = if command.flags & Command::TOTAL != 0 { order.traded } else { 0 };
                (order.account, order.priced, command.quantity.saturating_sub(traded), Some(order))
            }
            (CommandKind::New | CommandKind::NewLong, _) => {
                let Some(kind) = OrderKind::from_byte(command.order_kind) else { return true };
                (command.account, has_price(kind), command.quantity, None)
            }
            _ => return true,
        };
        let limits = self.table.of(account);
        let second = self.time_ns / SECOND_NS;
        self.sent.push((account, second));
        let messages = self.sent.iter().filter(|sent| **sent == (account, second)).count();
        let of = |order: &Order| if order.priced { notional(order.price, order.open) } else { 0 };
        let wanted = if priced { notional(command.price, open) } else { 0 };
        let others = self.orders.iter().filter(|order| order.account == account);
        let others = others.filter(|order| replaced.is_none_or(|replaced| replaced.id != order.id));
        let total = others.map(of).sum::<u128>() + wanted;
        let holds = |limit: u64, value: u128| limit == 0 || value <= limit.into();
        holds(limits.messages_per_second.into(), messages as u128)
            && holds(limits.quantity.into(), open.into())
            && holds(limits.notional, wanted)
            && (wanted <= replaced.map_or(0, of) || holds(limits.open_notional, total))
    }
}

impl Sink for Naive {
    fn report(&mut self, event: &Event) {
        if let (ReportKind::Accepted, Some(command)) = (event.kind, self.entering) {
            let priced = OrderKind::from_byte(command.order_kind).is_some_and(has_price);
            let Event { order_id: id, account, symbol, price, open, .. } = *event;
            self.orders.push(Order { id, account, symbol, price, open, traded: 0, priced });
        } else if event.kind != ReportKind::Rejected {
            let order = self.orders.iter_mut().find(|order| order.id == event.order_id).unwrap();
            order.open = event.open;
            match event.kind {
                ReportKind::Fill => order.traded += event.quantity,
                ReportKind::Replaced => order.price = event.price,
                _ => {}
            }
            self.orders.retain(|order| order.open > 0);
        }
    }

    fn time_moved(&mut self, time_ns: u64) {
        self.time_ns = time_ns;
    }
}

/// Reports of one command, in order.
#[derive(Default)]
struct Reports(Vec<Event>);

impl Sink for Reports {
    fn report(&mut self, event: &Event) {
        self.0.push(*event);
    }
}

fn orders() -> impl Strategy<Value = Command> {
    let ends = (1u16..3, any::<bool>(), 1u16..5, 1u64..25, 95i64..106, 0u32..70);
    (ends, 0u8..4, 0u8..7, 0u32..30).prop_map(|((symbol, buys, account, id, price, quantity), kind, tif, display)| {
        let side = if buys { Side::Buy } else { Side::Sell };
        let mut command = Command::limit(symbol, side, id, price, quantity);
        (command.account, command.display, command.order_kind, command.time_in_force) = (account, display, kind, tif);
        if kind > 1 || tif > TimeInForce::PostOnly.byte() {
            (command.kind, command.trigger, command.time_ns) = (CommandKind::NewLong, 100, 4 * SECOND_NS);
            command.self_trade = kind;
        }
        command
    })
}

fn replaces() -> impl Strategy<Value = Command> {
    (1u16..3, 1u64..25, 95i64..106, 0u32..70, 0u8..4).prop_map(|(symbol, id, price, quantity, flags)| Command {
        order_id: id,
        price,
        quantity,
        flags,
        symbol,
        ..Command::empty(CommandKind::Replace)
    })
}

fn rest() -> impl Strategy<Value = Command> {
    prop_oneof![
        (1u16..3, 1u64..25, 0u32..40).prop_map(|(symbol, id, quantity)| Command {
            order_id: id,
            quantity,
            symbol,
            ..Command::empty(CommandKind::Cancel)
        }),
        (0u64..6 * SECOND_NS).prop_map(Command::clock),
        (1u16..3, prop::sample::select(vec![TradingState::Trading, TradingState::Auction]))
            .prop_map(|(symbol, state)| Command { symbol, state: state.byte(), ..Command::empty(CommandKind::State) }),
    ]
}

fn terms() -> Terms {
    Terms::from_bytes(format!(r#"{{"capacity":64,"selfTrade":"none","symbols":null,"risk":{LIMITS:?}}}"#).as_bytes())
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn limits_hold_as_if_all_were_added_up_each_time_also_after_a_snapshot(
        commands in prop::collection::vec(prop_oneof![5 => orders(), 2 => replaces(), 2 => rest()], 1..120),
    ) {
        let (mut market, _) = Market::new(&terms()).unwrap();
        let mut naive = Naive {
            table: Table::parse(LIMITS).unwrap(), orders: Vec::new(), sent: Vec::new(), time_ns: 0, entering: None,
        };
        for (number, command) in commands.iter().enumerate() {
            if number % 40 == 39 {
                let state = market.saved();
                market = Market::new(&terms()).unwrap().0.restored(&state).unwrap();
                prop_assert_eq!(market.saved(), state);
            }
            let admitted = naive.admits(command);
            let mut reports = Reports::default();
            market.apply(command, Origin::House, &mut hftz_book::matching::Both(&mut reports, &mut naive));
            let refused = reports.0.iter().any(|report| report.reason == Reason::RiskLimit);
            if admitted {
                prop_assert!(!refused, "{command:?}");
            } else {
                let [only] = reports.0[..] else { panic!("{command:?} and {} reports", reports.0.len()) };
                // Rules before the limits may have refused it first (rule 11); replaced to what has traded it is cancelled.
                let of_old = [Reason::UnknownOrder, Reason::DuplicateId, Reason::InvalidQuantity, Reason::Malformed,
                    Reason::InvalidPrice, Reason::Expired, Reason::Requested];
                prop_assert!(refused || of_old.contains(&only.reason), "{command:?}: {only:?}");
            }
        }
    }
}

#[test]
fn each_limit_refuses_what_is_beyond_it_and_nothing_else() {
    let (mut market, _) = Market::new(&terms()).unwrap();
    let mut ask = |command: Command| {
        let mut reports = Reports::default();
        market.apply(&command, Origin::House, &mut reports);
        reports.0[0].reason
    };
    let of = |account: u16, id: u64, price: i64, quantity: u32| Command {
        account,
        ..Command::limit(1, Side::Buy, id, price, quantity)
    };
    assert_eq!(ask(of(1, 1, 10, 41)), Reason::RiskLimit, "too many shares");
    assert_eq!(ask(of(1, 1, 101, 40)), Reason::RiskLimit, "worth too much");
    assert_eq!(ask(of(1, 1, 100, 40)), Reason::None);
    assert_eq!(ask(of(1, 2, 100, 40)), Reason::None);
    assert_eq!(ask(of(1, 3, 100, 11)), Reason::RiskLimit, "with what is open worth too much");
    assert_eq!(ask(of(1, 3, 100, 10)), Reason::None);
    assert_eq!(ask(of(1, 4, 1, 1)), Reason::RiskLimit, "the seventh message of a second");
    assert_eq!(ask(of(2, 4, 60, 100)), Reason::None, "another account");
    let cancel = Command { order_id: 1, symbol: 1, ..Command::empty(CommandKind::Cancel) };
    assert_eq!(ask(cancel), Reason::Requested, "a cancel is no risk");
    market.apply(&Command::clock(SECOND_NS), Origin::House, &mut Reports::default());
    let mut reports = Reports::default();
    market.apply(&of(1, 5, 100, 40), Origin::House, &mut reports);
    assert_eq!(reports.0[0].reason, Reason::None, "a second later, with room again");
}
