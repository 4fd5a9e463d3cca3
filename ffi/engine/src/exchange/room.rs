//! Whether there is memory for the orders that an exchange is to have room for. Its engine only reserves it, which the system grants
//! freely and regrets later, by ending the process with the orders in it: so it is looked at before.

mod group;

use crate::run::Refusal;
use std::fs::read_to_string;

/// A live order takes at most this much.
const ORDER_BYTES: u64 = 96;
const MIB: u64 = 1 << 20;

/// What to do about it.
pub const HINT: &str = "--capacity says for how many live orders there is room; each takes up to 96 bytes";

/// Why an engine for this many orders should not be made now; nothing where the system does not tell what is free.
pub fn lacking(capacity: u32) -> Option<Refusal> {
    let read = |path: &str| read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| available_bytes(&text));
    let available = machine.into_iter().chain(group::available_bytes(&read)).min()?;
    lacking_of(capacity, available)
}

fn lacking_of(capacity: u32, available: u64) -> Option<Refusal> {
    let wanted = u64::from(capacity) * ORDER_BYTES;
    (wanted > available).then(|| {
        let (wanted, available) = (wanted.div_ceil(MIB), available / MIB);
        let text = format!("{capacity} live orders may take {wanted} MiB of memory, {available} MiB are free");
        Refusal::unavailable(text).with_hint(HINT)
    })
}

/// What can be had without swapping, by the system's own estimate.
fn available_bytes(meminfo: &str) -> Option<u64> {
    let rest = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Status;

    #[test]
    fn what_is_free_is_read_where_the_system_tells_it() {
        assert_eq!(available_bytes("MemTotal:  24684140 kB\nMemAvailable:   22008096 kB\n"), Some(22_008_096 << 10));
        assert_eq!(available_bytes("MemTotal:  24684140 kB\n"), None);
        assert_eq!(available_bytes("MemAvailable: much\n"), None);
    }

    #[test]
    fn more_orders_than_fit_into_what_is_free_are_more_than_this_machine_can_do() {
        assert_eq!(lacking_of(1000, 96_000), None);
        let refusal = lacking_of(300_000_000, 22_000 * MIB).unwrap();
        assert_eq!(refusal.status, Status::Unavailable);
        assert_eq!(refusal.text, "300000000 live orders may take 27466 MiB of memory, 22000 MiB are free");
        assert!(refusal.hint.unwrap().starts_with("--capacity"));
    }

    #[test]
    fn the_usual_room_is_there() {
        assert_eq!(lacking(1 << 20), None);
    }
}
