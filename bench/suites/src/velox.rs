//! The Velox pipeline at a rate: drops, bundles, waits, latency from the intended time, beside what theory expects.

use std::time::Duration;

use hftz_hist::OwnedHistogram;
use hftz_velox::host::calibrate;
use hftz_velox::pipeline::{self, Report as Run};
use hftz_velox::{Config, Topology, theory};
use serde_json::json;

use crate::options::Options;
use crate::report::Report;
use crate::rounds::Series;

/// One of a run's histograms.
type Histogram = fn(&Run) -> &OwnedHistogram;

pub fn run(options: &Options) -> Result<Report, String> {
    let rounds = options.number("rounds", 3)?;
    let rate = options.number("rate", 100_000)?;
    let milliseconds = options.number("milliseconds", 3_000)?;
    let bundle_size = options.number("bundle", 16)? as usize;
    let threads = options.number("threads", 0)?;
    let topology = match threads {
        0 => Topology::Auto,
        1 => Topology::Fused,
        2 => Topology::Split,
        4 => Topology::Spread,
        _ => return Err("--threads is 1, 2, 4 or 0 for automatic".to_owned()),
    };
    let scale = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale;
    let config =
        Config { rate: rate as f64, duration_ns: milliseconds * 1_000_000, bundle_size, topology, ..Config::default() };
    let mut report = Report::new("velox");
    let mut runs = Vec::new();
    for _ in 0..rounds {
        let run = pipeline::run(&config, scale, || false, |_| {}).map_err(|error| error.to_string())?;
        run.check().map_err(|broken| broken.0)?;
        runs.push(run);
    }
    let Some(last) = runs.last() else { return Err("--rounds must not be 0".to_owned()) };
    report.fact("plan", last.plan.describe());
    report.fact("pages", format!("{:?}", last.pages));
    let service = |run: &Run| run.stages.iter().map(|s| (s.kind.name().to_owned(), json!(s.service_ns()))).collect();
    report.fact("service of each stage, ns", serde_json::Value::Object(service(last)));
    report.fact("limiting stage", last.limiting_stage().map(|stage| stage.kind.name()));
    let expected = theory::bundles(config.rate, bundle_size, config.window_ns as f64 / 1e3);
    report.fact("expected mean bundle size", expected.mean_size);
    report.fact("expected bundles a second", expected.per_second);
    report.fact("expected mean wait, us", expected.mean_wait_us);
    report.fact("expected wait for the book stage (M/D/1), ns", last.expected_book_wait_ns());
    let mut figure = |name: &str, unit, value: &dyn Fn(&Run) -> f64| {
        report.figure(name, unit, &Series(runs.iter().map(value).collect()));
    };
    figure("achieved rate", "per second", &|run| run.per_second(run.out));
    figure("dropped", "", &|run| run.dropped as f64);
    figure("mean bundle size", "", &Run::mean_bundle_size);
    figure("bundles", "per second", &|run| run.per_second(run.bundles));
    figure("mean wait for the flush", "us", &Run::mean_wait_us);
    let histograms: [(&str, Histogram); 4] = [
        ("lateness of the generator", |run| &run.lateness),
        ("wait for the book stage", |run| &run.book_wait),
        ("wait for the flush", |run| &run.bundle_wait),
        ("intended time to output", |run| &run.latency),
    ];
    for (name, histogram) in histograms {
        for (label, part) in [("p50", 500_000), ("p99", 990_000), ("p99.9", 999_000), ("p99.99", 999_900)] {
            figure(&format!("{name}, {label}"), "us", &|run| histogram(run).percentile(part) as f64 / 1e3);
        }
    }
    Ok(report)
}
