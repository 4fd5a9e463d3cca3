//! The Velox pipeline at a rate: drops, bundles, waits, latency from the intended time, beside what theory expects.

mod describe;

use describe::describe;
pub use describe::prediction;
use std::time::Duration;

use hftz_velox::Config;
use hftz_velox::host::calibrate;
use hftz_velox::pipeline::{self, PipelineError, Report as Run, Role, Snapshot};

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
        runs.push(execute(&config, None, || options.stopped(), |_| {})?);
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

/// Half a pipeline and the name of the shared memory that joins it to the other.
pub type Half<'a> = (Role, &'a str);

/// One run of `config`, or of a half of it, in full. `observe` sees it while it goes; a stop ends it in order and what was done is reported.
///
/// # Errors
/// A configuration or a machine that cannot run it, or a balance that does not hold at the end.
pub fn measure(
    config: &Config,
    half: Option<Half<'_>>,
    stopped: impl Fn() -> bool,
    observe: impl FnMut(&Snapshot<'_>),
) -> Result<Report, String> {
    let mut report = Report::default();
    describe(&mut report, config, execute(config, half, stopped, observe)?);
    Ok(report)
}

fn execute(
    config: &Config,
    half: Option<Half<'_>>,
    stopped: impl Fn() -> bool,
    observe: impl FnMut(&Snapshot<'_>),
) -> Result<Run, String> {
    let scale = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale;
    let told = |error: PipelineError| error.to_string();
    let run = match half {
        None => pipeline::run(config, scale, stopped, observe),
        Some((Role::Ingress, name)) => pipeline::run_ingress(config, scale, name, stopped, observe),
        Some((Role::Downstream, name)) => pipeline::run_downstream(config, scale, name, stopped, observe),
    };
    let run = run.map_err(told)?;
    run.check().map_err(|broken| format!("something was lost: {}", broken.0))?;
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_reports_every_promised_key_and_balances() {
        let config = Config { rate: 1e4, duration_ns: 100_000_000, ..Config::default() };
        let json = measure(&config, None, || false, |_| {}).unwrap().json();
        for key in
            ["generated", "pushed", "dropped", "bundles", "meanBundleSize", "bundlesPerSec", "meanWaitUs", "latencies"]
        {
            assert!(json.contains_key(key), "{key}");
        }
        assert_eq!(json["latencies"]["endToEnd"]["count"], json["out"]);
    }

    #[test]
    fn an_impossible_run_is_refused_with_its_rule() {
        let refused = measure(&Config { rate: 0.0, ..Config::default() }, None, || false, |_| {});
        assert!(refused.is_err_and(|text| text.contains("rate")));
    }
}
