//! The replica's rules, one a test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_book::replica::{Anomaly, Books, OnAnomaly, Top};
use hftz_model::{Delta, Side, TradingState};
use support::{Listener, Told};

fn add(reference: u64, code: u8, price: u32, shares: u32) -> Delta {
    Delta { kind: b'A', locate: 1, reference, code, price, shares, offset: reference * 100, ..Delta::default() }
}

fn on(kind: u8, reference: u64, shares: u32) -> Delta {
    Delta { kind, locate: 1, reference, shares, offset: 10_000 + reference, ..Delta::default() }
}

fn replace(reference: u64, other: u64, price: u32, shares: u32) -> Delta {
    Delta { other, price, ..on(b'U', reference, shares) }
}

/// Applies all and returns the books and what was told.
fn after(deltas: &[Delta]) -> (Books, Vec<Told>) {
    let (mut books, mut listener) = (Books::new(), Listener::default());
    assert_eq!(books.apply_batch(deltas, &mut listener), deltas.len());
    (books, listener.0)
}

fn queue(books: &Books, side: Side, price: u32) -> Vec<(u64, u32)> {
    books.queues().level(1, side, price).map(|order| (order.reference, order.shares)).collect()
}

#[test]
fn orders_of_a_level_stand_in_the_sequence_of_their_arrival() {
    let (books, _) = after(&[add(1, b'B', 500, 10), add(2, b'B', 500, 20), add(3, b'B', 500, 30), on(b'D', 2, 0)]);
    assert_eq!(queue(&books, Side::Buy, 500), [(1, 10), (3, 30)]);
}

#[test]
fn a_level_of_more_shares_than_32_bits_hold_is_summed_exactly_on_its_way_up_and_down() {
    let many = u32::MAX - 1;
    let size = |books: &Books| books.levels(1, Side::Buy).map(|level| level.size).collect::<Vec<_>>();
    let mut books = after(&[add(1, b'B', 500, many), add(2, b'B', 400, 7)]).0;
    for (delta, best) in [
        (add(3, b'B', 500, 1), u64::from(many) + 1),
        (add(4, b'B', 500, u32::MAX), 2 * u64::from(many) + 2),
        (on(b'X', 4, u32::MAX - 5), u64::from(many) + 6),
        (on(b'D', 1, 0), 6),
        (add(5, b'B', 500, 10), 16),
        (on(b'E', 5, 10), 6),
    ] {
        books.apply_batch(&[delta], &mut ());
        assert_eq!(size(&books), [best, 7]);
        assert_eq!(books.top(1).bid(), Some((500, best)));
    }
    books.apply_batch(&[on(b'D', 3, 0), on(b'D', 4, 0)], &mut ());
    assert_eq!((size(&books), books.top(1).bid()), (vec![7], Some((400, 7))));
}

#[test]
fn a_partial_cancel_or_execution_keeps_the_place_in_the_queue() {
    let (books, _) = after(&[add(1, b'S', 500, 10), add(2, b'S', 500, 20), on(b'X', 1, 4), on(b'E', 1, 1)]);
    assert_eq!(queue(&books, Side::Sell, 500), [(1, 5), (2, 20)]);
    assert_eq!(books.top(1), Top { ask_price: 500, ask_size: 25, ..Top::default() });
}

#[test]
fn a_replace_joins_the_tail_of_its_level_even_at_the_same_price() {
    let (books, _) = after(&[add(1, b'B', 500, 10), add(2, b'B', 500, 20), replace(1, 3, 500, 10)]);
    assert_eq!(queue(&books, Side::Buy, 500), [(2, 20), (3, 10)]);
    assert_eq!(books.order(1), None);
}

#[test]
fn a_replace_that_leaves_the_best_as_it_was_tells_nothing() {
    let (_, told) = after(&[add(1, b'B', 500, 10), add(2, b'B', 500, 20), replace(1, 3, 500, 10)]);
    assert_eq!(told.len(), 2);
}

#[test]
fn the_best_is_told_only_when_one_of_its_four_values_changes() {
    let (_, told) = after(&[add(1, b'B', 500, 10), add(2, b'B', 400, 10), add(3, b'S', 600, 5), on(b'D', 2, 0)]);
    let first = Top { bid_price: 500, bid_size: 10, ..Top::default() };
    let second = Top { ask_price: 600, ask_size: 5, ..first };
    assert_eq!(told, [Told::Top(100, 1, first), Told::Top(300, 1, second)]);
}

#[test]
fn prices_at_both_ends_of_the_range_are_prices() {
    let (books, _) =
        after(&[add(1, b'B', 0, 1), add(2, b'S', u32::MAX, 2), add(3, b'B', u32::MAX, 3), add(4, b'S', 0, 4)]);
    assert_eq!(books.top(1), Top { bid_price: u32::MAX, bid_size: 3, ask_price: 0, ask_size: 4 });
    let asks: Vec<u32> = books.levels(1, Side::Sell).map(|level| level.price).collect();
    assert_eq!(asks, [0, u32::MAX]);
}

#[test]
fn an_execution_prints_at_the_resting_price_and_one_with_a_price_at_its_own() {
    let with_price = Delta { price: 777, code: b'N', other: 9, ..on(b'C', 1, 3) };
    let (_, told) = after(&[add(1, b'S', 500, 10), Delta { other: 8, ..on(b'E', 1, 2) }, with_price]);
    let trades: Vec<_> =
        told.iter().filter_map(|told| if let Told::Trade(_, trade) = told { Some(trade) } else { None }).collect();
    assert_eq!((trades[0].price, trades[0].size, trades[0].match_number, trades[0].printable), (500, 2, 8, true));
    assert_eq!((trades[1].price, trades[1].size, trades[1].match_number, trades[1].printable), (777, 3, 9, false));
    assert!(trades.iter().all(|trade| trade.side == Some(Side::Sell)));
}

