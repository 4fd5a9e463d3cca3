//! Latency as the sender feels it.
//!
//! A load generator that waits for a slow server before it sends again asks fewer questions exactly when the answers are bad
//! ("coordinated omission", Gil Tene). Here every request has an intended time on a fixed schedule, and what counts is the time
//! from then to its end, whoever was late. The service time beside it is what the closed loop would have shown.

use hftz_clock::Scale;
use hftz_hist::{Layout, OwnedHistogram};

/// Three histograms of the same requests, in nanoseconds.
#[derive(Clone, Debug)]
pub struct OpenLoop {
    scale: Scale,
    /// From the intended time to the end: the latency.
    pub response: OwnedHistogram,
    /// From the true start to the end.
    pub service: OwnedHistogram,
    /// From the intended time to the true start: how late the generator was.
    pub lateness: OwnedHistogram,
}

impl OpenLoop {
    /// Empty histograms for moments in ticks of `scale`.
    #[must_use]
    pub fn new(scale: Scale) -> Self {
        let empty = || OwnedHistogram::new(Layout::LATENCY);
        Self { scale, response: empty(), service: empty(), lateness: empty() }
    }

    /// Records a request: when it should have started, when it did, when it ended.
    #[inline]
    pub fn record(&mut self, intended: u64, started: u64, ended: u64) {
        self.response.record(self.scale.nanoseconds(elapsed(intended, ended)));
        self.service.record(self.scale.nanoseconds(elapsed(started, ended)));
        self.lateness.record(self.scale.nanoseconds(elapsed(intended, started)));
    }
}

/// Ticks from one moment to a later one; 0 when the counters of two cores disagree on which was first.
#[inline(always)]
pub(crate) const fn elapsed(from: u64, to: u64) -> u64 {
    let ticks = to.wrapping_sub(from);
    if ticks <= u64::MAX / 2 { ticks } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrivals::{Arrivals, Pattern};
    use hftz_clock::{Clock, Deadline, Manual, spin_until};

    /// 1 kHz for 2 s against a server that takes 10 us, with one stall of 1 s just after the start: half of all requests are
    /// intended during the stall and wait for its end, evenly from 1 s down to nothing.
    #[test]
    fn a_stall_is_charged_to_every_request_that_was_meant_to_be_sent_in_it() {
        let clock = Manual::new(0).with_pause(1_000);
        let mut arrivals = Arrivals::new(Pattern::Uniform, 1e3, None, Scale::NANOSECONDS, 0, 0);
        let mut recorder = OpenLoop::new(Scale::NANOSECONDS);
        for i in 0..2_000 {
            spin_until(&clock, Deadline(arrivals.next()));
            let started = clock.ticks();
            clock.advance(if i == 0 { 1_000_000_000 } else { 10_000 });
            recorder.record(arrivals.next(), started, clock.ticks());
            arrivals.advance();
        }
        let ms = |ns: u64| ns as f64 / 1e6;
        let at = |part| ms(recorder.response.percentile(part));
        assert!((recorder.response.mean() / 1e6 - 250.0).abs() < 5.0, "mean {}", recorder.response.mean());
        assert!((at(750_000) - 500.0).abs() < 10.0, "p75 {}", at(750_000));
        assert!((at(990_000) - 980.0).abs() < 10.0, "p99 {}", at(990_000));
        assert!((ms(recorder.response.max()) - 1_000.0).abs() < 1.0);
        // What a closed loop would have reported.
        assert!(ms(recorder.service.percentile(999_000)) < 0.011);
    }

    #[test]
    fn counters_that_disagree_by_a_little_show_no_century() {
        let mut recorder = OpenLoop::new(Scale::NANOSECONDS);
        recorder.record(100, 90, 95);
        assert_eq!((recorder.response.max(), recorder.lateness.max(), recorder.service.max()), (0, 0, 5));
        assert_eq!(elapsed(u64::MAX - 1, 3), 5);
    }
}
