//! What a run of the lab is asked to do.

use hftz_lab::{SUITES, Suite};
use hftz_velox::chaos::Chaos;
use hftz_velox::pipeline::{Role, check_name};
use hftz_velox::{Burst, Config, Idle, Topology};
use serde::Deserialize;
use serde_json::Value;

/// The JSON block of a bench run; what is absent has the default of the suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BenchConfig {
    /// Suites to run, in this order; none means all.
    #[serde(default)]
    suites: Vec<String>,
    /// Settings of the Velox suite; with any of them it runs at its own duration.
    pub velox: Option<VeloxConfig>,
    /// A library with the public benchmark's C ABI: the match suite then compares it with ours.
    pub engine: Option<String>,
    /// Where the percentile tables (`.hgrm`) go.
    pub hgrm: Option<String>,
    /// Where the histogram log (`.hlog`) goes.
    pub hlog: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VeloxConfig {
    rate: Option<f64>,
    duration_ns: Option<u64>,
    max_bundle: Option<usize>,
    window_ns: Option<u64>,
    rings: Option<Vec<usize>>,
    topology: Option<String>,
    idle: Option<String>,
    #[serde(default)]
    cpus: Vec<usize>,
    burst: Option<BurstConfig>,
    chaos: Option<u64>,
    seed: Option<u64>,
    half: Option<HalfConfig>,
}

/// One half of the pipeline, joined to the other by shared memory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HalfConfig {
    /// `ingress` or `downstream`.
    role: String,
    /// Name of the shared memory.
    shm: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct BurstConfig {
    factor: u32,
    length_ns: u64,
    every_ns: u64,
}

/// Stalls a second and the longest of them, in chaos mode.
const CHAOS: (f64, u64) = (20.0, 20_000_000);
/// How long the pipeline runs when nobody says.
const DURATION_NS: u64 = 10_000_000_000;

/// A second; of a soak so much longer that there are at most this many rows to keep, log and draw.
fn interval_ns(duration_ns: u64) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    const ROWS: u64 = 3_600;
    (duration_ns.div_ceil(ROWS).div_ceil(SECOND) * SECOND).clamp(SECOND, 3_600 * SECOND)
}

impl BenchConfig {
    /// The suites, by name.
    ///
    /// # Errors
    /// The name of which there is no suite, or that comes twice.
    pub fn suites(&self) -> Result<Vec<&'static Suite>, String> {
        let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        if self.suites.is_empty() {
            return Ok(SUITES.iter().collect());
        }
        let mut found: Vec<&'static Suite> = Vec::new();
        for name in &self.suites {
            let suite = hftz_lab::suite(name)
                .ok_or_else(|| format!("there is no suite \"{name}\"; there are {}", names.join(", ")))?;
            if found.iter().any(|other| other.name == suite.name) {
                return Err(format!("the suite \"{name}\" is named twice"));
            }
            found.push(suite);
        }
        Ok(found)
    }
}

impl VeloxConfig {
    /// The pipeline's own terms, checked.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn pipeline(&self) -> Result<Config, String> {
        let base = Config::default();
        let rings = match self.rings.as_deref() {
            None => base.rings,
            Some([one]) => [*one; 3],
            Some([a, b, c]) => [*a, *b, *c],
            Some(_) => return Err("ring sizes are one for all three, or three".into()),
        };
        let config = Config {
            rate: self.rate.unwrap_or(base.rate),
            duration_ns: self.duration_ns.unwrap_or(DURATION_NS),
            bundle_size: self.max_bundle.unwrap_or(base.bundle_size),
            window_ns: self.window_ns.unwrap_or(base.window_ns),
            rings,
            topology: topology(self.topology.as_deref())?,
            idle: idle(self.idle.as_deref())?,
            cpus: self.cpus.clone(),
            burst: self.burst.map(|BurstConfig { factor, length_ns, every_ns }| Burst { factor, length_ns, every_ns }),
            interval_ns: interval_ns(self.duration_ns.unwrap_or(DURATION_NS)),
            chaos: self.chaos.map(|seed| Chaos { seed, per_second: CHAOS.0, longest_ns: CHAOS.1 }),
            seed: self.seed.unwrap_or(base.seed),
            ..base
        };
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }

    /// Which half runs, and the name of the shared memory; nothing for the whole.
    ///
    /// # Errors
    /// A half or a name that cannot be.
    pub fn half(&self) -> Result<Option<(Role, String)>, String> {
        let Some(HalfConfig { role, shm }) = &self.half else { return Ok(None) };
        let role = [Role::Ingress, Role::Downstream].into_iter().find(|known| known.name() == role);
        let role = role.ok_or("a pipeline has an ingress and a downstream half")?;
        check_name(shm).map_err(|error| format!("--shm \"{shm}\": {error}"))?;
        Ok(Some((role, shm.clone())))
    }
}

fn topology(name: Option<&str>) -> Result<Topology, String> {
    match name {
        None | Some("auto") => Ok(Topology::Auto),
        Some("spread") => Ok(Topology::Spread),
        Some("split") => Ok(Topology::Split),
        Some("fused") => Ok(Topology::Fused),
        Some(other) => Err(format!("there is no topology \"{other}\"; there are auto, spread, split, fused")),
    }
}

fn idle(name: Option<&str>) -> Result<Idle, String> {
    match name {
        None | Some("auto") => Ok(Idle::Auto),
        Some("spin") => Ok(Idle::Spin),
        Some("yield") => Ok(Idle::Yield),
        Some("sleep") => Ok(Idle::Sleep),
        Some(other) => Err(format!("idle threads do not \"{other}\"; they auto, spin, yield or sleep")),
    }
}

/// # Errors
/// The key and the rule.
pub fn read(config: Value) -> Result<BenchConfig, String> {
    serde_json::from_value(config).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soak_of_any_length_keeps_a_bounded_number_of_intervals() {
        let (second, hour) = (1_000_000_000, 3_600_000_000_000);
        assert_eq!([1, hour, 2 * hour, 24 * hour].map(interval_ns), [second, second, 2 * second, 24 * second]);
        assert_eq!(720 * hour / interval_ns(720 * hour), 3_600);
    }
}
