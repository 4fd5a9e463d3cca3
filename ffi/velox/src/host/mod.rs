//! What the pipeline takes from the operating system: processors, memory, sleep, and a clock to calibrate against.

pub mod allocations;
mod calibrate;
mod costs;
mod cpus;
mod memory;
mod nodes;
mod shared;
mod stolen;

pub use calibrate::calibrate;
pub use costs::{Costs, Hardware, Meter};
pub use cpus::{allowed_cpus, give_way, is_one_session_of_many, pin, raise_priority, sharpen_timers};
pub use memory::{Pages, Region};
pub use nodes::Placement;
pub use shared::{SharedFile, shared_path};
pub use stolen::Stolen;

use hftz_clock::{Clock, Scale, Tsc};
use std::time::Duration;

/// The processor's counter, sleeping by the operating system.
#[derive(Clone, Copy, Debug)]
pub struct HostClock {
    scale: Scale,
}

impl HostClock {
    #[must_use]
    pub const fn new(scale: Scale) -> Self {
        Self { scale }
    }

    #[must_use]
    pub const fn scale(self) -> Scale {
        self.scale
    }
}

impl Clock for HostClock {
    #[inline(always)]
    fn ticks(&self) -> u64 {
        Tsc.ticks()
    }

    #[inline(always)]
    fn pause(&self) {
        Tsc.pause();
    }

    fn doze(&self, ticks: u64) {
        std::thread::sleep(Duration::from_nanos(self.scale.nanoseconds(ticks)));
    }
}
