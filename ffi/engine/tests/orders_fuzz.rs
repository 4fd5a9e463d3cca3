//! Orders and symbol tables as nobody should write them: seeded mutations of good ones, through whole runs on memory.
//!
//! `HFTZ_FUZZ_ITERATIONS` and `HFTZ_FUZZ_SEED` as in the decoders' own fuzz test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../wire/tests/support/mutation.rs"]
mod mutation;

use hftz_engine::run::{Outcome, Run, Status};
use mutation::{MOST_BYTES, fuzz};
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// A whole run takes milliseconds; the decoders alone are fuzzed by the million.
const RUNS: RangeInclusive<u64> = 250..=2_500;

fn open(more: Value) -> Result<Run, String> {
    let mut config = json!({"run": "match", "input": "memory", "capacity": 50});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes())?);
    run.start().unwrap();
    Ok(run)
}

/// Feeds `input` in pieces; the reports and how it ended.
fn traded(format: &str, input: &[u8], piece: usize) -> (Vec<u8>, Outcome) {
    let mut run = open(json!({"format": format})).unwrap();
    let (mut reports, mut room) = (Vec::new(), [0; 4096]);
    'input: for piece in input.chunks(piece) {
        let mut rest = piece;
        loop {
            let Ok(moved) = run.feed(rest, &mut room) else { break 'input };
            reports.extend_from_slice(&room[..moved.written]);
            rest = &rest[moved.consumed..];
            if rest.is_empty() && moved.written == 0 {
                break;
            }
        }
    }
    (reports, run.outcome().unwrap())
}

/// However it is cut, the input has the same reports, the same books and the same error with its place.
fn takes_anything(format: &str, place: &str, iteration: u64, input: &[u8]) {
    let (reports, outcome) = traded(format, input, MOST_BYTES);
    let (again, cut) = traded(format, input, 1 + iteration as usize % 50);
    assert!(reports == again, "the pieces changed the reports");
    assert_eq!((outcome.status, &outcome.error), (cut.status, &cut.error));
    assert_eq!(outcome.result["hash"], cut.result["hash"]);
    match outcome.status {
        Status::Done => assert_eq!(outcome.error, None),
        Status::Failed => assert!(outcome.error.as_ref().unwrap().contains(place), "{:?}", outcome.error),
        other => panic!("{other:?}"),
    }
}

const LINES: &str = r#"{"type":"new","symbol":1,"side":"buy","kind":"limit","tif":"day","account":0,"id":7,"price":10050,"quantity":100}
{"type":"new","symbol":1,"side":"sell","id":"18446744073709551615","price":10040,"quantity":40,"display":10,"tif":"fok"}
{"type":"new","symbol":1,"side":"sell","kind":"stop-limit","tif":"gtd","id":9,"price":9,"trigger":8,"expiry":50,"minimum":2,"selfTrade":"both","quantity":3}
{"type":"replace","symbol":1,"id":7,"price":10060,"quantity":20,"flags":3}

{"type":"cancel","symbol":1,"id":7,"quantity":5}
{"type":"mass","scope":2,"account":3,"then":"block"}
{"type":"state","symbol":1,"state":"auction","auction":"open","reference":-9007199254740993}
{"type":"clock","time":"51"}
"#;

#[test]
fn orders_as_json_lines_are_taken_or_refused_with_their_place_whatever_they_hold() {
    let lines = LINES.lines().map(|line| format!("{line}\n").into_bytes());
    let seeds: Vec<_> = lines.chain([LINES.into(), LINES.replace('\n', "\r\n").into()]).collect();
    fuzz("ndjson", &seeds, RUNS, |iteration, input| takes_anything("ndjson", "line ", iteration, input));
}

#[test]
fn native_orders_are_taken_or_refused_with_their_place_whatever_they_hold() {
    let message = |kind: u8, bytes: usize| {
        let mut message: Vec<u8> = (0..bytes as u8).map(|at| if at % 8 < 2 { at / 8 } else { 0 }).collect();
        message[0] = kind;
        message[1] = b'B';
        message[2] = 1;
        message
    };
    let kinds = [(b'N', 32), (b'L', 64), (b'C', 16), (b'U', 32), (b'K', 16), (b'T', 16), (b'Z', 16)];
    let mut seeds: Vec<_> = kinds.iter().map(|&(kind, bytes)| message(kind, bytes)).collect();
    seeds.push(seeds.concat());
    fuzz("native", &seeds, RUNS, |iteration, input| takes_anything("native", "offset ", iteration, input));
}

#[test]
fn a_symbol_table_is_taken_or_refused_with_the_line_whatever_it_holds() {
    const HEADER: &str = "locate,symbol,unit,tick,lot,band,reference,state\n";
    let tables = ["", "1,ABC,4,100,1,5000,1000000,auction\n", "1,A,4,1,1,0,0,\n2,B,18,4294967295,100,9,0,closed\n"];
    let seeds: Vec<_> = tables.iter().map(|rows| format!("{HEADER}{rows}").into_bytes()).collect();
    let path = std::env::temp_dir().join(format!("hftz-symbols-{}.csv", std::process::id()));
    fuzz("symbols", &seeds, RUNS, |_, input| {
        std::fs::write(&path, input).unwrap();
        if let Err(text) = open(json!({"symbols": path})) {
            let named = ["line ", "byte ", "cannot read"].iter().any(|place| text.contains(place));
            assert!(named && text.contains("hftz-symbols"), "{text}");
        }
    });
    std::fs::remove_file(&path).unwrap();
}
