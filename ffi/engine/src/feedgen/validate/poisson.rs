//! Poisson arrivals at 100,000 a second: gaps and counts.

use super::check::{Checks, Moments, SIGMAS};
use super::market::Market;
use crate::run::Control;
use hftz_flow::{FlowSettings, Model};

/// Commands a second, all symbols together.
const RATE: f64 = 1e5;
/// What eight symbols send at activity 1.
const NATURAL: f64 = 8.0 * 150.0;
/// Windows in which arrivals are counted, nanoseconds.
const SECOND: u64 = 1_000_000_000;
const SHORT: u64 = 10_000_000;

/// Of the largest gap among the arrivals of a second: its mean is (ln n + Euler's constant) / rate, its deviation Gumbel's.
const LARGEST_GAP_US: f64 = 120.9;
const LARGEST_GAP_DEVIATION_US: f64 = 12.83;

/// Watches `seconds` of model time.
///
/// # Errors
/// When memory is short.
pub fn arrivals(seconds: u64, seed: u64, control: Control<'_>, to: &mut Checks) -> Result<(), String> {
    let activity = RATE / NATURAL;
    let settings = FlowSettings { model: Model::Poisson, symbols: 8, seed, activity, ..FlowSettings::default() };
    let mut market = Market::new(&settings, control)?;
    market.open(&settings);
    let start = settings.start_ns;
    let (mut last, mut gaps, mut below_1us, mut above_100us) = (start, Moments::default(), 0, 0);
    let (mut shorts, mut longs) = (Counts::new(SHORT), Counts::new(SECOND));
    let (mut largest, mut largest_gaps, mut second) = (0, Moments::default(), 0);
    while let Some(time_ns) = market.step() {
        let now = time_ns - start;
        if now >= seconds * SECOND {
            break;
        }
        let gap = time_ns - last;
        last = time_ns;
        gaps.add(gap as f64 / 1e3);
        below_1us += u64::from(gap < 1_000);
        above_100us += u64::from(gap > 100_000);
        shorts.arrival(now);
        longs.arrival(now);
        if now / SECOND > second {
            second = now / SECOND;
            largest_gaps.add(largest as f64 / 1e3);
            largest = 0;
        }
        largest = largest.max(gap);
    }
    let count = gaps.count as u64;
    to.mean("mean gap at 100k/s, us", gaps, 10.0, 100.0, 0.0);
    to.probability("P(gap < 1 us)", below_1us, count, 0.0952, 5e-5);
    to.probability("P(gap > 100 us)", above_100us, count, 4.54e-5, 0.0);
    to.mean(
        "largest gap in 1 s, us",
        largest_gaps,
        LARGEST_GAP_US,
        LARGEST_GAP_DEVIATION_US * LARGEST_GAP_DEVIATION_US,
        0.5,
    );
    let deviation = longs.moments.variance().sqrt();
    // A deviation of n values is met to 1 / sqrt(2 (n - 1)) of itself.
    let error = 316.2 / (2.0 * (longs.moments.count - 1.0)).sqrt();
    to.add("counts in 1 s, standard deviation", deviation, 316.2, SIGMAS * error);
    let fano = shorts.moments.variance() / shorts.moments.mean();
    to.add("Fano factor of counts in 10 ms", fano, 1.0, SIGMAS * (2.0 / shorts.moments.count).sqrt());
    Ok(())
}

/// Arrivals in equal windows, one after the other.
struct Counts {
    window: u64,
    index: u64,
    count: u64,
    moments: Moments,
}

impl Counts {
    fn new(window: u64) -> Self {
        Self { window, index: 0, count: 0, moments: Moments::default() }
    }

    fn arrival(&mut self, now: u64) {
        while now / self.window > self.index {
            self.moments.add(self.count as f64);
            self.count = 0;
            self.index += 1;
        }
        self.count += 1;
    }
}
