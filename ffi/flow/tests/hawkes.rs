//! The Hawkes process against its naive twin, a sum over the whole past, and against its theory.
#![allow(clippy::unwrap_used)]

use hftz_flow::Random;
use hftz_flow::hawkes::{Arrival, Hawkes, Kernel};

/// The definition: every past arrival of every symbol, summed anew for each question.
struct Naive {
    kernel: Kernel,
    past: Vec<(f64, u16)>,
}

impl Naive {
    fn intensity(&self, symbol: u16, now: f64) -> f64 {
        let Kernel { mu, alpha, beta } = self.kernel;
        let of_symbol = self.past.iter().filter(|past| past.1 == symbol);
        mu + of_symbol.map(|past| alpha * (-beta * (now - past.0)).exp()).sum::<f64>()
    }

    /// The intensity of a symbol, integrated from the beginning to `now`.
    fn compensator(&self, symbol: u16, now: f64) -> f64 {
        let Kernel { mu, alpha, beta } = self.kernel;
        let of_symbol = self.past.iter().filter(|past| past.1 == symbol);
        mu * now + of_symbol.map(|past| alpha / beta * (1.0 - (-beta * (now - past.0)).exp())).sum::<f64>()
    }
}

fn kernel(mu: f64, alpha: f64, beta: f64) -> Kernel {
    Kernel { mu, alpha, beta }
}

/// Kernels of every temper, drawn as well as chosen.
fn kernels() -> Vec<Kernel> {
    let mut random = Random::new(77);
    let mut all = vec![Kernel::DEFAULT, kernel(1.0, 0.5, 1.0), kernel(1e-3, 999.0, 1e3), kernel(5.0, 0.0, 2.0)];
    for _ in 0..40 {
        let (mu, beta) = ((random.unit() * 16.0 - 8.0).exp(), (random.unit() * 16.0 - 4.0).exp());
        all.push(kernel(mu, random.unit() * 0.98 * beta, beta));
    }
    all
}

#[test]
fn the_recursion_keeps_every_symbols_intensity_as_the_sum_over_its_past_does() {
    for (seed, kernel) in kernels().into_iter().enumerate() {
        assert_eq!(kernel.check(), Ok(()));
        let symbols = [1, 2, 3, 8][seed % 4];
        let (mut process, mut random) = (Hawkes::new(kernel, symbols), Random::new(seed as u64));
        let (mut naive, mut now) = (Naive { kernel, past: Vec::new() }, 0.0);
        for _ in 0..600 {
            let Arrival { gap, symbol } = process.next(&mut random);
            assert!(gap >= 0.0 && gap.is_finite() && symbol < symbols, "{kernel:?}: {gap} {symbol}");
            now += gap;
            naive.past.push((now, symbol));
            for symbol in 0..symbols {
                let (fast, slow) = (process.intensity(symbol), naive.intensity(symbol, now));
                // Times are known to an ulp, which a fast kernel multiplies by beta.
                let slack = 1e-9 + kernel.beta * now * 1e-14;
                assert!((fast / slow - 1.0).abs() < slack, "{kernel:?}, symbol {symbol}: {fast} and {slow}");
            }
        }
    }
}

/// The 1 % point of sqrt(n) * D, Kolmogorov and Smirnov.
const ONE_PERCENT: f64 = 1.628;

fn distance_from_exponential(mut residuals: Vec<f64>) -> f64 {
    residuals.sort_by(f64::total_cmp);
    let n = residuals.len() as f64;
    let each = residuals.iter().enumerate().map(|(i, x)| {
        let law = 1.0 - (-x).exp();
        (law - i as f64 / n).abs().max(((i + 1) as f64 / n - law).abs())
    });
    each.fold(0.0, f64::max) * n.sqrt()
}

