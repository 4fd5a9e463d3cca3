//! The 34 small sequences with the report lines that conforming engines give.

use std::io::Write;
use std::path::PathBuf;

use hftz_model::Side;
use serde_json::Value;

use crate::harness::{Drained, Harness, text};
use hftz_lab::matching::workload::Message;

/// `$HFTZ_DATA`, else beside the checkout.
fn cases() -> Option<String> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("HFTZ_DATA").map_or_else(beside, PathBuf::from);
    let path = folder.join("conformance/limit-ioc-modify-34.jsonl");
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        // Not by a macro: the harness would keep what a test prints that passes.
        let _ = writeln!(std::io::stderr(), "not tested: there is no {}", path.display());
    }
    text
}

/// `[type, side, ioc, quantity, order id, price]`.
fn message(fields: &Value) -> Message {
    let fields: Vec<i64> = fields.as_array().unwrap().iter().map(|field| field.as_i64().unwrap()).collect();
    let [kind, side, ioc, quantity, id, price] = fields[..] else { panic!("{fields:?}") };
    let (side, quantity, id) = (if side == 0 { Side::Buy } else { Side::Sell }, quantity as u32, id as u64);
    match kind {
        0 => Message::New { id, price, quantity, side, ioc: ioc == 1 },
        1 => Message::Cancel { id },
        _ => Message::Modify { id, price, quantity, side },
    }
}

/// What the one case that is described instead of listed says: 5,000 sells of 1 at 100, then a buy that takes them all.
fn deep_sweep() -> Vec<Message> {
    let sell = |id| Message::New { id, price: 100, quantity: 1, side: Side::Sell, ioc: false };
    let buy = Message::New { id: 5001, price: 100, quantity: 5000, side: Side::Buy, ioc: true };
    (1..=5000).map(sell).chain([buy]).collect()
}

fn lines(array: &Value) -> Vec<&str> {
    array.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
}

#[test]
fn the_34_edge_cases_give_the_lines_that_conforming_engines_give() {
    let Some(cases) = cases() else { return };
    let harness = Harness::open();
    let mut count = 0;
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let name = case["case"].as_str().unwrap();
        let messages = case["msgs"].as_array().map_or_else(deep_sweep, |list| list.iter().map(message).collect());
        for drained in [Drained::ByThread { batch: 1 }, Drained::ByThread { batch: 8 }, Drained::Reluctantly] {
            let got = text(harness.run(&messages, drained));
            let got: Vec<&str> = got.lines().collect();
            let wanted = &case["reports"];
            if wanted.is_array() {
                assert_eq!(got, lines(wanted), "{name}");
            } else {
                assert_eq!(got.len() as u64, wanted["count"].as_u64().unwrap(), "{name}");
                assert!(got.starts_with(&lines(&wanted["first"])) && got.ends_with(&lines(&wanted["last"])), "{name}");
            }
        }
        count += 1;
    }
    assert_eq!(count, 34);
}
