//! Time that a hypervisor gave to others while this machine wanted it.
//!
//! A run on a virtual machine is disturbed by what no thread of it can see: the counter goes on while the processor does not. Linux
//! counts that time for each processor, in hundredths of a second.

use std::fs;

/// Stolen time of some processors up to a moment.
#[derive(Clone, Debug)]
pub struct Stolen {
    cpus: Vec<usize>,
    /// Hundredths of a second; nothing when the system does not say.
    centiseconds: Option<u64>,
}

impl Stolen {
    /// Stolen from these processors until now.
    #[must_use]
    pub fn until_now(cpus: &[usize]) -> Self {
        let table = fs::read_to_string("/proc/stat").ok();
        Self { cpus: cpus.to_vec(), centiseconds: table.and_then(|table| sum(&table, cpus)) }
    }

    /// Share of the processors' time, 0 to 1, that was stolen within the last `elapsed_ns`, which began when this was taken.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn share_since(&self, elapsed_ns: u64) -> Option<f64> {
        let now = Self::until_now(&self.cpus).centiseconds?;
        let stolen = now.saturating_sub(self.centiseconds?) as f64 * 1e7;
        Some(stolen / (elapsed_ns.max(1) as f64 * self.cpus.len() as f64))
    }
}

/// Column 8 of the lines `cpuN user nice system idle iowait irq softirq steal ...`.
fn sum(table: &str, cpus: &[usize]) -> Option<u64> {
    let of = |cpu: usize| {
        let name = format!("cpu{cpu}");
        let line = table.lines().find(|line| line.split(' ').next() == Some(name.as_str()))?;
        line.split_ascii_whitespace().nth(8)?.parse::<u64>().ok()
    };
    if cpus.is_empty() { None } else { cpus.iter().map(|&cpu| of(cpu)).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steal_column_of_the_named_processors_is_added_up() {
        let table = "cpu  9 9 9 9 9 9 9 99 0 0\ncpu0 1 2 3 4 5 6 7 80 0 0\ncpu1 1 2 3 4 5 6 7 20 0 0\ncpu10 1 2 3 4 5 6 7 3 0\nintr 5\n";
        assert_eq!((sum(table, &[0]), sum(table, &[0, 10]), sum(table, &[1])), (Some(80), Some(83), Some(20)));
        assert_eq!((sum(table, &[2]), sum(table, &[]), sum("", &[0])), (None, None, None));
    }
}
