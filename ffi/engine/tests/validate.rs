//! The numbers that theory gives for the flows, measured through the matching engine: the whole report of `feedgen --validate`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use hftz_engine::run::{Outcome, Run, Status};
use serde_json::{Value, json};

fn validate(asked: &Value) -> Outcome {
    let config = json!({"run": "feedgen", "validate": asked});
    let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes()).unwrap());
    run.start().unwrap();
    while !run.page().finished() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    run.outcome().unwrap()
}

fn refused(asked: &Value) -> String {
    let config = json!({"run": "feedgen", "validate": asked});
    hftz_engine::plan(config.to_string().as_bytes()).err().unwrap()
}

/// Everything passes, and these many numbers were looked at: none may get lost.
fn passes(asked: &Value, numbers: usize) {
    let outcome = validate(asked);
    let checks = outcome.result["checks"].as_array().unwrap();
    let failed: Vec<_> = checks.iter().filter(|check| check["pass"] != json!(true)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!((outcome.status, checks.len()), (Status::Done, numbers));
}

#[test]
fn zero_intelligence_gives_the_published_races_queues_and_sizes() {
    // Three tables of 25, five distances with their dispersion, six sizes, three lags.
    passes(&json!({"models": ["zi"]}), 75 + 10 + 6 + 3);
}

#[test]
fn poisson_gives_the_published_gaps_and_counts() {
    passes(&json!({"models": ["poisson"]}), 6 + 6 + 3);
}

#[test]
fn hawkes_gives_the_published_rates_fano_factors_and_residuals() {
    passes(&json!({"models": ["hawkes"]}), 6 + 5 + 6 + 3);
}

#[test]
fn another_kernel_is_held_against_its_own_theory() {
    passes(&json!({"models": ["hawkes"], "mu": 4, "alpha": 6, "beta": 8, "seed": 3}), 5 + 6 + 3);
}

/// 200,000 races a cell, as the sheet asks, and all else fifty times as long.
#[test]
#[ignore = "minutes; part of the long tests"]
fn the_long_series_agree_too() {
    passes(&json!({"models": ["zi"], "effort": 50, "seed": 2}), 75 + 10 + 6 + 3);
    passes(&json!({"models": ["poisson"], "effort": 50, "seed": 2}), 6 + 6 + 3);
    passes(&json!({"models": ["hawkes"], "effort": 50, "seed": 2}), 6 + 5 + 6 + 3);
}

#[test]
fn a_report_is_the_same_every_time_but_for_its_clock() {
    let report = || {
        let mut result = validate(&json!({"models": ["poisson"], "seed": 9})).result;
        result.shift_remove("elapsedNs");
        result
    };
    let first = report();
    assert_eq!(first, report());
    assert_eq!(first["misses"]["poisson"].as_array().map(Vec::len), Some(4));
}

#[test]
fn what_cannot_be_validated_is_refused_by_name() {
    assert!(refused(&json!({"models": ["zj"]})).contains("zj"));
    assert!(refused(&json!({"models": ["zi"], "mu": 3})).contains("--model hawkes"));
    assert!(refused(&json!({"alpha": 100})).contains("must be below 1"));
    assert!(refused(&json!({"alpha": 99.99})).contains("settles so slowly"));
    assert!(refused(&json!({"effort": 0})).contains("effort"));
    assert!(refused(&json!({"count": 5})).contains("count"));
    let both = json!({"run": "feedgen", "rate": 5, "validate": {}});
    let error = hftz_engine::plan(both.to_string().as_bytes()).err().unwrap();
    assert!(error.contains("rate does not go with validate"), "{error}");
}
