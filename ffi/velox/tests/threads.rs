//! The pipeline on real threads: whatever the topology and however it ends, everything is accounted for.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use hftz_clock::Scale;
use hftz_velox::chaos::Chaos;
use hftz_velox::host::calibrate;
use hftz_velox::pipeline::{Report, run};
use hftz_velox::{Config, Topology};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn scale() -> Scale {
    calibrate(Duration::from_millis(20)).unwrap().scale
}

fn short(rate: f64, topology: Topology) -> Config {
    Config { rate, topology, duration_ns: 300_000_000, interval_ns: 50_000_000, ..Config::default() }
}

fn accounted(report: &Report) {
    report.check().unwrap();
    assert!(report.out > 0);
}

#[test]
fn every_topology_accounts_for_everything() {
    let scale = scale();
    for topology in [Topology::Fused, Topology::Split, Topology::Spread] {
        let (mut intervals, mut looks) = (0, 0);
        let report = run(
            &short(100_000.0, topology),
            scale,
            || false,
            |snapshot| {
                looks += 1;
                intervals += u32::from(snapshot.interval.is_some());
            },
        )
        .unwrap();
        accounted(&report);
        // Poisson: 30000 with a standard deviation of 173.
        assert!(report.generated.abs_diff(30_000) < 1_000, "{}", report.generated);
        assert!(intervals >= 2 && looks > intervals, "{intervals} {looks}");
        assert!(report.mean_bundle_size() > 5.0 && report.limiting_stage().is_some());
    }
}

#[test]
fn a_stop_ends_the_run_early_and_loses_nothing() {
    let stop = AtomicBool::new(false);
    let config = Config { duration_ns: 60_000_000_000, ..short(200_000.0, Topology::Auto) };
    let observe = |snapshot: &hftz_velox::pipeline::Snapshot<'_>| {
        stop.fetch_or(snapshot.meters.out.get() > 5_000, Ordering::Relaxed);
    };
    let report = run(&config, scale(), || stop.load(Ordering::Relaxed), observe).unwrap();
    accounted(&report);
    assert!(report.surroundings.elapsed_ns < 30_000_000_000);
}

#[test]
fn chaos_on_real_threads_loses_nothing_that_was_accepted() {
    for topology in [Topology::Fused, Topology::Split] {
        let chaos = Chaos { seed: 7, per_second: 100.0, longest_ns: 10_000_000 };
        let config = Config { chaos: Some(chaos), rings: [256, 64, 8], ..short(200_000.0, topology) };
        let report = run(&config, scale(), || false, |_| {}).unwrap();
        accounted(&report);
        assert!(report.dropped > 0, "stalls of milliseconds must overflow a ring of 256");
    }
}

#[test]
fn a_processor_that_is_not_there_is_named_and_the_run_goes_on() {
    let config = Config { cpus: vec![1_000], ..short(1e4, Topology::Fused) };
    let report = run(&config, scale(), || false, |_| {}).unwrap();
    accounted(&report);
    assert!(report.surroundings.unpinned[0].starts_with("CPU 1000 is not there"), "{:?}", report.surroundings.unpinned);
}
