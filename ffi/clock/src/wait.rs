//! Deadlines, and two ways to wait for one.

use crate::counter::ticks;

/// Something that counts, and lets time pass.
pub trait Clock {
    /// The counter now, in ticks; wraps at 2^64.
    fn ticks(&self) -> u64;

    /// One turn of a spin loop: a few nanoseconds, the core kept.
    fn pause(&self);

    /// About `ticks` of time, the core given away where the clock knows how. May return early or late.
    fn doze(&self, ticks: u64);
}

/// The processor's counter. It knows no operating system, so it dozes by pausing.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tsc;

impl Clock for Tsc {
    #[inline(always)]
    fn ticks(&self) -> u64 {
        ticks()
    }

    #[inline(always)]
    fn pause(&self) {
        core::hint::spin_loop();
    }

    fn doze(&self, ticks: u64) {
        spin_until(self, Deadline::after(self.ticks(), ticks));
    }
}

impl<C: Clock> Clock for &C {
    #[inline(always)]
    fn ticks(&self) -> u64 {
        (**self).ticks()
    }

    #[inline(always)]
    fn pause(&self) {
        (**self).pause();
    }

    fn doze(&self, ticks: u64) {
        (**self).doze(ticks);
    }
}

/// A moment on a counter that may wrap; right for spans up to half of its circle (a century and more).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadline(pub u64);

impl Deadline {
    #[inline(always)]
    #[must_use]
    pub const fn after(now: u64, ticks: u64) -> Self {
        Self(now.wrapping_add(ticks))
    }

    /// Whether the moment has come.
    #[inline(always)]
    #[must_use]
    pub const fn passed(self, now: u64) -> bool {
        now.wrapping_sub(self.0) <= u64::MAX / 2
    }

    /// Ticks until the moment, 0 when it has passed.
    #[inline(always)]
    #[must_use]
    pub const fn remaining(self, now: u64) -> u64 {
        if self.passed(now) { 0 } else { self.0.wrapping_sub(now) }
    }
}

/// Spins until the deadline; returns how late the wait ended, in ticks.
#[inline]
pub fn spin_until(clock: &impl Clock, deadline: Deadline) -> u64 {
    loop {
        let now = clock.ticks();
        if deadline.passed(now) {
            return now.wrapping_sub(deadline.0);
        }
        clock.pause();
    }
}

/// Gives the core away until `slack` ticks before the deadline, then spins; returns how late the wait ended, in ticks.
///
/// `slack` is what the operating system may oversleep: 60 us keep nearly every wake-up on time on an idle Linux host.
pub fn sleep_until(clock: &impl Clock, deadline: Deadline, slack: u64) -> u64 {
    loop {
        let remaining = deadline.remaining(clock.ticks());
        if remaining <= slack {
            return spin_until(clock, deadline);
        }
        clock.doze(remaining - slack);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Manual;

    #[test]
    fn a_deadline_is_right_across_the_wrap() {
        let deadline = Deadline::after(u64::MAX - 5, 10);
        assert_eq!(deadline, Deadline(4));
        assert!(!deadline.passed(u64::MAX) && !deadline.passed(3));
        assert!(deadline.passed(4) && deadline.passed(1_000));
        assert_eq!((deadline.remaining(u64::MAX), deadline.remaining(4)), (5, 0));
    }

    #[test]
    fn a_spin_ends_at_its_deadline_and_tells_how_late() {
        let clock = Manual::new(100).with_pause(7);
        assert_eq!(spin_until(&clock, Deadline(200)), 5);
        assert_eq!(clock.ticks(), 205);
        assert_eq!(spin_until(&clock, Deadline(150)), 55);
    }

    #[test]
    fn a_sleeper_gives_the_core_away_and_spins_the_last_stretch() {
        let clock = Manual::new(0).with_pause(1).with_oversleep(30);
        assert_eq!(sleep_until(&clock, Deadline(1_000), 50), 0);
        assert_eq!((clock.ticks(), clock.dozes(), clock.pauses()), (1_000, 1, 20));
    }

    #[test]
    fn a_sleeper_that_overslept_says_so() {
        let clock = Manual::new(0).with_pause(1).with_oversleep(80);
        assert_eq!(sleep_until(&clock, Deadline(1_000), 50), 30);
    }

    #[test]
    fn the_processor_clock_passes_its_deadlines() {
        let start = Tsc.ticks();
        Tsc.doze(10_000);
        assert!(Tsc.ticks().wrapping_sub(start) >= 10_000);
    }
}
