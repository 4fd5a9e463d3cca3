//! The machine under a result: without it a figure says little.

use std::fs;

use hftz_clock::features;
use hftz_velox::host::allowed_cpus;
use serde_json::{Value, json};

/// What was measured on, as far as the system tells; a fact that it does not tell is null.
#[must_use]
pub fn describe() -> Value {
    let cpu = read("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let flags = field("flags").unwrap_or_default();
    let has = |wanted: &str| flags.split(' ').any(|flag| flag == wanted);
    let counter = features();
    json!({
        "cpu": field("model name"),
        "cores": allowed_cpus().len(),
        "kernel": read("/proc/sys/kernel/osrelease"),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "isolated": read("/sys/devices/system/cpu/isolated").filter(|list| !list.is_empty()),
        "nohzFull": read("/sys/devices/system/cpu/nohz_full").filter(|list| !list.is_empty() && list != "(null)"),
        "hugePages": read("/proc/sys/vm/nr_hugepages").and_then(|count| count.parse::<u64>().ok()),
        "transparentHugePages": read("/sys/kernel/mm/transparent_hugepage/enabled").and_then(|modes| chosen(&modes)),
        "clockSource": read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "numaNodes": read("/sys/devices/system/node/online"),
        "virtualised": has("hypervisor"),
        "tscInvariant": counter.invariant,
        "vector": if has("avx512f") { "AVX-512" } else if has("avx2") { "AVX2" } else { "SSE" },
    })
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// `always [madvise] never` to `madvise`.
fn chosen(modes: &str) -> Option<String> {
    modes.split_once('[')?.1.split_once(']').map(|(mode, _)| mode.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_is() {
        let found = describe();
        assert!(found["cores"].as_u64().is_some_and(|cores| cores > 0));
        assert!(found["kernel"].is_string());
        assert_eq!(chosen("always [madvise] never").as_deref(), Some("madvise"));
    }
}
