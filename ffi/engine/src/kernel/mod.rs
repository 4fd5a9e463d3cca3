//! `kernel`: the paths of HFT-Zero that need no privilege, timed on this processor (class N).
//!
//! Under an emulator the kernel can count instructions and cannot know nanoseconds. This is its own source, the same
//! allocators, page tables and engine, compiled into this library and run where nanoseconds are real.

use crate::run::{Control, Counter, Job, Outcome, Plan, Status};
use hftz_kernel::native::measure;
use hftz_kernel::report::metric::Metric;
use hftz_velox::host::calibrate;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The counter's rate is known to a few parts in a million after this.
const CALIBRATION: Duration = Duration::from_millis(50);

/// The JSON block of such a run: there is nothing to choose.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KernelConfig {}

/// Validates a configuration without keys.
///
/// # Errors
/// One line that names the key that does not belong there.
pub fn plan(config: Value) -> Result<Plan, String> {
    let KernelConfig {} = serde_json::from_value(config).map_err(|e| e.to_string())?;
    Ok(Plan::Threaded(Box::new(Native)))
}

struct Native;

impl Job for Native {
    /// The result is `{tscHz, metrics: [{name, class, unit, n, min, p50, p99, max}]}`, in nanoseconds.
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        let calibration = match calibrate(CALIBRATION) {
            Ok(calibration) => calibration,
            Err(error) => {
                let text = format!("the time-stamp counter cannot be used: {error}");
                return Outcome::failed(Status::Unavailable, text, Map::new());
            }
        };
        let hz = calibration.scale.hz();
        let mut metrics = Vec::new();
        measure(hz, &mut |metric| {
            metrics.push(to_json(metric));
            control.show(Counter::Messages, metrics.len() as u64);
        });
        let mut result = Map::new();
        result.insert("tscHz".into(), json!(hz));
        result.insert("metrics".into(), Value::Array(metrics));
        Outcome::done(result)
    }
}

fn to_json(metric: &Metric<'_>) -> Value {
    let summary = metric.summary;
    let ns = |picoseconds: u64| picoseconds as f64 / 1_000.0;
    json!({
        "name": metric.name,
        "class": metric.class.letter(),
        "unit": metric.class.unit(),
        "n": summary.n,
        "min": ns(summary.min),
        "p50": ns(summary.p50),
        "p99": ns(summary.p99),
        "max": ns(summary.max),
    })
}
