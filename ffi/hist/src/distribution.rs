//! `.hgrm`: the percentile table that HdrHistogram prints and its plotter reads.

use crate::histogram::Histogram;
use core::fmt::{self, Write};

/// Lines for each halving of the distance to 100 %, HdrHistogram's default.
const LINES_PER_HALVING: u32 = 5;

/// Writes the table of `hist`, its values divided by `unit` (1000 shows nanoseconds as microseconds).
///
/// # Errors
/// Those of `out`.
#[allow(clippy::cast_precision_loss)]
pub fn write<B: AsRef<[u64]>>(out: &mut impl Write, hist: &Histogram<B>, unit: f64) -> fmt::Result {
    writeln!(out, "{:>12} {:>14} {:>10} {:>14}\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)")?;
    let total = hist.count();
    let (mut seen, mut level) = (0, 0.0_f64);
    for slot in hist.buckets() {
        seen += slot.count;
        let value = slot.highest as f64 / unit;
        while seen as f64 / total as f64 >= level {
            writeln!(out, "{value:12.3} {level:2.12} {seen:10} {:14.2}", 1.0 / (1.0 - level))?;
            level += step(level);
            if seen == total {
                break;
            }
        }
        if seen == total {
            writeln!(out, "{value:12.3} {:2.12} {seen:10}", 1.0)?;
        }
    }
    let (buckets, slots) = hist.layout().shape();
    writeln!(
        out,
        "#[Mean    = {:12.3}, StdDeviation   = {:12.3}]",
        hist.mean() / unit,
        hist.standard_deviation() / unit
    )?;
    writeln!(out, "#[Max     = {:12.3}, Total count    = {total:12}]", hist.max() as f64 / unit)?;
    writeln!(out, "#[Buckets = {buckets:12}, SubBuckets     = {slots:12}]")
}

/// The distance to the next level: each time the rest up to 1 has halved, so has the step.
fn step(level: f64) -> f64 {
    let (mut rest, mut step) = (1.0 - level, 0.5 / f64::from(LINES_PER_HALVING));
    // The step underflows at last, long after every level of a 64-bit count was shown.
    while rest <= 0.5 && step > f64::EPSILON {
        rest *= 2.0;
        step /= 2.0;
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, OwnedHistogram};

    #[test]
    fn the_table_has_the_form_that_the_plotter_reads() {
        let mut hist = OwnedHistogram::new(Layout::new(3, 1_000_000).unwrap());
        for value in 1..=1_000 {
            hist.record(value * 1_000);
        }
        let mut text = alloc::string::String::new();
        write(&mut text, &hist, 1_000.0).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "       Value     Percentile TotalCount 1/(1-Percentile)");
        assert_eq!(lines[2], "       1.000 0.000000000000          1           1.00");
        assert_eq!(lines[3], "     100.031 0.100000000000        100           1.11");
        assert_eq!(lines[7], "     500.223 0.500000000000        500           2.00");
        let last = lines.iter().position(|l| l.contains(" 1.000000000000 ")).unwrap();
        assert_eq!(lines[last], "    1000.447 1.000000000000       1000");
        assert_eq!(lines[last + 1], "#[Mean    =      500.500, StdDeviation   =      288.676]");
        assert_eq!(lines[last + 2], "#[Max     =     1000.000, Total count    =         1000]");
        assert_eq!(lines[last + 3], "#[Buckets =           10, SubBuckets     =         2048]");
        // Percentiles rise to 1 and counts never fall.
        let column = |line: &str, i: usize| line.split_whitespace().nth(i).unwrap().parse::<f64>().unwrap();
        for pair in lines[2..=last].windows(2) {
            assert!(column(pair[0], 1) < column(pair[1], 1) && column(pair[0], 2) <= column(pair[1], 2));
        }
    }

    #[test]
    fn an_empty_histogram_prints_an_empty_table() {
        let mut text = alloc::string::String::new();
        write(&mut text, &OwnedHistogram::new(Layout::LATENCY), 1.0).unwrap();
        assert_eq!(text.lines().count(), 5);
    }

    #[test]
    fn one_value_counted_many_times_ends_the_table() {
        let mut hist = OwnedHistogram::new(Layout::LATENCY);
        hist.record_many(10, u64::MAX / 2);
        let mut text = alloc::string::String::new();
        write(&mut text, &hist, 1.0).unwrap();
        assert_eq!(text.lines().count(), 7);
    }
}
