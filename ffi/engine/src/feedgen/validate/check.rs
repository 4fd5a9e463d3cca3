//! What a validation found: each number beside the one that theory gives and how far they may differ.

use serde_json::{Value, json};

/// Standard errors that a measurement may be off.
pub const SIGMAS: f64 = 4.0;

/// One number.
#[derive(Clone, PartialEq, Debug)]
pub struct Check {
    pub model: &'static str,
    pub what: String,
    pub measured: f64,
    pub expected: f64,
    pub tolerance: f64,
}

impl Check {
    /// NaN passes nothing.
    pub fn passes(&self) -> bool {
        (self.measured - self.expected).abs() <= self.tolerance
    }

    pub fn json(&self) -> Value {
        json!({
            "model": self.model,
            "what": self.what,
            "measured": self.measured,
            "expected": self.expected,
            "tolerance": self.tolerance,
            "pass": self.passes(),
        })
    }
}

/// The checks of one model, in the order in which they were made.
#[derive(Debug)]
pub struct Checks {
    model: &'static str,
    pub list: Vec<Check>,
}

impl Checks {
    pub const fn of(model: &'static str) -> Self {
        Self { model, list: Vec::new() }
    }

    pub fn add(&mut self, what: impl Into<String>, measured: f64, expected: f64, tolerance: f64) {
        self.list.push(Check { model: self.model, what: what.into(), measured, expected, tolerance });
    }

    /// A probability, from independent trials. `rounding` is how exactly it is known.
    pub fn probability(&mut self, what: impl Into<String>, hits: u64, trials: u64, expected: f64, rounding: f64) {
        let error = (expected * (1.0 - expected) / trials as f64).sqrt();
        self.add(what, hits as f64 / trials as f64, expected, SIGMAS * error + rounding);
    }

    /// A mean of independent values whose variance theory gives.
    pub fn mean(&mut self, what: impl Into<String>, values: Moments, expected: f64, variance: f64, rounding: f64) {
        let error = (variance / values.count).sqrt();
        self.add(what, values.mean(), expected, SIGMAS * error + rounding);
    }
}

/// Count, sum and sum of squares of values.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Moments {
    pub count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    pub fn variance(&self) -> f64 {
        (self.squares - self.sum * self.sum / self.count) / (self.count - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_passes_within_its_tolerance_and_never_without_a_number() {
        let mut checks = Checks::of("zi");
        checks.add("near", 1.02, 1.0, 0.03);
        checks.add("far", 1.04, 1.0, 0.03);
        checks.add("none", f64::NAN, 1.0, f64::INFINITY);
        // One standard error is 0.005.
        checks.probability("four errors", 5_190, 10_000, 0.5, 0.0);
        checks.probability("more", 5_210, 10_000, 0.5, 0.0);
        let passed: Vec<bool> = checks.list.iter().map(Check::passes).collect();
        assert_eq!(passed, [true, false, false, true, false]);
    }

    #[test]
    fn moments_are_those_of_the_values() {
        let mut moments = Moments::default();
        for value in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0] {
            moments.add(value);
        }
        assert_eq!(moments.mean(), 5.0);
        assert!((moments.variance() - 32.0 / 7.0).abs() < 1e-12);
    }
}
