//! The counter's rate by the system's clock.

use hftz_clock::{Bracket, Calibration, ClockError, ticks_fenced};
use std::time::Duration;

/// Readings at either end of the span: among so many, some are not interrupted.
const READINGS: usize = 64;

/// Calibrates the processor's counter against `CLOCK_MONOTONIC_RAW`, which no time daemon slews. Takes `span`: 50 ms tell the
/// rate to about one part in a million.
///
/// The error that comes with it is that of the two clocks against each other; on a machine whose system clock is the same
/// counter, nothing here can tell how far both are from true time.
///
/// # Errors
/// [`ClockError`] when a clock stands still or ticks at a rate that no counter has.
pub fn calibrate(span: Duration) -> Result<Calibration, ClockError> {
    let mut brackets: Vec<Bracket> = (0..READINGS).map(|_| read()).collect();
    std::thread::sleep(span);
    brackets.extend((0..READINGS).map(|_| read()));
    Calibration::fit(&brackets)
}

fn read() -> Bracket {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let before = ticks_fenced();
    // SAFETY: `time` is a valid place for the answer; Linux has this clock since 2.6.28.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_RAW, &raw mut time) };
    let after = ticks_fenced();
    Bracket { before, reference_ns: time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs(), after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn the_counter_agrees_with_the_clock_of_the_standard_library() {
        let found = calibrate(Duration::from_millis(30)).unwrap();
        assert!(found.error_ppb < 100_000, "{} ppb", found.error_ppb);
        let (start, ticks) = (Instant::now(), ticks_fenced());
        std::thread::sleep(Duration::from_millis(30));
        let measured = found.scale.nanoseconds(ticks_fenced() - ticks) as f64;
        let elapsed = start.elapsed().as_nanos() as f64;
        // The two readings at either end may be apart by as long as another thread has the core.
        assert!((measured / elapsed - 1.0).abs() < 0.2, "{measured} {elapsed}");
    }
}
