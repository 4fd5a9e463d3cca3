//! The Velox pipeline at a rate: drops, bundles, waits, latency from the intended time, beside what theory expects.

use std::time::Duration;

use hftz_velox::host::calibrate;
use hftz_velox::pipeline::{self, PipelineError, Report as Run, Snapshot};
use hftz_velox::{Config, theory};
use serde_json::{Map, Value, json};

use crate::options::Options;
use crate::report::Report;
use crate::rounds::Series;

/// Options: `rate`, `milliseconds`, `bundle`, `rounds`; the last round is shown in full, all of them in the figures.
pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let rounds = options.number("rounds", 3).max(1);
    let config = Config {
        rate: options.number("rate", 100_000) as f64,
        duration_ns: options.number("milliseconds", 3_000).saturating_mul(1_000_000),
        bundle_size: usize::try_from(options.number("bundle", 16)).unwrap_or(usize::MAX),
        ..Config::default()
    };
    let mut runs = Vec::new();
    for _ in 0..rounds {
        options.go_on()?;
        runs.push(execute(&config, || options.stopped(), |_| {})?);
    }
    let mut report = Report::default();
    let mut figure = |name: &str, unit, value: &dyn Fn(&Run) -> f64| {
        report.figure(name, unit, &Series(runs.iter().map(value).collect()));
    };
    figure("achieved rate", "per second", &|run| run.per_second(run.out));
    figure("mean bundle size", "", &Run::mean_bundle_size);
    figure("mean wait for the flush", "us", &Run::mean_wait_us);
    if let Some(last) = runs.pop() {
        describe(&mut report, &config, last);
    }
    Ok(report)
}

/// One run of `config`, in full. `observe` sees it while it goes; a stop ends it in order and what was done is reported.
///
/// # Errors
/// A configuration or a machine that cannot run it, or a balance that does not hold at the end.
pub fn measure(
    config: &Config,
    stopped: impl Fn() -> bool,
    observe: impl FnMut(&Snapshot<'_>),
) -> Result<Report, String> {
    let mut report = Report::default();
    describe(&mut report, config, execute(config, stopped, observe)?);
    Ok(report)
}

fn execute(config: &Config, stopped: impl Fn() -> bool, observe: impl FnMut(&Snapshot<'_>)) -> Result<Run, String> {
    let scale = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale;
    let told = |error: PipelineError| error.to_string();
    let run = pipeline::run(config, scale, stopped, observe).map_err(told)?;
    run.check().map_err(|broken| format!("something was lost: {}", broken.0))?;
    Ok(run)
}

/// What theory expects of Poisson arrivals.
#[must_use]
pub fn prediction(config: &Config) -> Value {
    let expected = theory::bundles(config.rate, config.bundle_size, config.window_ns as f64 / 1e3);
    json!({ "meanBundleSize": expected.mean_size, "bundlesPerSec": expected.per_second, "meanWaitUs": expected.mean_wait_us,
        "shareFull": expected.full })
}

fn describe(report: &mut Report, config: &Config, run: Run) {
    let expected_wait = run.expected_book_wait_ns();
    let stage = |stage: &pipeline::StageReport| json!({ "stage": stage.kind.name(), "handled": stage.handled, "serviceNs": stage.service_ns(), "blocked": stage.blocked });
    let causes = ["outsideWindow", "empty", "overflow", "contended", "invalid"].into_iter().zip(run.rejects);
    let rejects: Map<String, Value> = causes.map(|(cause, count)| (cause.to_owned(), count.into())).collect();
    let facts: [(&str, Value); 20] = [
        ("generated", run.generated.into()),
        ("pushed", run.pushed.into()),
        ("dropped", run.dropped.into()),
        ("booked", run.booked.into()),
        ("out", run.out.into()),
        ("bundles", run.bundles.into()),
        ("meanBundleSize", run.mean_bundle_size().into()),
        ("bundlesPerSec", run.per_second(run.bundles).into()),
        ("meanWaitUs", run.mean_wait_us().into()),
        ("offeredPerSec", config.rate.into()),
        ("achievedPerSec", run.per_second(run.out).into()),
        ("elapsedNs", run.elapsed_ns.into()),
        ("plan", run.plan.describe().into()),
        ("unpinned", run.unpinned.clone().into()),
        ("pages", format!("{:?}", run.pages).to_lowercase().into()),
        ("limitingStage", run.limiting_stage().map(|stage| stage.kind.name()).into()),
        ("stages", run.stages.iter().map(stage).collect::<Vec<_>>().into()),
        ("rejects", rejects.into()),
        ("quantities", json!({ "added": run.added, "taken": run.taken, "resting": run.resting })),
        ("expected", prediction(config)),
    ];
    for (name, value) in facts {
        report.fact(name, value);
    }
    report.fact("bundleSizes", run.sizes.to_vec());
    report.fact("bookWaitNs", json!({ "measured": run.book_wait.mean(), "md1": expected_wait }));
    report.latency("endToEnd", run.latency);
    report.latency("lateness", run.lateness);
    report.latency("bookWait", run.book_wait);
    report.latency("bundleWait", run.bundle_wait);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_reports_every_promised_key_and_balances() {
        let config = Config { rate: 1e4, duration_ns: 100_000_000, ..Config::default() };
        let json = measure(&config, || false, |_| {}).unwrap().json();
        for key in
            ["generated", "pushed", "dropped", "bundles", "meanBundleSize", "bundlesPerSec", "meanWaitUs", "latencies"]
        {
            assert!(json.contains_key(key), "{key}");
        }
        assert_eq!(json["latencies"]["endToEnd"]["count"], json["out"]);
    }

    #[test]
    fn an_impossible_run_is_refused_with_its_rule() {
        let refused = measure(&Config { rate: 0.0, ..Config::default() }, || false, |_| {});
        assert!(refused.is_err_and(|text| text.contains("rate")));
    }
}
