//! Whole replay runs over small files: what counts, what stops, what is kept.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_engine::run::Status;
use hftz_wire::itch::{AddOrder, Alpha, Header, Message, OrderCancel, OrderDelete, OrderExecuted, OrderReplace};
use serde_json::{Value, json};
use std::io::Write;
use support::{Scratch, end, replay, started};

fn framed(message: &impl Message) -> Vec<u8> {
    let mut out = [0; 64];
    let length = message.write_framed(&mut out).unwrap();
    out[..length].to_vec()
}

fn header(time_ns: u64) -> Header {
    Header { stock_locate: 1, tracking_number: 0, time_ns }
}

fn add(time_ns: u64, reference: u64, side: u8, shares: u32, price: u32) -> Vec<u8> {
    let stock = Alpha(*b"ABC     ");
    framed(&AddOrder {
        header: header(time_ns),
        order_reference_number: reference,
        buy_sell_indicator: side,
        shares,
        stock,
        price,
    })
}

fn delete(time_ns: u64, reference: u64) -> Vec<u8> {
    framed(&OrderDelete { header: header(time_ns), order_reference_number: reference })
}

fn day() -> Vec<u8> {
    [
        add(10, 1, b'B', 100, 1_000_000),
        add(20, 2, b'S', 200, 1_010_000),
        framed(&OrderExecuted { header: header(30), order_reference_number: 2, executed_shares: 50, match_number: 9 }),
        framed(&OrderCancel { header: header(40), order_reference_number: 1, canceled_shares: 30 }),
        framed(&OrderReplace {
            header: header(50),
            original_order_reference_number: 1,
            new_order_reference_number: 3,
            shares: 70,
            price: 1_005_000,
        }),
    ]
    .concat()
}

fn rows(name: &str, bytes: &[u8], more: Value) -> Vec<String> {
    let (input, output) = (Scratch::new(name, bytes), Scratch::new(&format!("{name}-rows"), b""));
    let mut more = more;
    more["out"] = json!(output.path());
    assert_eq!(replay(input.path(), more).status, Status::Done);
    std::fs::read_to_string(output.path()).unwrap().lines().map(str::to_string).collect()
}

#[test]
fn a_summary_tells_types_times_and_what_is_left() {
    let file = Scratch::new("summary", &day());
    let outcome = replay(file.path(), json!({"hash": true}));
    assert_eq!(outcome.status, Status::Done);
    let figures = outcome.result;
    assert_eq!(figures["byType"], json!({"A": 2, "E": 1, "X": 1, "U": 1}));
    assert_eq!((&figures["firstNs"], &figures["lastNs"]), (&json!(10), &json!(50)));
    assert_eq!((&figures["liveOrders"], &figures["symbols"]), (&json!(2), &json!(1)));
    assert_eq!(figures["hash"].as_str().unwrap().len(), 16);
}