#[test]
fn time_rescaled_by_the_naive_compensator_is_a_poisson_process() {
    // Of each symbol for itself: the definition sees neither the other symbols nor the recursion.
    let calm = kernel(1.0, 0.5, 1.0);
    for (kernel, symbols, points) in [(Kernel::DEFAULT, 1, 10_000), (calm, 1, 3_000), (Kernel::DEFAULT, 3, 6_000)] {
        let (mut process, mut random) = (Hawkes::new(kernel, symbols), Random::new(4));
        let mut naive = Naive { kernel, past: Vec::new() };
        let (mut now, mut last) = (0.0, vec![0.0; usize::from(symbols)]);
        let mut residuals = vec![Vec::new(); usize::from(symbols)];
        for _ in 0..points {
            let Arrival { gap, symbol } = process.next(&mut random);
            now += gap;
            let spent = naive.compensator(symbol, now);
            residuals[usize::from(symbol)].push(spent - last[usize::from(symbol)]);
            last[usize::from(symbol)] = spent;
            naive.past.push((now, symbol));
        }
        for residuals in residuals {
            let distance = distance_from_exponential(residuals);
            assert!(distance < ONE_PERCENT, "{kernel:?}: {distance}");
        }
    }
}

/// Variance over mean of the numbers of arrivals in windows of `tau` seconds, of all symbols for themselves.
fn fano(kernel: Kernel, symbols: u16, tau: f64, windows: usize) -> f64 {
    let (mut process, mut random) = (Hawkes::new(kernel, symbols), Random::new(9));
    let (mut counts, mut now) = (vec![0_u32; usize::from(symbols)], 0.0);
    // What comes first is left out: the process begins without a past.
    let mut end = 20.0 * tau.max(1.0 / (kernel.beta - kernel.alpha));
    let (mut seen, mut sum, mut squares) = (0, 0.0, 0.0);
    counts.fill(0);
    let mut warm = false;
    while seen < windows {
        let Arrival { gap, symbol } = process.next(&mut random);
        now += gap;
        while now >= end {
            if warm {
                seen += counts.len();
                for &count in &counts {
                    sum += f64::from(count);
                    squares += f64::from(count).powi(2);
                }
            }
            warm = true;
            counts.fill(0);
            end += tau;
        }
        counts[usize::from(symbol)] += 1;
    }
    let n = seen as f64;
    let mean = sum / n;
    (squares / n - mean * mean) / mean
}

#[test]
fn counts_have_the_fano_factors_of_the_sheet() {
    let calm = kernel(1.0, 0.5, 1.0);
    let sheet = [
        (Kernel::DEFAULT, 0.01, 3.2477),
        (Kernel::DEFAULT, 0.1, 14.624),
        (Kernel::DEFAULT, 1.0, 23.80),
        (Kernel::DEFAULT, 10.0, 24.88),
        (calm, 0.1, 1.0738),
        (calm, 1.0, 1.6392),
        (calm, 10.0, 3.404),
    ];
    for (kernel, tau, expected) in sheet {
        // A variance is met to sqrt(2 / n) of itself, a clustered one to a few times that where clusters are rare.
        let windows = if tau < 10.0 { 100_000 } else { 10_000 };
        let measured = fano(kernel, 20, tau, windows);
        let slack = 5.0 * (2.0 / windows as f64).sqrt() * if tau < 0.5 { 3.0 } else { 1.5 };
        assert!((measured / expected - 1.0).abs() < slack, "{kernel:?} {tau}: {measured}, not {expected}");
    }
}

#[test]
fn gaps_of_every_length_are_survived() {
    // A fade of a microsecond between arrivals of hours: every past is forgotten.
    let (mut process, mut random) = (Hawkes::new(kernel(1e-5, 9e5, 1e6), 5), Random::new(6));
    for _ in 0..100_000 {
        let Arrival { gap, symbol } = process.next(&mut random);
        assert!(gap.is_finite() && gap >= 0.0 && process.intensity(symbol) >= 9e5);
    }
    // The slowest fade that there is, close to the edge.
    let (mut process, mut random) = (Hawkes::new(kernel(1e-9, 0.999e-9, 1e-9), 2), Random::new(6));
    assert!((0..100_000).all(|_| process.next(&mut random).gap.is_finite()));
}
