//! `bench`: the suites of the lab, one after the other so that none disturbs another.
//!
//! The result is `{environment, suites, histograms, timelines}`. `histograms` holds for each latency of each suite its buckets as
//! `[lowest, highest, count]`, `timelines` for some of them rows of `{second, perSec, latency}`: both are for drawing. A stop ends the
//! suite that runs; those that were done are reported.

mod config;
mod files;

use crate::run::{Control, Counter, Job, Outcome, Plan, Status};
use config::BenchConfig;
use files::Files;
use hftz_hist::OwnedHistogram;
use hftz_lab::rounds::Series;
use hftz_lab::{Options, Report, Suite, environment, foreign, stretch, velox};
use hftz_velox::Config;
use hftz_velox::host::allocations;
use hftz_velox::pipeline::{Role, Snapshot};
use serde_json::{Map, Value, json};

/// Buckets of a drawn histogram at most: neighbours are joined until they fit.
const DRAWN: usize = 240;

/// Validates a configuration and opens the files it names.
///
/// # Errors
/// One line that names what is wrong; nothing has run then.
pub fn plan(config: Value) -> Result<Plan, String> {
    let config: BenchConfig = config::read(config)?;
    let suites = config.suites()?;
    let velox = config.velox.as_ref().map(config::VeloxConfig::pipeline).transpose()?;
    let half = config.velox.as_ref().map_or(Ok(None), config::VeloxConfig::half)?;
    if half.is_some() && suites.iter().any(|suite| suite.name != "velox") {
        return Err("half a pipeline runs by itself: hftz bench velox".into());
    }
    let velox = Asked { config: velox.unwrap_or_else(unasked), half };
    Ok(Plan::Threaded(Box::new(Bench { suites, velox, engine: config.engine, hgrm: config.hgrm, hlog: config.hlog })))
}

/// The pipeline beside other suites: as it is, for a few seconds.
fn unasked() -> Config {
    Config { duration_ns: 5_000_000_000, ..Config::default() }
}

/// The pipeline as it was asked for.
struct Asked {
    config: Config,
    half: Option<(Role, String)>,
}

struct Bench {
    suites: Vec<&'static Suite>,
    velox: Asked,
    engine: Option<String>,
    hgrm: Option<String>,
    hlog: Option<String>,
}

/// What has been found so far.
#[derive(Default)]
struct Findings {
    suites: Map<String, Value>,
    histograms: Map<String, Value>,
    timelines: Map<String, Value>,
}

impl Findings {
    fn take(&mut self, name: &str, report: &Report) {
        self.suites.insert(name.to_owned(), Value::Object(report.json()));
        let drawn = report.latencies().map(|(latency, histogram)| (latency.to_owned(), buckets(histogram)));
        self.histograms.insert(name.to_owned(), Value::Object(drawn.collect()));
        self.timelines.insert(name.to_owned(), Value::Object(report.timelines()));
    }

    fn into_result(self) -> Map<String, Value> {
        let mut result = Map::new();
        result.insert("environment".into(), environment::describe());
        result.insert("suites".into(), Value::Object(self.suites));
        result.insert("histograms".into(), Value::Object(self.histograms));
        result.insert("timelines".into(), Value::Object(self.timelines));
        result
    }
}

/// `[lowest, highest, count]` from the lowest up, neighbours joined until there are few enough to draw.
fn buckets(histogram: &OwnedHistogram) -> Value {
    let all: Vec<_> = histogram.buckets().collect();
    let joined = all.chunks(all.len().div_ceil(DRAWN).max(1)).filter_map(|chunk| {
        let (first, last) = (chunk.first()?, chunk.last()?);
        Some(json!([first.lowest, last.highest, chunk.iter().map(|bucket| bucket.count).sum::<u64>()]))
    });
    Value::Array(joined.collect())
}

impl Job for Bench {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        let mut files = match Files::open(self.hgrm.as_deref(), self.hlog.as_deref()) {
            Ok(files) => files,
            Err(text) => return Outcome::failed(Status::Failed, text, Map::new()),
        };
        // A library that is none is found out before anything is measured.
        if let Some(Err(text)) = self.engine.as_deref().map(foreign::check) {
            return Outcome::failed(Status::Failed, text, Map::new());
        }
        control.show(Counter::Goal, self.suites.len() as u64);
        let mut findings = Findings::default();
        let mut failed = None;
        for suite in &self.suites {
            let before = allocations::found();
            let engine = self.engine.as_ref().filter(|_| suite.name == "match");
            let found = match engine {
                Some(path) => foreign::compare(path, &Options::new([], &|| control.stopped())),
                None if suite.name == "velox" => pipeline(&self.velox, control, &mut files),
                None => quick(suite, control),
            };
            match found {
                Ok(mut report) => {
                    report.fact("allocations", allocations::found().zip(before).map(|(now, before)| now - before));
                    files.take(suite.name, &report);
                    findings.take(suite.name, &report);
                }
                Err(_) if control.stopped() => {}
                Err(text) => failed = Some(format!("{}: {text}", suite.name)),
            }
            control.show(Counter::Messages, findings.suites.len() as u64);
            control.tick();
            if control.stopped() || failed.is_some() {
                break;
            }
        }
        let failed = failed.or(files.finish().err());
        match failed {
            // The machine alone is no result.
            Some(text) if findings.suites.is_empty() => Outcome::failed(Status::Failed, text, Map::new()),
            Some(text) => Outcome::failed(Status::Failed, text, findings.into_result()),
            None if control.stopped() => {
                let (done, all) = (findings.suites.len(), self.suites.len());
                let text = format!("interrupted: {done} of {all} suites are shown");
                Outcome::failed(Status::Interrupted, text, findings.into_result())
            }
            None => Outcome::done(findings.into_result()),
        }
    }
}

