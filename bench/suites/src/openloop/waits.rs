//! How long threads of this process stood ready without a processor: what others, and the machine, took from them.

use std::fs;

/// Names of the exchange's two threads.
const EXCHANGE: [&str; 2] = ["hftz-run", "hftz-ingest"];

/// Milliseconds that the exchange's threads have waited for a processor until now; nothing where the system does not count it.
pub fn exchange_ms() -> Option<f64> {
    let tasks = fs::read_dir("/proc/self/task").ok()?.flatten().map(|task| task.path());
    let of_exchange = tasks.filter(|task| {
        fs::read_to_string(task.join("comm")).is_ok_and(|name| EXCHANGE.iter().any(|known| name.trim_end() == *known))
    });
    // "time on a processor, time in the queue for one, turns", in nanoseconds (Documentation/scheduler/sched-stats).
    let waited = of_exchange.map(|task| {
        let counts = fs::read_to_string(task.join("schedstat")).ok()?;
        counts.split_ascii_whitespace().nth(1)?.parse::<f64>().ok()
    });
    waited.sum::<Option<f64>>().map(|nanoseconds| nanoseconds / 1e6)
}
