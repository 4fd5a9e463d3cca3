//! `hftz feedgen --validate`: the flows through the matching engine, and every number that theory gives beside what came out.
//!
//! A number passes within four standard errors of the estimate, plus what its own rounding may hide. A fault in a model, the
//! dice, the engine or the loop between them shows here as a number that is off; luck does in a few reports of a hundred.

mod book;
mod check;
mod hawkes;
mod market;
mod poisson;
mod races;

use super::config::ModelName;
use crate::run::{Control, Counter, Job, Outcome, Plan, Status};
use check::{Check, Checks};
use hftz_flow::Model;
use hftz_flow::hawkes::Kernel;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What is to be validated.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    /// All three when empty.
    #[serde(default)]
    models: Vec<ModelName>,
    #[serde(default = "one", deserialize_with = "super::config::number_or_text")]
    seed: u64,
    mu: Option<f64>,
    alpha: Option<f64>,
    beta: Option<f64>,
    /// Multiplies the length of every series; 50 runs each race 200,000 times.
    #[serde(default = "unit")]
    effort: u32,
}

const fn one() -> u64 {
    1
}

const fn unit() -> u32 {
    1
}

/// Runs of a race, seconds of Poisson arrivals, looks at a book and commands, each times the effort.
const RUNS: u64 = 4_000;
const SECONDS: u64 = 20;
const LOOKS: u64 = 20;
const COMMANDS: u64 = 300_000;
/// The kernels of the sheet with their windows, seconds.
const SHEET: [(Kernel, &[f64]); 2] = [
    (Kernel { mu: 10.0, alpha: 80.0, beta: 100.0 }, &[0.01, 0.1, 1.0, 10.0]),
    (Kernel { mu: 1.0, alpha: 0.5, beta: 1.0 }, &[0.1, 1.0, 10.0]),
];

/// # Errors
/// One line that names the key and the rule.
pub fn plan(asked: Value, rest: &Value) -> Result<Plan, String> {
    if let Some(key) = rest.as_object().and_then(|keys| keys.keys().next()) {
        return Err(format!("{key} does not go with validate"));
    }
    let mut request: Request = serde_json::from_value(asked).map_err(|e| e.to_string())?;
    if request.models.is_empty() {
        request.models = vec![ModelName::Zi, ModelName::Poisson, ModelName::Hawkes];
    }
    if request.effort == 0 {
        return Err("the effort must be above 0".into());
    }
    if let Some(kernel) = request.kernel() {
        if !request.models.contains(&ModelName::Hawkes) {
            return Err("--mu, --alpha and --beta go with --model hawkes".into());
        }
        kernel.check()?;
        hawkes::settles(&kernel)?;
    }
    Ok(Plan::Threaded(Box::new(request)))
}

impl Request {
    /// The kernel that was asked for, if one was.
    fn kernel(&self) -> Option<Kernel> {
        let default = Kernel::DEFAULT;
        self.mu.or(self.alpha).or(self.beta).map(|_| Kernel {
            mu: self.mu.unwrap_or(default.mu),
            alpha: self.alpha.unwrap_or(default.alpha),
            beta: self.beta.unwrap_or(default.beta),
        })
    }

    fn check(&self, model: ModelName, control: Control<'_>) -> Result<Vec<Check>, String> {
        let (seed, effort) = (self.seed, u64::from(self.effort));
        let mut checks = Checks::of(model.text());
        let flow = match model {
            ModelName::Zi => {
                races::zero_intelligence(false, RUNS * effort, seed, control, &mut checks)?;
                races::zero_intelligence(true, RUNS * effort, seed, control, &mut checks)?;
                races::balanced(RUNS * effort, seed, control, &mut checks)?;
                book::occupancy(LOOKS * effort, seed, control, &mut checks)?;
                Model::Zero
            }
            ModelName::Poisson => {
                poisson::arrivals(SECONDS * effort, seed, control, &mut checks)?;
                Model::Poisson
            }
            ModelName::Hawkes => {
                let own = self.kernel();
                for (kernel, scales) in SHEET.iter().filter(|_| own.is_none()) {
                    hawkes::arrivals(*kernel, scales, f64::from(self.effort), seed, control, &mut checks)?;
                }
                if let Some(kernel) = own {
                    let relaxation = 1.0 / (kernel.beta - kernel.alpha);
                    let scales = [0.1, 1.0, 10.0].map(|times| relaxation * times);
                    hawkes::arrivals(kernel, &scales, f64::from(self.effort), seed, control, &mut checks)?;
                }
                Model::Hawkes(own.unwrap_or(Kernel::DEFAULT))
            }
        };
        book::orders(flow, COMMANDS * effort, seed, control, &mut checks)?;
        Ok(checks.list)
    }
}

/// What real markets have and a model is known not to.
fn misses(model: ModelName) -> Value {
    let signs = "signs of orders have no long memory (real: autocorrelation falls as lag^-0.6)";
    let daily = "no daily pattern of activity";
    match model {
        ModelName::Zi => json!([signs, "activity and volatility do not cluster", daily]),
        ModelName::Poisson => {
            json!([signs, "activity and volatility do not cluster", daily, "prices follow no theory"])
        }
        ModelName::Hawkes => json!([signs, "what came before says nothing of the kind of the next order", daily]),
    }
}

impl Job for Request {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        let (mut all, mut missed) = (Vec::new(), Map::new());
        control.show(Counter::Goal, self.models.len() as u64);
        for (&model, done) in self.models.iter().zip(1..) {
            match self.check(model, control) {
                Ok(checks) => all.extend(checks),
                Err(error) => return Outcome::failed(Status::Failed, error, Map::new()),
            }
            if control.stopped() {
                return Outcome::failed(
                    Status::Interrupted,
                    "interrupted: nothing is said of half a series",
                    Map::new(),
                );
            }
            missed.insert(model.text().into(), misses(model));
            control.show(Counter::Messages, done);
        }
        let failed = all.iter().filter(|check| !check.passes()).count();
        let mut result = Map::new();
        result.insert("seed".into(), super::report::exact(self.seed));
        result.insert("checks".into(), all.iter().map(Check::json).collect());
        result.insert("passed".into(), json!(all.len() - failed));
        result.insert("failed".into(), json!(failed));
        result.insert("misses".into(), Value::Object(missed));
        result.insert("elapsedNs".into(), json!(control.tick()));
        if failed == 0 {
            return Outcome::done(result);
        }
        let text = format!("{failed} of {} numbers are outside their tolerance", all.len());
        Outcome::failed(Status::CheckFailed, text, result)
    }
}
