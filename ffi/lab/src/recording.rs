//! What recording a latency costs. Values follow a heavy tail around 10 us, drawn before the clock starts.

use std::hint::black_box;

use hftz_hist::OwnedHistogram;

use crate::rounds::nanoseconds_each;

/// Nanoseconds of thread time that the loop over so many of `values` takes on its own: to be taken off.
#[must_use]
pub fn empty_loop(values: &[u64], records: u64) -> f64 {
    each(values, records, |value| {
        black_box(value);
    })
}

/// Nanoseconds of thread time for each of so many of `values`, the loop included.
///
/// Never part of its caller: in a large function the loop would spill what it needs.
#[inline(never)]
pub fn each(values: &[u64], records: u64, mut record: impl FnMut(u64)) -> f64 {
    nanoseconds_each(records, || {
        values.iter().copied().cycle().take(records as usize).for_each(|value| record(black_box(value)));
    })
}

/// As [`each`], into our histogram.
pub fn ours(values: &[u64], records: u64, histogram: &mut OwnedHistogram) -> f64 {
    each(values, records, |value| histogram.record(value))
}

/// 10 us / (1 - u), u uniform: Pareto with exponent 1, by a linear congruential generator (Knuth's MMIX constants).
#[must_use]
pub fn latencies(count: usize) -> Vec<u64> {
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        10_000 * 65_536 / (1 + (state >> 48))
    };
    (0..count).map(|_| draw()).collect()
}

/// How many different values there are to record.
pub const VALUES: usize = 1 << 16;
