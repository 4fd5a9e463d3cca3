//! What queueing theory expects, to stand beside what was measured.

/// Expected figures of bundles that close at a size or at the end of a window, for Poisson arrivals.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bundles {
    /// Share of bundles that close by size.
    pub full: f64,
    pub mean_size: f64,
    pub per_second: f64,
    /// Mean time from a transaction's arrival to the flush of its bundle, in microseconds.
    pub mean_wait_us: f64,
}

/// Bundles of up to `size` that wait at most `window_us`, at `rate` arrivals a second.
///
/// A cycle is the mean gap before a first item, plus the open time: the lesser of the window and the time of size - 1 further
/// arrivals. The waits of a cycle's items add up to the integral of the number that wait over the open time.
#[must_use]
pub fn bundles(rate: f64, size: usize, window_us: f64) -> Bundles {
    let (lambda, last) = (rate / 1e6, size.saturating_sub(1));
    let load = lambda * window_us;
    let open = expected_lesser(last, lambda, window_us);
    let cycle = 1.0 / lambda + open;
    let waits: f64 = (0..last).map(|there| (there + 1) as f64 * expected_time_at(there, lambda, window_us)).sum();
    let mean_size = lambda * cycle;
    Bundles { full: 1.0 - below(last, load), mean_size, per_second: 1e6 / cycle, mean_wait_us: waits / mean_size }
}

/// P(a Poisson variate of mean `load` is below `n`).
fn below(n: usize, load: f64) -> f64 {
    let mut term = (-load).exp();
    let mut sum = 0.0;
    for k in 0..n {
        sum += term;
        term *= load / (k + 1) as f64;
    }
    sum.min(1.0)
}

/// Mean time within the window during which exactly `n` arrivals have come: P(more than n arrivals in the window) / rate.
fn expected_time_at(n: usize, lambda: f64, window: f64) -> f64 {
    (1.0 - below(n + 1, lambda * window)) / lambda
}

/// E[min(window, Gamma(n, lambda))]: the time at 0, 1 ... n - 1 arrivals.
fn expected_lesser(n: usize, lambda: f64, window: f64) -> f64 {
    (0..n).map(|k| expected_time_at(k, lambda, window)).sum()
}

/// Mean wait in front of a stage with fixed service time and Poisson arrivals (M/D/1, Pollaczek and Khinchine), in the unit of
/// `service`; nothing when the stage cannot keep up.
#[must_use]
pub fn md1_wait(arrivals_per_unit: f64, service: f64) -> Option<f64> {
    let load = arrivals_per_unit * service;
    (load < 1.0).then(|| load * service / (2.0 * (1.0 - load)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }

    #[test]
    fn bundles_match_the_published_table() {
        for (rate, size, full, mean_size, per_second, mean_wait) in [
            (1e5, 16, 0.0835, 10.8965, 9_177.2, 53.45),
            (1e5, 5, 0.9897, 4.9863, 20_054.8, 19.91),
            (5e4, 16, 0.0002, 5.9999, 8_333.5, 58.32),
            (2e5, 16, 0.8951, 15.7496, 12_698.7, 36.96),
            (1e6, 16, 1.0, 16.0, 62_500.0, 7.50),
        ] {
            let found = bundles(rate, size, 100.0);
            close(found.full, full, 6e-5);
            close(found.mean_size, mean_size, 6e-5);
            close(found.per_second, per_second, 0.06);
            // The published waits lie up to 0.22 % from the exact integral, which a simulation confirms (tests/simulated.rs).
            close(found.mean_wait_us, mean_wait, mean_wait * 2.5e-3);
        }
    }

    #[test]
    fn the_wait_of_a_fixed_service_matches_the_published_figures() {
        for (service, wait) in [(0.5, 0.0132), (1.0, 0.0556), (5.0, 2.5), (9.0, 40.5)] {
            close(md1_wait(0.1, service).unwrap(), wait, 6e-5);
        }
        assert_eq!(md1_wait(0.1, 10.0), None);
    }
}
