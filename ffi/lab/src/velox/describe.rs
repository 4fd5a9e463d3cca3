//! A finished run of the pipeline as facts and latencies, for people and for JSON.

use hftz_velox::host::{Costs, Pages, is_one_session_of_many};
use hftz_velox::pipeline::{Crew, Report as Run, Role, StageReport, Surroundings};
use hftz_velox::stage::Kind;
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
    surroundings(report, &run.surroundings);
    stages(report, &run);
    if run.half != Some(Role::Ingress) {
        bundles(report, config, &run);
        report.latency("endToEnd", run.latency);
    }
    for stage in run.stages {
        report.latency(wait_of(stage.kind), stage.wait);
    }
}

/// What went in and came out, and that nothing was lost on the way.
fn flow(report: &mut Report, run: &Run) {
    let facts: [(&str, Value); 9] = [
        ("generated", run.generated.into()),
        ("pushed", run.pushed.into()),
        ("dropped", run.dropped.into()),
        ("booked", run.booked.into()),
        ("inFlight", run.in_flight().into()),
        ("out", run.out.into()),
        ("offeredPerSec", run.offered.into()),
        ("achievedPerSec", run.per_second(run.out).into()),
        ("elapsedNs", run.surroundings.elapsed_ns.into()),
    ];
    for (name, value) in facts {
        report.fact(name, value);
    }
}

fn surroundings(report: &mut Report, found: &Surroundings) {
    let memory = match found.node {
        Some(node) => format!("{} pages on node {node}", name(found.pages)),
        None => format!("{} pages", name(found.pages)),
    };
    report.fact("plan", found.plan.describe());
    report.fact("unpinned", found.unpinned.clone());
    let priority = match &found.raised {
        Err(reason) => format!("ordinary: {reason}"),
        Ok(()) if is_one_session_of_many() => {
            "raised (nice -20) within this session; other sessions get equal shares (kernel.sched_autogroup_enabled)"
                .into()
        }
        Ok(()) => "raised (nice -20)".into(),
    };
    report.fact("priority", priority);
    report.fact("memory", memory);
    report.fact("stolenShare", found.stolen);
    threads(report, found);
}

/// A row for each thread: what disturbed it, and the processor's own counts where there are any.
fn threads(report: &mut Report, found: &Surroundings) {
    let row = |(crew, costs): (&Crew, &Costs)| {
        let stages: Vec<&str> = crew.stages.iter().map(|kind| kind.name()).collect();
        let hardware = costs.hardware.as_ref().ok();
        json!({ "thread": stages.join(" + "), "preempted": costs.preempted, "slept": costs.slept,
            "pageFaults": costs.page_faults, "cycles": hardware.map(|found| found.cycles),
            "instructions": hardware.map(|found| found.instructions),
            "cacheMisses": hardware.map(|found| found.cache_misses),
            "branchMisses": hardware.map(|found| found.branch_misses) })
    };
    let hidden = found.costs.iter().find_map(|costs| costs.hardware.as_ref().err());
    let counters = hidden.map_or_else(|| "counted".to_owned(), |reason| format!("none here: {reason}"));
    report.fact("hardwareCounters", counters);
    report.fact("threads", found.plan.crews.iter().zip(&found.costs).map(row).collect::<Vec<_>>());
}

const fn name(pages: Pages) -> &'static str {
    match pages {
        Pages::Huge => "huge",
        Pages::Transparent => "transparent huge",
        Pages::Ordinary => "ordinary",
    }
}

/// What the latency of a stage is called.
const fn wait_of(stage: Kind) -> &'static str {
    match stage {
        Kind::Ingress => "lateness",
        Kind::Book => "bookWait",
        Kind::Bundle => "bundleWait",
        Kind::Output => "outputWait",
    }
}

/// A row for each stage: what it spends on a transaction, and how long that waited for it.
fn stages(report: &mut Report, run: &Run) {
    let row = |stage: &StageReport| {
        let wait = stage.wait.summary();
        json!({ "stage": stage.kind.name(), "handled": stage.handled, "serviceNs": stage.service_ns(),
            "blocked": stage.blocked, "waitP50Ns": wait.p50, "waitP99Ns": wait.p99, "waitP999Ns": wait.p999,
            "waitP9999Ns": wait.p9999 })
    };
    report.fact("stages", run.stages.iter().map(row).collect::<Vec<_>>());
    report.fact("saturated", run.is_saturated());
    report.fact("limitingStage", run.limiting_stage().map(|stage| stage.kind.name()));
}

fn bundles(report: &mut Report, config: &Config, run: &Run) {
    let causes = ["outsideWindow", "empty", "overflow", "contended", "invalid"].into_iter().zip(run.rejects);
    let rejects: Map<String, Value> = causes.map(|(cause, count)| (cause.to_owned(), count.into())).collect();
    let book_wait = run.stage(Kind::Book).map(|stage| stage.wait.mean());
    report.fact("bundles", run.bundles);
    report.fact("meanBundleSize", run.mean_bundle_size());
    report.fact("bundlesPerSec", run.per_second(run.bundles));
    report.fact("meanWaitUs", run.mean_wait_us());
    report.fact("bundleSizes", run.sizes.to_vec());
    report.fact("rejects", rejects);
    report.fact("quantities", json!({ "added": run.added, "taken": run.taken, "resting": run.resting }));
    // The theory is about one rate: it says nothing about bursts.
    let steady = config.burst.is_none().then(|| prediction(&Config { rate: run.offered, ..config.clone() }));
    report.fact("expected", steady);
    report.fact("queueWait", json!({ "measuredNs": book_wait, "md1Ns": run.expected_book_wait_ns() }));
}
