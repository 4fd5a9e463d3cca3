//! What a suite found: facts, figures with their spread, latencies; as text or as one JSON object.

use std::fmt;

use hftz_hist::{Layout, OwnedHistogram};
use serde_json::{Map, Value, json};

use crate::rounds::{Series, Spread};

/// Percentiles that get a spread, in millionths.
const SPREAD: [(&str, u32); 2] = [("p50", 500_000), ("p99", 990_000)];

/// The result of one suite.
#[derive(Clone, Debug, Default)]
pub struct Report {
    facts: Map<String, Value>,
    figures: Vec<Figure>,
    latencies: Vec<(String, OwnedHistogram)>,
    timelines: Vec<(String, Vec<Value>)>,
}

#[derive(Clone, Debug)]
struct Figure {
    name: String,
    unit: &'static str,
    samples: Vec<f64>,
    spread: Spread,
}

/// `{unit: "ns", count, min, p50, p90, p99, p999, p9999, max, mean}`; min, max, mean and count are exact.
#[must_use]
pub fn latency(histogram: &OwnedHistogram) -> Value {
    let found = histogram.summary();
    json!({ "unit": "ns", "count": found.count, "min": found.min, "p50": found.p50, "p90": found.p90, "p99": found.p99,
        "p999": found.p999, "p9999": found.p9999, "max": found.max, "mean": found.mean })
}

/// What came in a stretch of time: `{second, perSec, latency}`, the second in which it began.
#[must_use]
pub fn stretch(start_ns: u64, length_ns: u64, histogram: &OwnedHistogram) -> Value {
    let per_sec = histogram.count() as f64 * 1e9 / length_ns.max(1) as f64;
    json!({ "second": start_ns as f64 / 1e9, "perSec": per_sec, "latency": latency(histogram) })
}

impl Report {
    /// A single value: a parameter, a count, a hash, a table.
    pub fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(name.to_owned(), value.into());
    }

    /// A measured series.
    pub fn figure(&mut self, name: impl Into<String>, unit: &'static str, series: &Series) {
        self.figures.push(Figure { name: name.into(), unit, samples: series.0.clone(), spread: series.spread() });
    }

    /// A histogram in nanoseconds.
    pub fn latency(&mut self, name: impl Into<String>, histogram: OwnedHistogram) {
        self.latencies.push((name.into(), histogram));
    }

    /// A histogram in nanoseconds that was measured in rounds: together they are the latency, one by one they give its median and
    /// its p99 a spread.
    pub fn latency_in_rounds(&mut self, name: &str, rounds: &[OwnedHistogram]) {
        self.parts(name, rounds, "round");
    }

    /// The same, in slices of time one after the other: the latency over time too.
    pub fn latency_over_time(&mut self, name: &str, slice_ns: u64, slices: &[OwnedHistogram]) {
        let rows = (0..).zip(slices).map(|(number, slice)| stretch(number * slice_ns, slice_ns, slice));
        self.timeline(name, rows.collect());
        self.parts(name, slices, "slice");
    }

    /// Rows of [`stretch`]: a latency over time that is recorded elsewhere.
    pub fn timeline(&mut self, name: &str, rows: Vec<Value>) {
        self.timelines.push((name.to_owned(), rows));
    }

    fn parts(&mut self, name: &str, parts: &[OwnedHistogram], what: &str) {
        let mut whole = OwnedHistogram::new(Layout::LATENCY);
        let filled: Vec<_> = parts.iter().filter(|part| part.count() > 0 && whole.merge(part).is_ok()).collect();
        for (label, millionths) in SPREAD {
            let series = Series(filled.iter().map(|part| part.percentiles_to_max([millionths])[0] as f64).collect());
            if series.0.len() > 1 {
                self.figure(format!("{name}, {label} of each {what}"), "ns", &series);
            }
        }
        self.latency(name, whole);
    }

    /// Latencies over time, by name: rows of [`stretch`].
    #[must_use]
    pub fn timelines(&self) -> Map<String, Value> {
        self.timelines.iter().map(|(name, rows)| (name.clone(), Value::Array(rows.clone()))).collect()
    }

    /// The histograms, by name.
    pub fn latencies(&self) -> impl Iterator<Item = (&str, &OwnedHistogram)> {
        self.latencies.iter().map(|(name, histogram)| (name.as_str(), histogram))
    }

    /// Facts as keys of their own, then `figures` by name (`{unit, median, min, max, rounds, samples}`), then `latencies` by name.
    #[must_use]
    pub fn json(&self) -> Map<String, Value> {
        let mut all = self.facts.clone();
        if !self.figures.is_empty() {
            let figures =
                self.figures.iter().map(|Figure { name, unit, samples, spread: Spread { median, min, max } }| {
                    let figure = json!({ "unit": unit, "median": median, "min": min, "max": max, "rounds": samples.len(),
                        "samples": samples });
                    (name.clone(), figure)
                });
            all.insert("figures".to_owned(), Value::Object(figures.collect()));
        }
        if !self.latencies.is_empty() {
            let latencies = self.latencies().map(|(name, histogram)| (name.to_owned(), latency(histogram)));
            all.insert("latencies".to_owned(), Value::Object(latencies.collect()));
        }
        all
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.facts {
            writeln!(out, "  {name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))?;
        }
        writeln!(out, "  {:44} {:>10} {:>10} {:>10}", "", "median", "min", "max")?;
        for Figure { name, unit, spread: Spread { median, min, max }, .. } in &self.figures {
            writeln!(out, "  {name:44} {median:10.2} {min:10.2} {max:10.2}  {unit}")?;
        }
        for (name, histogram) in self.latencies() {
            let s = histogram.summary();
            let [p50, p99, p9999, max] = [s.p50, s.p99, s.p9999, s.max].map(|ns| ns as f64 / 1e3);
            writeln!(out, "  {name:44} p50 {p50:.2} p99 {p99:.2} p99.99 {p9999:.2} max {max:.2} us of {}", s.count)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_has_the_promised_keys_in_order() {
        let mut histogram = OwnedHistogram::new(Layout::LATENCY);
        histogram.record_many(1_000, 3);
        let mut report = Report::default();
        report.fact("generated", 3);
        report.figure("cost", "ns", &Series(vec![1.0, 3.0, 2.0]));
        report.latency("endToEnd", histogram);
        assert_eq!(
            Value::Object(report.json()).to_string(),
            r#"{"generated":3,"figures":{"cost":{"unit":"ns","median":2.0,"min":1.0,"max":3.0,"rounds":3,"samples":[1.0,3.0,2.0]}},"latencies":{"endToEnd":{"unit":"ns","count":3,"min":1000,"p50":1000,"p90":1000,"p99":1000,"p999":1000,"p9999":1000,"max":1000,"mean":1000.0}}}"#
        );
    }

    #[test]
    fn parts_of_a_latency_add_up_and_give_its_percentiles_a_spread() {
        let part = |value| {
            let mut histogram = OwnedHistogram::new(Layout::LATENCY);
            histogram.record_many(value, 10);
            histogram
        };
        let mut report = Report::default();
        report.latency_over_time("response", 500_000_000, &[part(10), part(1_000_001), part(20)]);
        let json = report.json();
        assert_eq!(json["latencies"]["response"]["count"], 30);
        assert_eq!(json["figures"]["response, p99 of each slice"]["samples"], json!([10.0, 1_000_001.0, 20.0]));
        let rows = &report.timelines()["response"];
        assert_eq!((rows[1]["second"].as_f64(), rows[1]["perSec"].as_f64()), (Some(0.5), Some(20.0)));
        assert_eq!(rows[2]["latency"]["max"], 20);
    }
}
