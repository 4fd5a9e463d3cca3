//! Memory pressure: when free memory falls below a watermark, registered callbacks are asked to give some back. A level
//! is announced once when it is entered, and left only a quarter above its mark: without that gap every allocation at
//! the edge would call everybody.

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Calm,
    /// Give back what is cheap to rebuild.
    Low,
    /// Give back everything not in use.
    Critical,
}

/// The state machine; it calls nobody, so that callers can do it outside their locks.
#[derive(Clone, Copy, Debug)]
pub struct Pressure {
    low: usize,
    critical: usize,
    level: Level,
}

impl Pressure {
    /// Watermarks in free frames; `critical` below `low`.
    #[must_use]
    pub const fn new(low: usize, critical: usize) -> Self {
        Self { low, critical, level: Level::Calm }
    }

    /// Watermarks for a machine: a sixteenth and a sixty-fourth of its frames.
    #[must_use]
    pub const fn of(frames: usize) -> Self {
        Self::new(frames / 16, frames / 64)
    }

    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Says how many frames are free now; gives the level that was entered from below, if one was.
    pub fn observe(&mut self, free: usize) -> Option<Level> {
        let reached = match free {
            _ if free < self.critical => Level::Critical,
            _ if free < self.low => Level::Low,
            _ => Level::Calm,
        };
        if reached > self.level {
            self.level = reached;
            return Some(reached);
        }
        while self.level > reached && free >= self.mark(self.level) + self.mark(self.level) / 4 {
            self.level = if self.level == Level::Critical { Level::Low } else { Level::Calm };
        }
        None
    }

    const fn mark(&self, level: Level) -> usize {
        match level {
            Level::Calm => 0,
            Level::Low => self.low,
            Level::Critical => self.critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_announced_once_on_the_way_down() {
        let mut pressure = Pressure::new(100, 20);
        let heard: Vec<_> = [150, 99, 98, 50, 19, 18, 0].iter().filter_map(|free| pressure.observe(*free)).collect();
        assert_eq!(heard, [Level::Low, Level::Critical]);
    }

    #[test]
    fn a_level_is_left_only_a_quarter_above_its_mark() {
        let mut pressure = Pressure::new(100, 20);
        assert_eq!(pressure.observe(90), Some(Level::Low));
        assert_eq!(pressure.observe(124), None);
        assert_eq!((pressure.level(), pressure.observe(99)), (Level::Low, None));
        pressure.observe(125);
        assert_eq!((pressure.level(), pressure.observe(99)), (Level::Calm, Some(Level::Low)));
    }

    #[test]
    fn a_sudden_fall_announces_the_worst_level_only() {
        let mut pressure = Pressure::new(100, 20);
        assert_eq!(pressure.observe(5), Some(Level::Critical));
        pressure.observe(1_000);
        assert_eq!(pressure.level(), Level::Calm);
    }
}
