//! Stages that stop at random, to prove that nothing is lost when they do.

use crate::stage::{Kind, Progress, Stage, StageResult};
use hftz_clock::{Clock, Deadline, Scale};
use hftz_flow::{Random, exponential};

/// How often and how long stages stall.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Chaos {
    pub seed: u64,
    /// Stalls of each stage a second, on average.
    pub per_second: f64,
    /// Stalls last from nothing to this, evenly.
    pub longest_ns: u64,
}

/// A stage that does nothing while it stalls. Its thread goes on, so that fused stages stall one by one.
pub struct Stalling<S, C> {
    stage: S,
    clock: C,
    random: Random,
    mean_gap: f64,
    longest: u64,
    next: u64,
    until: Option<Deadline>,
}

impl<S: Stage, C: Clock> Stalling<S, C> {
    /// Wraps `stage`; stages of one seed stall at different times.
    #[allow(clippy::cast_precision_loss)]
    pub fn new(stage: S, chaos: Chaos, clock: C, scale: Scale) -> Self {
        let mut stalling = Self {
            random: Random::new(chaos.seed ^ (stage.kind() as u64) << 32),
            mean_gap: scale.hz() as f64 / chaos.per_second,
            longest: scale.ticks(chaos.longest_ns),
            next: 0,
            until: None,
            stage,
            clock,
        };
        stalling.draw();
        stalling
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn draw(&mut self) {
        self.next = self.clock.ticks().wrapping_add((exponential(&mut self.random) * self.mean_gap) as u64);
    }
}

impl<S: Stage, C: Clock> Stage for Stalling<S, C> {
    fn kind(&self) -> Kind {
        self.stage.kind()
    }

    fn step(&mut self) -> Progress {
        let now = self.clock.ticks();
        if let Some(until) = self.until {
            if !until.passed(now) {
                return Progress::Idle;
            }
            self.until = None;
            self.draw();
        } else if Deadline(self.next).passed(now) {
            let share = u128::from(self.random.bits()) * u128::from(self.longest);
            self.until = Some(Deadline::after(now, (share >> 64) as u64));
            return Progress::Idle;
        }
        self.stage.step()
    }

    fn wake(&self) -> Option<u64> {
        self.until.map_or_else(|| self.stage.wake(), |until| Some(until.0))
    }

    fn finish(self: Box<Self>) -> StageResult {
        Box::new(self.stage).finish()
    }
}
