//! Hawkes arrivals: their rate, how they bunch on every scale, and whether their compensator turns them into a Poisson process.

use super::check::{Checks, Moments, SIGMAS};
use super::market::Market;
use crate::run::Control;
use hftz_flow::hawkes::Kernel;
use hftz_flow::{FlowSettings, Model};

/// Symbols, each a process of its own: what one shows is independent of what another does.
const SYMBOLS: u16 = 100;
/// Arrivals of a run at most, and relaxation times that it spends before it counts.
const MOST: f64 = 3e6;
const WARM: f64 = 20.0;
/// Windows of the largest kind a symbol must have.
const WINDOWS: f64 = 10.0;
/// Residuals that are compared with the exponential law.
const RESIDUALS: usize = 10_000;
/// The 1 % point of sqrt(n) times the distance of Kolmogorov and Smirnov.
const ONE_PERCENT: f64 = 1.628;

/// How long a flow runs before its past at the start, which was none, is forgotten; seconds.
fn warm_up(kernel: &Kernel) -> f64 {
    WARM / (kernel.beta - kernel.alpha)
}

/// # Errors
/// When the flow takes longer to settle than a validation runs.
pub fn settles(kernel: &Kernel) -> Result<(), String> {
    let arrivals = warm_up(kernel) * kernel.rate() * f64::from(SYMBOLS);
    if arrivals <= MOST {
        return Ok(());
    }
    Err(format!(
        "a flow with alpha / beta = {} settles so slowly that {arrivals:.1e} arrivals would pass before the first counts: \
         validate with alpha further below beta",
        kernel.branching()
    ))
}

/// What is counted of one symbol.
#[derive(Clone, Default)]
struct Seen {
    /// Excitation just after the last arrival, and when that was, seconds.
    excitation: f64,
    last: f64,
    arrivals: u64,
    counts: Vec<Count>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    window: u64,
    arrivals: u64,
    /// Of squared deviations from the mean that theory gives.
    squares: Moments,
}

/// Watches one kernel; `scales` are the windows of the Fano factor, seconds. `effort` multiplies the length of the run.
///
/// # Errors
/// When memory is short.
pub fn arrivals(
    kernel: Kernel,
    scales: &[f64],
    effort: f64,
    seed: u64,
    control: Control<'_>,
    to: &mut Checks,
) -> Result<(), String> {
    let settings = FlowSettings { model: Model::Hawkes(kernel), symbols: SYMBOLS, seed, ..FlowSettings::default() };
    let mut market = Market::new(&settings, control)?;
    market.open(&settings);
    let all_rate = kernel.rate() * f64::from(SYMBOLS);
    let largest = scales.iter().copied().fold(0.0, f64::max);
    let warm = warm_up(&kernel);
    let wanted = largest * WINDOWS * 2.0 * effort;
    let length = wanted.min(MOST * effort / all_rate);
    let scales: Vec<f64> = scales.iter().copied().filter(|scale| length / scale >= WINDOWS).collect();
    let mut seen = vec![Seen { counts: vec![Count::default(); scales.len()], ..Seen::default() }; SYMBOLS.into()];
    let mut residuals = Vec::with_capacity(RESIDUALS);
    let (mut arrivals, mut ended) = (0_u64, 0.0);
    while let Some(time_ns) = market.step() {
        let now = (time_ns - settings.start_ns) as f64 / 1e9;
        let Some(symbol) = seen.get_mut(usize::from(market.command.symbol) - 1) else { continue };
        let residual = symbol.compensate(&kernel, now);
        if now < warm {
            continue;
        }
        if now >= warm + length {
            ended = length;
            break;
        }
        if residuals.len() < RESIDUALS {
            residuals.push(residual);
        }
        symbol.arrivals += 1;
        arrivals += 1;
        for (count, &scale) in symbol.counts.iter_mut().zip(&scales) {
            count.arrival(now - warm, scale, kernel.rate() * scale);
        }
    }
    if ended == 0.0 {
        return Ok(());
    }
    let name = format!("mu {}, alpha {}, beta {}:", kernel.mu, kernel.alpha, kernel.beta);
    let mean = kernel.rate() * ended * f64::from(SYMBOLS);
    // In the long run a count varies by the Fano factor 1 / (1 - n)^2.
    let error = (mean / (1.0 - kernel.branching()).powi(2)).sqrt() / mean * kernel.rate();
    to.add(
        format!("{name} arrivals a second and symbol"),
        arrivals as f64 / ended / f64::from(SYMBOLS),
        kernel.rate(),
        SIGMAS * error,
    );
    for (index, &scale) in scales.iter().enumerate() {
        let mut fanos = Moments::default();
        for symbol in &mut seen {
            let count = &mut symbol.counts[index];
            count.close((ended / scale) as u64, kernel.rate() * scale);
            fanos.add(count.squares.mean() / (kernel.rate() * scale));
        }
        // Symbols are independent: their spread says how well the mean of them is known.
        let error = (fanos.variance() / fanos.count).sqrt();
        to.add(format!("{name} Fano factor in {scale} s"), fanos.mean(), kernel.fano(scale), SIGMAS * error);
    }
    let distance = distance_from_exponential(&mut residuals);
    let what = format!("{name} compensator increments, sqrt(n) * KS distance from Exp(1), p > .01");
    to.add(what, distance, 0.0, ONE_PERCENT);
    Ok(())
}

impl Seen {
    /// The intensity of this symbol integrated since its last arrival, which `now` is the next of.
    fn compensate(&mut self, kernel: &Kernel, now: f64) -> f64 {
        let gap = now - self.last;
        let faded = self.excitation * (-kernel.beta * gap).exp();
        let residual = kernel.mu * gap + (self.excitation - faded) / kernel.beta;
        self.excitation = faded + kernel.alpha;
        self.last = now;
        residual
    }
}

impl Count {
    fn arrival(&mut self, at: f64, scale: f64, mean: f64) {
        self.close((at / scale) as u64, mean);
        self.arrivals += 1;
    }

    /// All windows before this one are complete.
    fn close(&mut self, window: u64, mean: f64) {
        while self.window < window {
            let off = self.arrivals as f64 - mean;
            self.squares.add(off * off);
            self.arrivals = 0;
            self.window += 1;
        }
    }
}

fn distance_from_exponential(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let each = values.iter().enumerate().map(|(index, value)| {
        let law = 1.0 - (-value).exp();
        (law - index as f64 / n).abs().max(((index + 1) as f64 / n - law).abs())
    });
    each.fold(0.0, f64::max) * n.sqrt()
}
