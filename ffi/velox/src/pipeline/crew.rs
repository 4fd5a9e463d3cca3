//! The loop of one thread: its stages in turn, until all have finished.

use crate::config::Idle;
use crate::host::allocations;
use crate::stage::{Meters, Progress, Stage, StageResult};
use hftz_clock::{Clock, Deadline, sleep_until};

/// A stage that may move to another thread.
pub type BoxedStage = Box<dyn Stage + Send>;

/// What the operating system may oversleep, in nanoseconds. A processor that was idle takes tens of microseconds to come back, a
/// virtual one more; a thread that spins the last 200 us is on time, and above 10,000 transactions a second hardly ever sleeps.
const SLACK_NS: u64 = 200_000;

/// Longest sleep, so that a request to stop is seen soon.
const NAP_NS: u64 = 1_000_000;

/// Steps all stages until each has finished. `ticks_of` converts nanoseconds.
pub fn work(
    mut stages: Vec<BoxedStage>,
    idle: Idle,
    clock: &impl Clock,
    ticks_of: impl Fn(u64) -> u64,
    meters: &Meters,
) -> Vec<StageResult> {
    let (slack, nap) = (ticks_of(SLACK_NS), ticks_of(NAP_NS));
    allocations::counted(|| rounds(&mut stages, idle, clock, (slack, nap), meters));
    stages.into_iter().map(Stage::finish).collect()
}

fn rounds(stages: &mut [BoxedStage], idle: Idle, clock: &impl Clock, (slack, nap): (u64, u64), meters: &Meters) {
    let mut before = clock.ticks();
    loop {
        let (mut worked, mut finished) = (false, true);
        for stage in &mut *stages {
            let progress = stage.step();
            finished &= progress == Progress::Finished;
            if let Progress::Worked(_) = progress {
                let now = clock.ticks();
                meters.busy[stage.kind() as usize].add(now.wrapping_sub(before));
                before = now;
                worked = true;
            }
        }
        if finished {
            return;
        }
        if !worked {
            rest(stages, idle, clock, slack, nap);
            before = clock.ticks();
        }
    }
}

fn rest(stages: &[BoxedStage], idle: Idle, clock: &impl Clock, slack: u64, nap: u64) {
    match idle {
        Idle::Auto | Idle::Spin => clock.pause(),
        Idle::Yield => std::thread::yield_now(),
        Idle::Sleep => {
            let now = clock.ticks();
            let next = stages.iter().filter_map(|stage| stage.wake()).map(|at| Deadline(at).remaining(now)).min();
            sleep_until(clock, Deadline::after(now, next.unwrap_or(0).min(nap)), slack);
        }
    }
}