#[test]
fn prints_that_name_no_order_leave_the_book_alone() {
    let hidden = Delta { kind: b'P', locate: 1, code: b'B', price: 5, shares: 6, other: 7, ..Delta::default() };
    let cross = Delta { kind: b'Q', locate: 1, reference: 1 << 33, price: 5, other: 8, ..Delta::default() };
    let (books, told) = after(&[add(1, b'B', 500, 10), hidden, cross, Delta { kind: b'B', ..Delta::default() }]);
    assert_eq!(books.live(), 1);
    let sizes: Vec<_> = told
        .iter()
        .filter_map(|told| if let Told::Trade(_, trade) = told { Some((trade.side, trade.size)) } else { None })
        .collect();
    assert_eq!(sizes, [(Some(Side::Buy), 6), (None, 1 << 33)]);
}

#[test]
fn a_trading_state_is_told_when_it_changes() {
    let state = |code, offset| Delta { kind: b'H', locate: 9, code, offset, ..Delta::default() };
    let (books, told) = after(&[state(b'T', 1), state(b'T', 2), state(b'H', 3), state(b'z', 4)]);
    assert_eq!(books.trading_state(9), Some(TradingState::Halted));
    assert_eq!(books.trading_state(8), None);
    assert_eq!(
        told,
        [
            Told::State(1, 9, TradingState::Trading),
            Told::State(3, 9, TradingState::Halted),
            Told::Anomaly(4, Anomaly::BadState)
        ]
    );
}

#[test]
fn crossed_and_locked_books_are_counted_when_they_become_so() {
    let (books, _) = after(&[
        add(1, b'B', 500, 1),
        add(2, b'S', 500, 1),
        add(3, b'S', 500, 1),
        add(4, b'S', 400, 1),
        on(b'D', 4, 0),
    ]);
    assert_eq!((books.crossings().locked.count, books.crossings().locked.first_offset), (2, 200));
    assert_eq!((books.crossings().crossed.count, books.crossings().crossed.first_offset), (1, 400));
    assert_eq!(books.anomalies().total(), 0);
}

#[test]
fn a_duplicate_reference_names_the_newer_order() {
    let (books, told) = after(&[add(1, b'B', 500, 10), Delta { locate: 2, offset: 7, ..add(1, b'S', 600, 20) }]);
    assert_eq!((books.live(), books.anomalies().get(Anomaly::DuplicateReference).count), (1, 1));
    assert_eq!(books.order(1).map(|order| (order.locate, order.side, order.price)), Some((2, Side::Sell, 600)));
    let tops: Vec<_> =
        told.iter().filter_map(|told| if let Told::Top(_, locate, _) = told { Some(*locate) } else { None }).collect();
    assert_eq!(tops, [1, 1, 2], "the older order's book, then the message's own");
}

#[test]
fn more_than_is_open_takes_the_order_out_and_is_counted() {
    let (books, _) = after(&[add(1, b'B', 500, 10), add(2, b'B', 500, 10), on(b'E', 1, 11), on(b'X', 2, 11)]);
    assert_eq!(books.live(), 0);
    assert_eq!(books.anomalies().get(Anomaly::OverExecution).count, 1);
    assert_eq!(books.anomalies().get(Anomaly::OverCancel).count, 1);
}

#[test]
fn a_message_about_an_order_applies_to_the_orders_own_symbol() {
    let (books, _) = after(&[add(1, b'B', 500, 10), Delta { locate: 5, ..on(b'X', 1, 4) }]);
    assert_eq!(books.top(1).bid(), Some((500, 6)));
    assert_eq!(books.anomalies().get(Anomaly::LocateMismatch).count, 1);
}

#[test]
fn under_skip_an_anomaly_has_no_effect_and_the_rest_goes_on() {
    let mut books = Books::with_policy(OnAnomaly::Skip);
    let deltas = [add(1, b'B', 500, 10), on(b'E', 1, 11), add(1, b'S', 9, 9), replace(1, 1, 500, 0), on(b'X', 1, 3)];
    assert_eq!(books.apply_batch(&deltas, &mut ()), 5);
    assert_eq!(queue(&books, Side::Buy, 500), [(1, 7)]);
    assert_eq!(books.anomalies().total(), 3);
}

#[test]
fn under_stop_the_message_before_the_anomaly_is_the_last_one() {
    let mut books = Books::with_policy(OnAnomaly::Stop);
    let deltas: Vec<Delta> =
        (1..200).map(|at| if at == 150 { on(b'D', 9999, 0) } else { add(at, b'B', 500, 1) }).collect();
    assert_eq!(books.apply_batch(&deltas, &mut ()), 149);
    assert_eq!((books.live(), books.anomalies().get(Anomaly::UnknownReference).count), (149, 1));
    assert_eq!(books.apply_batch(&deltas[150..], &mut ()), 49, "going on behind it works");
}

#[test]
fn an_order_added_and_changed_within_one_batch_is_found() {
    let mut deltas = Vec::new();
    for reference in 1..500 {
        deltas.extend([add(reference, b'B', 500, 10), on(b'X', reference, 4), on(b'D', reference, 0)]);
    }
    let (books, _) = after(&deltas);
    assert_eq!((books.live(), books.peak_live(), books.anomalies().total()), (0, 1, 0));
}
