use super::*;
use hftz_book::matching::{Engine, Settings};
use hftz_model::AuctionKind;
use hftz_model::{Command, Side, TimeInForce};
use hftz_wire::itch::{Records, view::View};

struct Desk {
    engine: Engine,
    publisher: Publisher,
}

impl Desk {
    fn new() -> Self {
        let settings = Settings { capacity: 1000, ..Settings::default() };
        Self { engine: Engine::new(&settings).unwrap(), publisher: Publisher::new(Names::default()) }
    }

    fn apply(&mut self, commands: &[Command]) {
        for command in commands {
            self.engine.apply(command, &mut self.publisher);
        }
    }

    /// Types written since the last call; system events as their code in lower case, states with theirs.
    fn types(&mut self) -> String {
        let mut types = String::new();
        for record in Records::new(self.publisher.framed(), 0) {
            match View::of(record.unwrap().1).unwrap() {
                View::SystemEvent(event) => types.push(char::from(event.event_code().to_ascii_lowercase())),
                View::StockTradingAction(action) => types.extend(['H', char::from(action.trading_state())]),
                other => types.push(char::from(other.bytes()[0])),
            }
        }
        self.publisher.consume(usize::MAX);
        types
    }
}

fn trade(symbol: u16) -> Command {
    Command::state(symbol, TradingState::Trading, AuctionKind::Other, 0)
}

fn call(symbol: u16) -> Command {
    Command::state(symbol, TradingState::Auction, AuctionKind::Opening, 100_000)
}

fn buy(id: u64, price: i64, quantity: u32) -> Command {
    Command::limit(1, Side::Buy, id, price, quantity)
}

fn sell(id: u64, price: i64, quantity: u32) -> Command {
    Command::limit(1, Side::Sell, id, price, quantity)
}

#[test]
fn a_day_has_its_frame_around_the_orders() {
    let mut desk = Desk::new();
    desk.apply(&[Command::clock(1), call(1), call(2), Command::clock(2), buy(1, 100_000, 10)]);
    assert_eq!(desk.types(), "oRRHQHQYYsA");
    desk.apply(&[trade(1), trade(2)]);
    assert_eq!(desk.types(), "qHTHT");
    desk.publisher.finish();
    assert_eq!(desk.types(), "mec");
}

#[test]
fn a_symbol_without_a_state_enters_with_its_first_order_and_may_trade() {
    let mut desk = Desk::new();
    desk.apply(&[buy(1, 100_000, 10)]);
    assert_eq!(desk.types(), "oRHTYsqA");
    desk.apply(&[Command::limit(9, Side::Sell, 2, 100_000, 10)]);
    assert_eq!(desk.types(), "RHTYA");
}

#[test]
fn an_empty_day_is_a_frame_too() {
    let mut desk = Desk::new();
    desk.publisher.finish();
    assert_eq!(desk.types(), "osqmec");
}

#[test]
fn closing_a_symbol_ends_market_hours_once_and_expires_its_orders() {
    let mut desk = Desk::new();
    let close = |symbol| Command::state(symbol, TradingState::Closed, AuctionKind::Other, 0);
    desk.apply(&[buy(1, 100_000, 10), Command::limit(2, Side::Buy, 2, 100_000, 10)]);
    desk.types();
    desk.apply(&[close(1), close(2)]);
    assert_eq!(desk.types(), "mDD");
    desk.publisher.finish();
    assert_eq!(desk.types(), "ec");
}

#[test]
fn every_change_of_the_shown_book_is_one_message() {
    let mut desk = Desk::new();
    desk.apply(&[trade(1), sell(1, 100_100, 50), sell(2, 100_200, 40).with_display(10), sell(9, 101_000, 5)]);
    assert_eq!(desk.types(), "oRHTYsqAAA");
    desk.apply(&[buy(3, 100_100, 20)]);
    assert_eq!(desk.types(), "E", "a partial execution");
    desk.apply(&[buy(4, 100_200, 40)]);
    assert_eq!(desk.types(), "EEA", "the last of one order, the shown part of the next, and its refill");
    desk.apply(&[Command::cancel(1, 2, 5)]);
    assert_eq!(desk.types(), "", "a reduction takes the reserve first");
    desk.apply(&[Command::cancel(1, 2, 20)]);
    assert_eq!(desk.types(), "X");
    desk.apply(&[Command::replace(1, 9, 100_900, 5)]);
    assert_eq!(desk.types(), "U");
    desk.apply(&[Command::replace(1, 9, 100_900, 3)]);
    assert_eq!(desk.types(), "X", "a smaller order keeps its place");
    desk.apply(&[Command::cancel(1, 9, 0)]);
    assert_eq!(desk.types(), "D");
    desk.apply(&[buy(5, 100_100, 7), Command::replace(1, 2, 100_100, 9)]);
    assert_eq!(desk.types(), "ADEA", "a replace that trades is a delete, an execution and an add");
    desk.apply(&[buy(6, 1, 1).with_time_in_force(TimeInForce::Ioc), Command::market(1, Side::Sell, 7, 1)]);
    assert_eq!(desk.types(), "", "what never rests and never trades is never shown");
}

