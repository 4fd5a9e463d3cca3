//! A finished run of the pipeline as facts and latencies, for people and for JSON.

use hftz_velox::pipeline::{Report as Run, Role, StageReport};
use hftz_velox::{Config, theory};
use serde_json::{Map, Value, json};

use crate::report::Report;

/// What theory expects of Poisson arrivals.
#[must_use]
pub fn prediction(config: &Config) -> Value {
    let expected = theory::bundles(config.rate, config.bundle_size, config.window_ns as f64 / 1e3);
    json!({ "meanBundleSize": expected.mean_size, "bundlesPerSec": expected.per_second, "meanWaitUs": expected.mean_wait_us,
        "shareFull": expected.full })
}

/// Everything that `run` tells.
pub fn describe(report: &mut Report, config: &Config, run: Run) {
    if let Some(half) = run.half {
        report.fact("half", half.name());
    }
    flow(report, &run);
    if run.half == Some(Role::Ingress) {
        report.latency("lateness", run.lateness);
        return;
    }
    bundles(report, config, &run);
    report.fact("quantities", json!({ "added": run.added, "taken": run.taken, "resting": run.resting }));
    let expected_wait = run.expected_book_wait_ns();
    report.fact("bookWaitNs", json!({ "measured": run.book_wait.mean(), "md1": expected_wait }));
    report.latency("endToEnd", run.latency);
    if run.half.is_none() {
        report.latency("lateness", run.lateness);
    }
    report.latency("bookWait", run.book_wait);
    report.latency("bundleWait", run.bundle_wait);
}

/// What went in and came out, and how the stages ran.
fn flow(report: &mut Report, run: &Run) {
    let stage = |stage: &StageReport| json!({ "stage": stage.kind.name(), "handled": stage.handled, "serviceNs": stage.service_ns(), "blocked": stage.blocked });
    let facts: [(&str, Value); 13] = [
        ("generated", run.generated.into()),
        ("pushed", run.pushed.into()),
        ("dropped", run.dropped.into()),
        ("booked", run.booked.into()),
        ("out", run.out.into()),
        ("offeredPerSec", run.offered.into()),
        ("achievedPerSec", run.per_second(run.out).into()),
        ("elapsedNs", run.elapsed_ns.into()),
        ("plan", run.plan.describe().into()),
        ("unpinned", run.unpinned.clone().into()),
        ("pages", format!("{:?}", run.pages).to_lowercase().into()),
        ("limitingStage", run.limiting_stage().map(|stage| stage.kind.name()).into()),
        ("stages", run.stages.iter().map(stage).collect::<Vec<_>>().into()),
    ];
    for (name, value) in facts {
        report.fact(name, value);
    }
}

fn bundles(report: &mut Report, config: &Config, run: &Run) {
    let causes = ["outsideWindow", "empty", "overflow", "contended", "invalid"].into_iter().zip(run.rejects);
    let rejects: Map<String, Value> = causes.map(|(cause, count)| (cause.to_owned(), count.into())).collect();
    report.fact("bundles", run.bundles);
    report.fact("meanBundleSize", run.mean_bundle_size());
    report.fact("bundlesPerSec", run.per_second(run.bundles));
    report.fact("meanWaitUs", run.mean_wait_us());
    report.fact("bundleSizes", run.sizes.to_vec());
    report.fact("rejects", rejects);
    report.fact("expected", prediction(&Config { rate: run.offered, ..config.clone() }));
}
