//! Every suite gives what a reader of `--json` is promised: the same keys for every latency, samples for every figure, how it warmed
//! up, and, where load is offered, what was offered, what was achieved and how late the generator was.

#![allow(clippy::unwrap_used, clippy::panic)]

use hftz_lab::{Options, SUITES};
use serde_json::{Map, Value};

/// Small enough for a test; what a suite does not know it is not given.
const SMALL: &[(&str, &[(&str, u64)])] = &[
    ("clock", &[("rounds", 2), ("readings", 2_000)]),
    ("jitter", &[("milliseconds", 100)]),
    ("ring", &[("rounds", 2), ("items", 2_000), ("trips", 200)]),
    ("book", &[("rounds", 2), ("messages", 20_000), ("live", 1_000), ("symbols", 50)]),
    ("itch", &[("rounds", 2), ("messages", 20_000)]),
    ("match", &[("rounds", 2), ("orders", 5_000), ("rate", 100_000)]),
    ("journal", &[("rounds", 1), ("records", 2_000), ("rate", 20_000), ("milliseconds", 100)]),
    ("net", &[("milliseconds", 300)]),
    ("velox", &[("rounds", 2), ("milliseconds", 100), ("rate", 20_000)]),
];
/// Suites that offer load at one rate, and the latency that counts from the intended time.
const OFFERED: &[(&str, &str)] = &[("match", "response"), ("net", "roundTrip"), ("velox", "endToEnd")];
const LATENCY: [&str; 10] = ["unit", "count", "min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"];
const FIGURE: [&str; 6] = ["unit", "median", "min", "max", "rounds", "samples"];

fn measured(name: &str) -> Map<String, Value> {
    let suite = SUITES.iter().find(|suite| suite.name == name).unwrap();
    let small = SMALL.iter().find(|(known, _)| *known == name).unwrap().1;
    let go_on = || false;
    let options = Options::new(small.iter().map(|&(key, value)| (key.to_owned(), value)), &go_on);
    let report = (suite.run)(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
    options.finish().unwrap();
    report.json()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_suite_keeps_the_promised_shape() {
    assert!(SUITES.iter().map(|suite| suite.name).eq(SMALL.iter().map(|(name, _)| *name)));
    for suite in SUITES {
        let name = suite.name;
        let found = measured(name);
        for (latency, value) in found["latencies"].as_object().unwrap() {
            assert_eq!(keys(value), LATENCY, "{name}: {latency}");
            let at = |key: &str| value[key].as_f64().unwrap();
            let order = ["min", "p50", "p90", "p99", "p999", "p9999", "max"].map(at);
            assert!(at("count") == 0.0 || order.is_sorted(), "{name}: {latency}: {order:?}");
        }
        for (figure, value) in found["figures"].as_object().unwrap() {
            assert_eq!(keys(value), FIGURE, "{name}: {figure}");
            let samples = value["samples"].as_array().unwrap();
            assert_eq!(value["rounds"].as_u64(), Some(samples.len() as u64), "{name}: {figure}");
            assert!(samples.iter().all(|sample| sample.as_f64().is_some_and(f64::is_finite)), "{name}: {figure}");
        }
        // The pipeline says it where it is watched, in the engine.
        assert!(name == "velox" || found["warmUp"].is_string(), "{name}");
        if let Some((_, headline)) = OFFERED.iter().find(|(known, _)| *known == name) {
            assert!(found["offeredPerSec"].as_f64().unwrap() > 0.0, "{name}");
            assert!(found["achievedPerSec"].as_f64().unwrap() > 0.0, "{name}");
            assert!(found["latencies"][headline]["count"].as_u64().unwrap() > 0, "{name}");
            assert!(found["latencies"]["lateness"]["count"].as_u64().unwrap() > 0, "{name}");
        }
        match name {
            "journal" => check_journal(&found),
            "match" => check_match(&found),
            _ => {}
        }
    }
}

/// Offered is one rate for all durabilities, achieved and late are told for each.
fn check_journal(found: &Map<String, Value>) {
    assert_eq!(found["offeredPerSec"], 20_000);
    for mode in ["async", "group"] {
        assert!(found["figures"][format!("achieved, {mode}")]["median"].as_f64().unwrap() > 0.0);
        for latency in ["append", "until durable", "lateness"] {
            let latency = &found["latencies"][format!("{latency}, {mode}")];
            assert!(latency["count"].as_u64().unwrap() > 0, "{mode}: {latency}");
        }
    }
}

/// Each scenario has its row; with fewer orders than the published workload there is nothing to compare the hash with.
fn check_match(found: &Map<String, Value>) {
    let rows = found["scenarios"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    for row in rows {
        assert!(row["messagesPerSec"].as_f64().unwrap() > 0.0);
        assert_eq!(row["hash"].as_str().map(str::len), Some(64));
        assert!(row["hashOk"].is_null());
    }
}
