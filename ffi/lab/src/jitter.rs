//! Gaps that a spinning thread sees: whatever takes the processor away, from an interrupt to another process.
//!
//! The thread does nothing but read the counter; a reading that comes late is a gap. Short gaps are the loop itself, so the
//! histogram shows every gap and a count tells those of more than a microsecond.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use hftz_clock::ticks;
use hftz_hist::{Layout, OwnedHistogram};
use hftz_velox::host::{allocations, allowed_cpus, calibrate, pin};

use crate::options::Options;
use crate::report::Report;

/// Gaps from here on are somebody else's doing.
const DISTURBED_NS: u64 = 1_000;
/// Parts of the span, for a course over time.
const SLICES: usize = 10;
/// Readings between two looks at the stop flag.
const STRETCH: u64 = 1 << 16;

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let span_ns = options.number("milliseconds", 10_000).saturating_mul(1_000_000);
    let scale = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale;
    let cpu = allowed_cpus().last().copied();
    let stop = AtomicBool::new(false);
    let spin = || {
        let pinned = cpu.is_some_and(|cpu| pin(cpu).is_ok());
        let mut gaps: Vec<_> = (0..SLICES).map(|_| OwnedHistogram::new(Layout::LATENCY)).collect();
        let (mut disturbances, mut lost) = (0_u64, 0_u64);
        let start = ticks();
        let (until, mut before) = (scale.ticks(span_ns), start);
        allocations::counted(|| {
            while before.wrapping_sub(start) < until && !stop.load(Relaxed) {
                let done = u128::from(before.wrapping_sub(start)) * SLICES as u128 / u128::from(until.max(1));
                let Some(slice) = gaps.get_mut(usize::try_from(done).unwrap_or(SLICES)) else { break };
                for _ in 0..STRETCH {
                    let now = ticks();
                    let gap = scale.nanoseconds(now.saturating_sub(before));
                    slice.record(gap);
                    let disturbed = gap >= DISTURBED_NS;
                    disturbances += u64::from(disturbed);
                    lost += if disturbed { gap } else { 0 };
                    before = now;
                }
            }
        });
        (gaps, disturbances, lost, scale.nanoseconds(before.saturating_sub(start)), pinned)
    };
    // On a thread of its own, so that the pin ends with the suite.
    let found = std::thread::scope(|threads| {
        let spinning = threads.spawn(spin);
        while !spinning.is_finished() {
            stop.store(options.stopped(), Relaxed);
            std::thread::sleep(Duration::from_millis(50));
        }
        spinning.join()
    });
    let (gaps, disturbances, lost, elapsed, pinned) = found.map_err(|_| "the spinning thread failed".to_owned())?;
    options.go_on()?;
    let mut report = Report::default();
    report.fact("cpu", cpu.filter(|_| pinned));
    report.fact("elapsedNs", elapsed);
    report.fact("gapsOverMicrosecond", disturbances);
    report.fact("shareLost", lost as f64 / elapsed.max(1) as f64);
    report.fact("worstNs", gaps.iter().map(OwnedHistogram::max).max());
    report.fact("warmUp", "none: every gap counts");
    report.latency_over_time("gaps", span_ns / SLICES as u64, &gaps);
    Ok(report)
}
