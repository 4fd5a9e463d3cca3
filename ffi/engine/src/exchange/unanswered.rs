//! When commands arrived whose reports have not been let out yet.

use super::vitals::Vitals;
use std::collections::VecDeque;

/// Oldest first. Commands of one read arrived at one time: they are kept, and recorded, together.
#[derive(Default)]
pub struct Unanswered {
    /// When, nanoseconds of the run, and how many.
    arrivals: VecDeque<(u64, u64)>,
    /// Commands that are not here any more, from the start of the run.
    answered: u64,
}

impl Unanswered {
    /// So many commands came.
    #[inline]
    pub fn arrive(&mut self, arrival_ns: u64, count: u64) {
        match self.arrivals.back_mut() {
            Some((last_ns, more)) if *last_ns == arrival_ns => *more += count,
            _ => self.arrivals.push_back((arrival_ns, count)),
        }
    }

    /// Records how long those of the first `released` commands of the run waited that were here until now.
    pub fn answer(&mut self, released: u64, now_ns: u64, vitals: &mut Vitals) {
        let mut more = released - self.answered;
        self.answered += more;
        while more > 0 {
            let Some((arrival_ns, count)) = self.arrivals.front_mut() else { return };
            let some = more.min(*count);
            vitals.record(*arrival_ns, now_ns, some);
            *count -= some;
            more -= some;
            if *count == 0 {
                self.arrivals.pop_front();
            }
        }
    }
}
