//! An open loop in slices of its span: each slice has histograms of its own, so that a latency has a spread and a course over time.

use hftz_clock::Scale;
use hftz_hist::OwnedHistogram;
use hftz_velox::OpenLoop;

use crate::report::Report;

/// So many slices: enough for a spread and a curve, few enough to fit a cache each.
const COUNT: u64 = 10;

/// The slices, all allocated before anything is measured.
pub struct Slices {
    length_ns: u64,
    slices: Vec<OpenLoop>,
}

impl Slices {
    /// Empty slices of a run of `span_ns`.
    #[must_use]
    pub fn new(scale: Scale, span_ns: u64) -> Self {
        let slices = (0..COUNT).map(|_| OpenLoop::new(scale)).collect();
        Self { length_ns: (span_ns / COUNT).max(1), slices }
    }

    /// The slice in which a request was intended, `offset_ns` after the start.
    #[inline]
    pub fn at(&mut self, offset_ns: u64) -> &mut OpenLoop {
        let last = self.slices.len() - 1;
        &mut self.slices[usize::try_from(offset_ns / self.length_ns).map_or(last, |index| index.min(last))]
    }

    /// The latency from the intended time as `name`, beside it `service` and `lateness`.
    pub fn report(self, report: &mut Report, name: &str) {
        type Column = fn(&OpenLoop) -> &OwnedHistogram;
        let columns: [(&str, Column); 3] =
            [(name, |one| &one.response), ("service", |one| &one.service), ("lateness", |one| &one.lateness)];
        for (name, column) in columns {
            let slices: Vec<_> = self.slices.iter().map(|slice| column(slice).clone()).collect();
            report.latency_over_time(name, self.length_ns, &slices);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_fall_into_the_slice_of_their_intended_time_and_none_is_lost() {
        let mut slices = Slices::new(Scale::NANOSECONDS, 1_000);
        for offset in [0, 99, 100, 999, 1_000, 5_000] {
            slices.at(offset).record(offset, offset, offset + 7);
        }
        let counts: Vec<u64> = slices.slices.iter().map(|slice| slice.response.count()).collect();
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 3]);
        let mut report = Report::default();
        slices.report(&mut report, "roundTrip");
        let json = report.json();
        assert_eq!(
            (&json["latencies"]["roundTrip"]["count"], &json["latencies"]["lateness"]["max"]),
            (&6.into(), &0.into())
        );
    }
}
