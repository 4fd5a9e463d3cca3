//! How an exchange fares: what its live line, Prometheus and its result say beside the engine's own numbers.

use super::desk::Desk;
use crate::run::{Control, Counter};
use hftz_hist::{Histogram, Layout, OwnedHistogram};
use serde_json::{Map, Value, json};
use std::time::Instant;

/// How often the figures that cost something are shown.
const SHOW_EVERY_NS: u64 = 100_000_000;

/// Latencies and depths of one run.
pub struct Vitals {
    started: Instant,
    /// From arrival to report, nanoseconds.
    latency: OwnedHistogram,
    /// Commands that may wait at once, and the most that did.
    slots: usize,
    deepest: usize,
    shown_ns: u64,
}

impl Vitals {
    #[must_use]
    pub fn new(started: Instant, slots: usize) -> Self {
        Self { started, latency: Histogram::new(Layout::LATENCY), slots, deepest: 0, shown_ns: 0 }
    }

    /// Nanoseconds of the run.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        nanoseconds(self.started)
    }

    /// So many commands wait now.
    pub fn note_depth(&mut self, waiting: usize) {
        self.deepest = self.deepest.max(waiting);
    }

    /// `count` commands that arrived together have been answered.
    pub fn record(&mut self, arrival_ns: u64, now_ns: u64, count: u64) {
        self.latency.record_many(now_ns.saturating_sub(arrival_ns), count);
    }

    /// [`Self::show`] when it is time.
    pub fn show_now_and_then(&mut self, now_ns: u64, control: Control<'_>, desk: &Desk, waiting: usize) {
        if now_ns - self.shown_ns >= SHOW_EVERY_NS {
            self.shown_ns = now_ns;
            self.show(control, desk, waiting);
        }
    }

    /// Shows every figure to whoever watches.
    pub fn show(&self, control: Control<'_>, desk: &Desk, waiting: usize) {
        control.show(Counter::Messages, desk.commands());
        control.show(Counter::Trades, desk.engine().trades());
        control.show(Counter::LiveOrders, u64::from(desk.engine().live_orders()));
        control.show(Counter::RingDepth, waiting as u64);
        let [p50, p99, p999] = self.latency.percentiles_to_max([500_000, 990_000, 999_000]);
        control.show(Counter::LatencyP50Ns, p50);
        control.show(Counter::LatencyP99Ns, p99);
        control.show(Counter::LatencyP999Ns, p999);
        control.tick();
    }

    /// The result block of a run that is over, as far as the desk and these know it.
    #[must_use]
    pub fn figures(&self, control: Control<'_>, desk: &Desk) -> Map<String, Value> {
        self.show(control, desk, 0);
        let mut figures = desk.figures(control.tick());
        figures.insert("latencyNs".into(), latency_json(&self.latency));
        figures.insert("ringDepth".into(), json!({"most": self.deepest, "slots": self.slots}));
        figures
    }
}

/// Nanoseconds since `started`.
#[must_use]
pub fn nanoseconds(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn latency_json(latency: &OwnedHistogram) -> Value {
    if latency.count() == 0 {
        return Value::Null;
    }
    let found = latency.summary();
    json!({"p50": found.p50, "p90": found.p90, "p99": found.p99, "p999": found.p999, "p9999": found.p9999, "max": found.max})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_percentile_of_a_result_is_above_its_maximum() {
        let mut latency = OwnedHistogram::new(Layout::LATENCY);
        assert_eq!(latency_json(&latency), Value::Null);
        // Not the last value of its slot.
        latency.record(1_000_001);
        let values: Vec<_> = latency_json(&latency).as_object().unwrap().values().map(Value::as_u64).collect();
        assert_eq!(values, [Some(1_000_001); 6]);
    }
}
