//! Which memory is near which processor (NUMA).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ptr::NonNull;

/// The node of each processor; empty when the system does not say.
fn table() -> BTreeMap<usize, usize> {
    let Ok(folder) = fs::read_dir("/sys/devices/system/node") else { return BTreeMap::new() };
    let nodes = folder.flatten().filter_map(|entry| {
        let node = entry.file_name().to_str()?.strip_prefix("node")?.parse().ok()?;
        Some((node, fs::read_to_string(entry.path().join("cpulist")).ok()?))
    });
    nodes.flat_map(|(node, list): (usize, String)| listed(&list).into_iter().map(move |cpu| (cpu, node))).collect()
}

/// `0-3,8` as numbers; what is no number is left out.
fn listed(text: &str) -> Vec<usize> {
    let part = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.trim().parse::<usize>().ok()?, last.trim().parse::<usize>().ok()?);
        (last < libc::CPU_SETSIZE as usize).then_some(first..=last)
    };
    text.split(',').filter_map(part).flatten().collect()
}

/// Where a run's threads and memory go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    /// Processors in the order in which threads take them: those of one node before those of the next.
    pub cpus: Vec<usize>,
    /// The node of the first of them, on a machine with several.
    pub node: Option<usize>,
}

impl Placement {
    /// Orders `cpus`, so that the first `threads` of them share a node if any node has so many.
    #[must_use]
    pub fn near(cpus: &[usize], threads: usize) -> Self {
        Self::by(&table(), cpus, threads)
    }

    /// Keeps the order of `cpus`.
    #[must_use]
    pub fn given(cpus: &[usize]) -> Self {
        let table = table();
        Self { node: Self::node(&table, cpus), cpus: cpus.to_vec() }
    }

    fn by(table: &BTreeMap<usize, usize>, cpus: &[usize], threads: usize) -> Self {
        let mut nodes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &cpu in cpus {
            nodes.entry(table.get(&cpu).copied().unwrap_or(0)).or_default().push(cpu);
        }
        let mut groups: Vec<Vec<usize>> = nodes.into_values().collect();
        if let Some(large) = groups.iter().position(|group| group.len() >= threads) {
            groups[..=large].rotate_right(1);
        }
        let cpus = groups.concat();
        Self { node: Self::node(table, &cpus), cpus }
    }

    fn node(table: &BTreeMap<usize, usize>, cpus: &[usize]) -> Option<usize> {
        let first = table.values().next()?;
        let several = table.values().any(|node| node != first);
        if several { table.get(cpus.first()?).copied() } else { None }
    }
}

/// Asks that pages of this memory, not touched so far, come from a node while it has some.
///
/// # Errors
/// Of the system: it has no such node, or knows no nodes.
///
/// # Safety
/// The memory is a whole mapping of the caller's own.
pub unsafe fn prefer_node(start: NonNull<u8>, bytes: usize, node: usize) -> io::Result<()> {
    const PREFERRED: libc::c_int = 1;
    const BITS: usize = u64::BITS as usize;
    let mut mask = [0_u64; 16];
    let word = mask.get_mut(node / BITS).ok_or(io::ErrorKind::InvalidInput)?;
    *word = 1 << (node % BITS);
    // SAFETY: the mask is as long as said (the kernel reads one bit less than it is told); the memory is the caller's.
    let result = unsafe {
        libc::syscall(libc::SYS_mbind, start.as_ptr(), bytes, PREFERRED, mask.as_ptr(), mask.len() * BITS, 0)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(lists: &[&str]) -> BTreeMap<usize, usize> {
        lists.iter().enumerate().flat_map(|(node, list)| listed(list).into_iter().map(move |cpu| (cpu, node))).collect()
    }

    #[test]
    fn threads_share_a_node_that_has_room_for_them() {
        let two = nodes(&["0-1,8", "2-7,9"]);
        let placed = |cpus: &[usize], threads| Placement::by(&two, cpus, threads);
        let all: Vec<usize> = (0..10).collect();
        assert_eq!(placed(&all, 4), Placement { cpus: vec![2, 3, 4, 5, 6, 7, 9, 0, 1, 8], node: Some(1) });
        assert_eq!(placed(&all, 3).cpus[..3], [0, 1, 8]);
        assert_eq!(placed(&all, 99), Placement { cpus: vec![0, 1, 8, 2, 3, 4, 5, 6, 7, 9], node: Some(0) });
        assert_eq!(placed(&[5, 1], 2).cpus, [1, 5]);
    }

    #[test]
    fn a_machine_of_one_node_or_none_places_nothing() {
        let one = nodes(&["0-3"]);
        assert_eq!(Placement::by(&one, &[0, 1], 4), Placement { cpus: vec![0, 1], node: None });
        assert_eq!(Placement::by(&BTreeMap::new(), &[3, 2], 1), Placement { cpus: vec![3, 2], node: None });
        assert!(Placement::near(&[0], 1).cpus == [0] && listed("0-99999999999, x,4 ,\n") == [4]);
    }
}