fn quick(suite: &Suite, control: Control<'_>) -> Result<Report, String> {
    let stopped = || control.stopped();
    let numbers = suite.quick.iter().map(|&(name, number)| (name.to_owned(), number));
    let options = Options::new(numbers, &stopped);
    let report = (suite.run)(&options)?;
    options.finish()?;
    Ok(report)
}

/// The pipeline as it was asked for, watched interval by interval.
fn pipeline(Asked { config, half }: &Asked, control: Control<'_>, files: &mut Files) -> Result<Report, String> {
    // A latency over time, and how much it spreads: the last interval counts for that only when it was a whole one.
    let (mut rows, mut spreads) = (Vec::new(), [(); 3].map(|()| Series::default()));
    let observe = |seen: &Snapshot<'_>| {
        control.show(Counter::Trades, seen.meters.out.get());
        let Some(interval) = seen.interval else { return };
        files.interval(interval.histogram.as_ref(), config.interval_ns);
        let start_ns = rows.len() as u64 * config.interval_ns;
        rows.push(stretch(start_ns, config.interval_ns, &interval.histogram));
        if start_ns + config.interval_ns <= config.duration_ns && interval.histogram.count() > 0 {
            let per_sec = interval.histogram.count() as f64 * 1e9 / config.interval_ns as f64;
            let [p50, p99] = interval.histogram.percentiles_to_max([500_000, 990_000]).map(|ns| ns as f64);
            spreads.iter_mut().zip([per_sec, p50, p99]).for_each(|(series, value)| series.0.push(value));
        }
    };
    let half = half.as_ref().map(|(role, name)| (*role, name.as_str()));
    let mut report = velox::measure(config, half, || control.stopped(), observe)?;
    let figures = [
        ("achieved in each interval", "per second"),
        ("endToEnd, p50 of each interval", "ns"),
        ("endToEnd, p99 of each interval", "ns"),
    ];
    for ((name, unit), series) in figures.into_iter().zip(&spreads).filter(|(_, series)| series.0.len() > 1) {
        report.figure(name, unit, series);
    }
    report.fact("warmUp", "none: every transaction counts");
    report.timeline("endToEnd", rows);
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;

    fn run(config: Value) -> Outcome {
        let mut run = Run::new(plan(config).unwrap());
        run.start().unwrap();
        while !run.page().finished() {
            std::thread::yield_now();
        }
        run.outcome().unwrap()
    }

    #[test]
    fn a_pipeline_run_gives_figures_histograms_and_intervals() {
        let outcome = run(json!({"suites": ["velox"], "velox": {"rate": 5e3, "durationNs": 200_000_000}}));
        assert_eq!(outcome.status, Status::Done);
        let velox = &outcome.result["suites"]["velox"];
        assert_eq!(velox["generated"].as_u64(), velox["out"].as_u64());
        let drawn = outcome.result["histograms"]["velox"]["endToEnd"].as_array().unwrap();
        let counted: u64 = drawn.iter().filter_map(|bucket| bucket[2].as_u64()).sum();
        assert_eq!(Some(counted), velox["latencies"]["endToEnd"]["count"].as_u64());
        assert!(!outcome.result["timelines"]["velox"]["endToEnd"].as_array().unwrap().is_empty());
    }

    #[test]
    fn bad_configurations_are_refused_with_the_rule() {
        let refused = |config: Value| plan(config).err().unwrap_or_default();
        assert!(refused(json!({"suites": ["nope"]})).contains("there is no suite \"nope\""));
        assert!(refused(json!({"suites": ["ring", "ring"]})).contains("twice"));
        assert!(refused(json!({"velox": {"rate": 0.0}})).contains("rate"));
        assert!(refused(json!({"velox": {"rings": [1000]}})).contains("power of two"));
        assert!(refused(json!({"velox": {"rings": [1024, 1024]}})).contains("three"));
        assert!(refused(json!({"velox": {"topology": "heap"}})).contains("topology"));
        let half = |half: Value| refused(json!({"suites": ["velox"], "velox": {"half": half}}));
        assert!(half(json!({"role": "middle", "shm": "a"})).contains("an ingress and a downstream half"));
        assert!(half(json!({"role": "ingress", "shm": "a/b"})).contains("1 to 64"));
        assert!(refused(json!({"velox": {"half": {"role": "ingress", "shm": "a"}}})).contains("by itself"));
    }

    #[test]
    fn a_library_that_is_none_fails_before_anything_runs() {
        let outcome = run(json!({"suites": ["jitter", "match"], "engine": "/nonexistent/engine.so"}));
        assert_eq!((outcome.status, outcome.result.len()), (Status::Failed, 0));
        assert!(outcome.error.unwrap().contains("/nonexistent/engine.so"));
    }

    #[test]
    fn a_file_that_cannot_be_written_fails_before_anything_runs() {
        let outcome = run(json!({"suites": ["jitter"], "hlog": "/nonexistent/run.hlog"}));
        assert_eq!(outcome.status, Status::Failed);
        assert!(outcome.error.unwrap().contains("/nonexistent/run.hlog"));
    }
}
