//! From one JSON block to a validated plan: the only place that knows all kinds of runs.

use crate::run::Plan;
use serde_json::Value;

/// Kinds of runs, in the order the command line lists them.
pub const KINDS: &[&str] = &["feedgen", "match", "replay", "demo", "journal", "kernel", "bench"];

/// Validates `config`, a JSON object whose `run` names the kind and whose other keys are that kind's own.
///
/// # Errors
/// One line that names the key and the rule; nothing has been opened or started then.
pub fn plan(config: &[u8]) -> Result<Plan, String> {
    let mut value: Value = serde_json::from_slice(config).map_err(|e| format!("the configuration is not JSON: {e}"))?;
    let Some(fields) = value.as_object_mut() else { return Err("the configuration must be a JSON object".into()) };
    let kind = fields.shift_remove("run");
    match kind.as_ref().and_then(Value::as_str) {
        Some("bench") => crate::bench::plan(value),
        Some("demo") => crate::demo::plan(value),
        Some("feedgen") => crate::feedgen::plan(value),
        Some("journal") => crate::exchange::history_plan(value),
        Some("kernel") => crate::kernel::plan(value),
        Some("match") => crate::exchange::plan(value),
        Some("replay") => crate::replay::plan(value),
        Some(other) => Err(format!("there is no run called \"{other}\"; there are {}", KINDS.join(", "))),
        None => Err(format!("\"run\" must name one of {}", KINDS.join(", "))),
    }
}