#[test]
fn an_opening_cross_is_silent_executions_and_one_cross() {
    let mut desk = Desk::new();
    desk.apply(&[Command::clock(5), call(1), buy(1, 100_100, 30), sell(2, 99_900, 20), sell(3, 100_000, 20)]);
    desk.apply(&[Command::market(1, Side::Buy, 4, 5), trade(1)]);
    assert_eq!(desk.types(), "oRHQYsAAAqHTCCCQ");
    assert_eq!(desk.publisher.messages_of(b'C'), 3);
}

#[test]
fn references_times_and_attributions_are_the_engines() {
    let mut desk = Desk::new();
    desk.apply(&[trade(1), Command::clock(77), buy(500, 100_000, 30).with_account(27)]);
    let framed = desk.publisher.framed().to_vec();
    let last = Records::new(&framed, 0).last().unwrap().unwrap();
    let View::AddOrderMpid(add) = View::of(last.1).unwrap() else { panic!("not attributed") };
    // The state made no report, so the order's acceptance is the first.
    assert_eq!((add.order_reference_number(), add.time_ns(), add.stock_locate()), (1, 77, 1));
    assert_eq!((add.stock(), add.attribution()), (Alpha(*b"SYM00001"), Alpha(*b"AABB")));
    assert_eq!((add.price(), add.shares(), add.buy_sell_indicator()), (100_000, 30, b'B'));
}

#[test]
fn what_is_consumed_in_parts_comes_out_whole() {
    let mut desk = Desk::new();
    let (mut pieces, mut whole) = (Vec::new(), Vec::new());
    for id in 1..20_000_u64 {
        desk.apply(&[buy(id, 100_000, 10), Command::cancel(1, id, 0)]);
        if id % 3_000 == 0 {
            let take = desk.publisher.framed().len() / 2;
            pieces.extend_from_slice(&desk.publisher.framed()[..take]);
            desk.publisher.consume(take);
        }
    }
    pieces.extend_from_slice(desk.publisher.framed());
    let mut again = Desk::new();
    for id in 1..20_000_u64 {
        again.apply(&[buy(id, 100_000, 10), Command::cancel(1, id, 0)]);
        whole.extend_from_slice(again.publisher.framed());
        again.publisher.consume(usize::MAX);
    }
    assert!(pieces == whole);
}

#[test]
fn stops_and_orders_that_wait_for_an_auction_are_never_shown() {
    let mut desk = Desk::new();
    desk.apply(&[trade(1), sell(1, 100_100, 5), sell(2, 100_200, 50)]);
    desk.types();
    let stop = Command::stop(1, Side::Buy, 3, 100_100, 10);
    desk.apply(&[stop, Command::stop_limit(1, Side::Buy, 4, 100_100, 100_150, 7)]);
    desk.apply(&[buy(5, 100_300, 5).with_time_in_force(TimeInForce::AtClose), Command::cancel(1, 5, 0)]);
    assert_eq!(desk.types(), "");
    // A trade triggers both: the market order trades, the limit order rests and is shown now.
    desk.apply(&[buy(6, 100_100, 5)]);
    assert_eq!(desk.types(), "EEA");
}

#[test]
fn a_refill_comes_under_a_new_reference_and_at_the_tail() {
    let mut desk = Desk::new();
    desk.apply(&[trade(1), sell(1, 100_100, 30).with_display(10), buy(2, 100_100, 10)]);
    let framed = desk.publisher.framed().to_vec();
    let mut added = Vec::new();
    for record in Records::new(&framed, 0) {
        if let View::AddOrder(add) = View::of(record.unwrap().1).unwrap() {
            added.push((add.order_reference_number(), add.shares()));
        }
    }
    assert_eq!(added.iter().map(|add| add.1).collect::<Vec<_>>(), [10, 10]);
    assert_ne!(added[0].0, added[1].0);
}

#[test]
fn an_uncross_executes_each_displayed_order_unprinted_and_prints_one_cross() {
    let mut desk = Desk::new();
    desk.apply(&[call(1), sell(1, 100_000, 40).with_display(10), sell(2, 100_000, 20), buy(3, 100_000, 55)]);
    desk.types();
    desk.apply(&[Command::market(1, Side::Buy, 4, 5), trade(1)]);
    let framed = desk.publisher.framed().to_vec();
    let (mut executed, mut crosses) = (Vec::new(), Vec::new());
    for record in Records::new(&framed, 0) {
        match View::of(record.unwrap().1).unwrap() {
            View::OrderExecutedWithPrice(one) => {
                assert_eq!((one.printable(), one.execution_price()), (b'N', 100_000));
                executed.push(one.executed_shares());
            }
            View::CrossTrade(cross) => crosses.push((cross.shares(), cross.cross_price(), cross.cross_type())),
            _ => {}
        }
    }
    // The market order was never shown, nor what the reserve order kept back: 10 and 20 sold, 55 bought.
    executed.sort_unstable();
    assert_eq!((executed, crosses), (vec![10, 20, 55], vec![(60, 100_000, b'O')]));
}
