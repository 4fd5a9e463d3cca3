//! What a suite found: figures with their spread, facts, the machine; as text or as one JSON object.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::rounds::{Series, Spread};

/// The result of one suite.
pub struct Report {
    suite: &'static str,
    machine: String,
    facts: Map<String, Value>,
    figures: Vec<Figure>,
}

struct Figure {
    name: String,
    unit: &'static str,
    rounds: usize,
    spread: Spread,
}

impl Report {
    pub fn new(suite: &'static str) -> Self {
        Self { suite, machine: machine(), facts: Map::new(), figures: Vec::new() }
    }

    /// A single value: a parameter, a count, a hash.
    pub fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(name.to_owned(), value.into());
    }

    /// A measured series.
    pub fn figure(&mut self, name: impl Into<String>, unit: &'static str, series: &Series) {
        self.figures.push(Figure { name: name.into(), unit, rounds: series.0.len(), spread: series.spread() });
    }

    /// The report as one JSON object.
    pub fn json(&self) -> Value {
        let figures = self.figures.iter().map(|figure| {
            let Spread { median, min, max } = figure.spread;
            json!({ "name": figure.name, "unit": figure.unit, "median": median, "min": min, "max": max,
                "rounds": figure.rounds })
        });
        let figures: Vec<Value> = figures.collect();
        json!({ "suite": self.suite, "machine": self.machine, "facts": self.facts, "figures": figures })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} on {}", self.suite, self.machine)?;
        for (name, value) in &self.facts {
            writeln!(out, "  {name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))?;
        }
        writeln!(out, "  {:44} {:>10} {:>10} {:>10}", "", "median", "min", "max")?;
        for Figure { name, unit, spread: Spread { median, min, max }, .. } in &self.figures {
            writeln!(out, "  {name:44} {median:10.2} {min:10.2} {max:10.2}  {unit}")?;
        }
        Ok(())
    }
}

/// Processor, cores, kernel.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let release = read("/proc/sys/kernel/osrelease");
    format!("{}, {cores} cores, Linux {}", model.map_or("unknown processor", |(_, name)| name), release.trim())
}
