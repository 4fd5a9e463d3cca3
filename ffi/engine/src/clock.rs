//! The rate of the processor's counter, measured once a process.
//!
//! Calibration takes 50 ms, so the first run that needs it pays and all later ones share the answer.

use hftz_clock::{Calibration, ClockError};
use hftz_velox::host::calibrate;
use std::sync::OnceLock;
use std::time::Duration;

/// The counter against `CLOCK_MONOTONIC_RAW`, with the bound of its error.
///
/// # Errors
/// [`ClockError`] when this machine's counter cannot be used.
pub fn calibration() -> Result<Calibration, ClockError> {
    static ONCE: OnceLock<Result<Calibration, ClockError>> = OnceLock::new();
    *ONCE.get_or_init(|| calibrate(Duration::from_millis(50)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_measured_once() {
        let first = calibration().unwrap();
        assert_eq!(calibration(), Ok(first));
        assert!(first.scale.hz() > 1_000_000);
    }
}
