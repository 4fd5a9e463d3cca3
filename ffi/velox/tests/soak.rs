//! The pipeline for long, in trouble all the time. A program of its own, because it looks at the memory of the process.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use hftz_velox::chaos::Chaos;
use hftz_velox::host::calibrate;
use hftz_velox::pipeline::run;
use hftz_velox::{Burst, Config};
use std::time::Duration;

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let table = std::fs::read_to_string("/proc/self/statm").unwrap();
    table.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// Stalls, bursts and overflow all along; everything is accounted for and memory stays what it was when the run was warm.
fn soak(seconds: u64) {
    let chaos = Chaos { seed: 11, per_second: 20.0, longest_ns: 20_000_000 };
    let burst = Burst { factor: 20, length_ns: 2_000_000, every_ns: 100_000_000 };
    let config = Config {
        chaos: Some(chaos),
        burst: Some(burst),
        duration_ns: seconds * 1_000_000_000,
        rings: [1024, 256, 16],
        rate: 50_000.0,
        ..Config::default()
    };
    let scale = calibrate(Duration::from_millis(20)).unwrap().scale;
    let mut warm = 0;
    let report = run(
        &config,
        scale,
        || false,
        |seen| {
            if warm == 0 && seen.elapsed_ns > config.duration_ns / 4 {
                warm = resident();
            }
        },
    );
    let report = report.unwrap();
    report.check().unwrap();
    assert!(report.out > 0 && report.dropped > 0 && report.stages.iter().any(|stage| stage.blocked > 0));
    let grown = resident().saturating_sub(warm);
    assert!(grown < 8 << 20, "{grown} bytes more than when it was warm");
}

#[test]
fn a_soak_with_chaos_accounts_for_everything_and_does_not_grow() {
    soak(2);
}

#[test]
#[ignore = "minutes; part of the long tests"]
fn a_long_soak_with_chaos_accounts_for_everything_and_does_not_grow() {
    soak(300);
}