#[test]
fn every_change_of_the_top_is_one_row() {
    let rows = rows("bbo", &day(), json!({"output": "bbo"}));
    let expected = [
        "time_ns,symbol,bid_price,bid_size,ask_price,ask_size",
        "10,ABC,100.0000,100,,",
        "20,ABC,100.0000,100,101.0000,200",
        "30,ABC,100.0000,100,101.0000,150",
        "40,ABC,100.0000,70,101.0000,150",
        "50,ABC,100.5000,70,101.0000,150",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_trade_names_the_resting_side() {
    let csv = rows("trades", &day(), json!({"output": "trades"}));
    assert_eq!(csv, ["time_ns,symbol,price,size,side,match", "30,ABC,101.0000,50,S,9"]);
    let ndjson = rows("trades-json", &day(), json!({"output": "trades", "outputFormat": "ndjson"}));
    let row: Value = serde_json::from_str(&ndjson[0]).unwrap();
    assert_eq!(row, json!({"time_ns": 30, "symbol": "ABC", "price": 101.0, "size": 50, "side": "S", "match": 9}));
}

#[test]
fn at_stops_before_the_first_later_message() {
    let file = Scratch::new("at", &day());
    let outcome = replay(file.path(), json!({"output": "depth", "at": 45, "symbols": ["ABC"]}));
    let book = &outcome.result["books"][0];
    assert_eq!(book["bids"], json!([{"price": 1_000_000, "size": 70, "orders": 1}]));
    assert_eq!(book["asks"], json!([{"price": 1_010_000, "size": 150, "orders": 1}]));
    assert_eq!(outcome.result["messages"], json!(4));
}

#[test]
fn a_moment_before_the_first_symbol_has_no_book_and_is_no_failure() {
    let file = Scratch::new("early", &day());
    let at = |at: u64, symbol: &str| replay(file.path(), json!({"output": "depth", "at": at, "symbols": [symbol]}));
    assert_eq!(at(5, "ABC").status, Status::Done);
    let missing = at(15, "XYZ");
    assert_eq!(missing.status, Status::Failed);
    assert_eq!(missing.error.unwrap(), "the symbol XYZ does not occur before that moment");
}

#[test]
fn a_symbol_that_never_occurs_is_a_failure() {
    let file = Scratch::new("symbol", &day());
    let outcome = replay(file.path(), json!({"symbols": ["XYZ"]}));
    assert_eq!((outcome.status, outcome.error.unwrap().contains("XYZ")), (Status::Failed, true));
}

#[test]
fn a_zero_length_ends_the_session_only_as_the_last_record() {
    let ended = Scratch::new("end", &[day(), vec![0, 0]].concat());
    let outcome = replay(ended.path(), json!({}));
    assert_eq!((outcome.status, &outcome.result["endOfSession"]), (Status::Done, &json!(true)));

    let middle = Scratch::new("middle", &[vec![0, 0], day()].concat());
    let outcome = replay(middle.path(), json!({}));
    assert_eq!((outcome.status, &outcome.result["messages"]), (Status::Failed, &json!(0)));
    assert!(outcome.error.unwrap().starts_with("offset 0: record length 0"));
}

#[test]
fn what_came_before_a_fault_is_kept_and_skip_goes_on_behind_it() {
    let bytes = [add(10, 1, b'B', 100, 5), vec![0, 3, b'z', 1, 2], add(20, 2, b'B', 100, 6)].concat();
    let file = Scratch::new("fault", &bytes);
    let stopped = replay(file.path(), json!({}));
    assert_eq!((stopped.status, &stopped.result["messages"]), (Status::Failed, &json!(1)));
    assert!(stopped.error.unwrap().starts_with("offset 38: unknown message type 'z'"));
    let skipped = replay(file.path(), json!({"onError": "skip"}));
    assert_eq!((skipped.status, &skipped.result["messages"]), (Status::Done, &json!(2)));
    assert_eq!(skipped.result["faults"]["unknown-type"]["firstOffset"], json!(38));
}

#[test]
fn a_truncated_file_is_a_failure_that_keeps_what_came_before() {
    let bytes = day();
    let file = Scratch::new("cut", &bytes[..bytes.len() - 1]);
    let outcome = replay(file.path(), json!({}));
    assert_eq!((outcome.status, &outcome.result["messages"]), (Status::Failed, &json!(4)));
    assert_eq!(outcome.result["faults"]["truncated"]["count"], json!(1));
    assert_eq!(replay(file.path(), json!({"onError": "count"})).status, Status::Done);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bytes_behind_gzip_are_counted_with_their_place_and_stop_only_as_asked() {
    let packed = gzip(&day());
    let file = Scratch::new("behind-gzip", &[&packed[..], b"a note"].concat());
    let text = format!("packed offset {}: 6 bytes behind the gzip data", packed.len());
    for more in [json!({}), json!({"countOnly": true}), json!({"onError": "skip"}), json!({"onError": "count"})] {
        let outcome = replay(file.path(), more);
        assert_eq!((outcome.status, &outcome.result["messages"]), (Status::Done, &json!(5)));
        let fault = json!({"count": 1, "firstOffset": packed.len(), "first": text});
        assert_eq!(outcome.result["faults"], json!({"behind-gzip": fault}));
    }
    let stopped = replay(file.path(), json!({"onError": "stop"}));
    assert_eq!((stopped.status, stopped.error.as_ref()), (Status::Failed, Some(&text)));
    assert_eq!(stopped.result["liveOrders"], json!(2));
}

#[test]
fn an_impossible_order_is_counted_skipped_or_stops_as_asked() {
    let over = OrderExecuted { header: header(20), order_reference_number: 1, executed_shares: 150, match_number: 1 };
    let bytes = [add(10, 1, b'B', 100, 5), framed(&over), delete(30, 77)].concat();
    let file = Scratch::new("anomaly", &bytes);

    let counted = replay(file.path(), json!({}));
    assert_eq!(counted.status, Status::Done);
    assert_eq!(counted.result["anomalies"]["over-execution"], json!({"count": 1, "firstOffset": 38}));
    assert_eq!(counted.result["anomalies"]["unknown-reference"]["count"], json!(1));
    assert_eq!(counted.result["liveOrders"], json!(0));

    let skipped = replay(file.path(), json!({"onError": "skip"}));
    assert_eq!(skipped.result["liveOrders"], json!(1));

    let stopped = replay(file.path(), json!({"onError": "stop"}));
    assert_eq!((stopped.status, &stopped.result["messages"]), (Status::Failed, &json!(1)));
    assert!(stopped.error.unwrap().starts_with("offset 38: over execution"));
}

#[test]
fn count_only_and_the_full_replay_count_the_same() {
    let file = Scratch::new("count", &day());
    let full = replay(file.path(), json!({}));
    let counted = replay(file.path(), json!({"countOnly": true}));
    assert_eq!(full.result["byType"], counted.result["byType"]);
    assert_eq!(counted.result.get("liveOrders"), None);
}

#[test]
fn a_feed_sent_on_to_a_file_is_the_same_bytes() {
    let (file, copy) = (Scratch::new("from", &day()), Scratch::new("to", b""));
    let outcome = replay(file.path(), json!({"to": copy.path()}));
    assert_eq!(outcome.result["published"]["messages"], json!(5));
    assert_eq!(std::fs::read(copy.path()).unwrap(), day());
}

#[test]
fn a_stop_while_a_message_waits_for_its_time_leaves_what_was_due() {
    let (first, second) = (add(1, 1, b'B', 100, 1_000_000), add(3_600_000_000_000, 2, b'B', 100, 1_000_000));
    let file = Scratch::new("paced", &[first.clone(), second].concat());
    let copy = Scratch::new("paced-copy", b"");
    let run = started(file.path(), json!({"to": copy.path(), "pace": 1.0}));
    while std::fs::metadata(copy.path()).unwrap().len() == 0 {
        std::thread::yield_now();
    }
    run.page().request_stop();
    let outcome = end(run);
    assert_eq!((outcome.status, outcome.error.as_deref()), (Status::Interrupted, Some("interrupted")));
    assert_eq!(outcome.result["published"]["messages"], json!(1));
    assert_eq!(std::fs::read(copy.path()).unwrap(), first);
}

#[test]
fn a_run_with_a_length_ends_by_itself_with_what_was_done_by_then() {
    let file = Scratch::new(
        "lasting",
        &[add(1, 1, b'B', 100, 1_000_000), add(3_600_000_000_000, 2, b'B', 100, 1_000_000)].concat(),
    );
    let copy = Scratch::new("lasting-copy", b"");
    let paced = replay(file.path(), json!({"to": copy.path(), "pace": 1.0, "durationNs": 20_000_000}));
    assert_eq!((paced.status, &paced.result["timedOut"]), (Status::Done, &json!(true)));
    assert_eq!(paced.result["published"]["messages"], json!(1));

    let whole = replay(file.path(), json!({"durationNs": 3_600_000_000_000_u64}));
    assert_eq!((whole.result.get("timedOut"), &whole.result["messages"]), (None, &json!(2)));
}

#[test]
fn an_output_that_is_the_input_is_refused_before_anything_is_cut() {
    let file = Scratch::new("self", &day());
    for more in [json!({"to": file.path()}), json!({"output": "bbo", "out": file.path()})] {
        let mut config = json!({"run": "replay", "input": file.path()});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let error = hftz_engine::plan(config.to_string().as_bytes()).err().unwrap();
        assert!(error.contains("is the input too"), "{error}");
    }
    assert_eq!(std::fs::read(file.path()).unwrap(), day());
}

#[test]
fn a_missing_file_and_a_full_disk_are_told_apart_from_bad_data() {
    let missing = replay("/nowhere/day.itch", json!({}));
    assert_eq!(missing.error.unwrap(), "cannot open /nowhere/day.itch: No such file or directory");
    let file = Scratch::new("full", &day());
    let full = replay(file.path(), json!({"output": "messages", "out": "/dev/full"}));
    assert_eq!(full.status, Status::Failed);
    assert!(full.error.unwrap().contains("No space left on device"));
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused_with_its_key() {
    let refused = |more: Value| {
        let mut config = json!({"run": "replay", "input": "x"});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        hftz_engine::plan(config.to_string().as_bytes()).err().unwrap()
    };
    assert!(refused(json!({"speed": 3})).contains("unknown field `speed`"));
    assert!(refused(json!({"pace": 2.0})).contains("--to"));
    assert!(refused(json!({"durationNs": 0})).contains("duration"));
    assert!(refused(json!({"symbols": ["TOOLONGNAME"]})).contains("TOOLONGNAME"));
    assert!(refused(json!({"to": "udp://nowhere"})).contains("nowhere"));
    assert!(refused(json!({"countOnly": true, "hash": true})).contains("--count-only"));
}
