//! What a container's limit leaves of a machine's memory. The system's own estimate knows nothing of it, and who exceeds it is ended
//! as if the machine were full.

/// Names of one version of control groups.
struct Version {
    /// Where its tree is mounted.
    tree: &'static str,
    limit: &'static str,
    used: &'static str,
    /// Pages of files, which the system takes back when memory is short: keys of `memory.stat`.
    files: [&'static str; 2],
}

const FIRST: Version = Version {
    tree: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    files: ["total_inactive_file", "total_active_file"],
};

const SECOND: Version = Version {
    tree: "/sys/fs/cgroup",
    limit: "memory.max",
    used: "memory.current",
    files: ["inactive_file", "active_file"],
};

/// Bytes that the tightest limit around this process leaves; `None` where there is no limit. `read` gives a file's text.
pub fn available_bytes(read: &dyn Fn(&str) -> Option<String>) -> Option<u64> {
    let groups = read("/proc/self/cgroup")?;
    groups.lines().filter_map(place).flat_map(|(version, path)| around(version, path, read)).min()
}

/// The version and the path of a line `number:controllers:path`, if it is one that limits memory.
fn place(line: &str) -> Option<(&'static Version, &str)> {
    let mut parts = line.splitn(3, ':').skip(1);
    match (parts.next()?, parts.next()?) {
        ("", path) => Some((&SECOND, path)),
        (names, path) => names.split(',').any(|name| name == "memory").then_some((&FIRST, path)),
    }
}

/// What a group and each one around it leaves. Inside a container the path may be one of the host, where only the root is there.
fn around(version: &'static Version, path: &str, read: &dyn Fn(&str) -> Option<String>) -> Vec<u64> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(|end| left(version, &path[..end], read)).collect()
}

fn left(version: &Version, path: &str, read: &dyn Fn(&str) -> Option<String>) -> Option<u64> {
    let file = |name: &str| read(&format!("{}{}/{name}", version.tree, path.trim_end_matches('/')));
    let limit: u64 = file(version.limit)?.trim().parse().ok()?;
    let used: u64 = file(version.used)?.trim().parse().ok()?;
    let stat = file("memory.stat").unwrap_or_default();
    let files: u64 = version.files.iter().filter_map(|key| value(&stat, key)).sum();
    Some(limit.saturating_sub(used.saturating_sub(files)))
}

fn value(stat: &str, key: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |path| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_string())
    }

    #[test]
    fn the_tightest_group_around_a_process_counts_without_its_pages_of_files() {
        let read = machine(&[
            ("/proc/self/cgroup", "0::/outer/inner\n"),
            ("/sys/fs/cgroup/outer/memory.max", "1000\n"),
            ("/sys/fs/cgroup/outer/memory.current", "900\n"),
            ("/sys/fs/cgroup/outer/memory.stat", "anon 600\ninactive_file 250\nactive_file 50\n"),
            ("/sys/fs/cgroup/outer/inner/memory.max", "max\n"),
            ("/sys/fs/cgroup/outer/inner/memory.current", "900\n"),
        ]);
        assert_eq!(available_bytes(&read), Some(400));
    }

    #[test]
    fn a_container_sees_its_own_limit_at_the_root() {
        let read = machine(&[
            ("/proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/0123\n0::/\n"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2000\n"),
            ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "2100\n"),
            ("/sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 600\n"),
        ]);
        assert_eq!(available_bytes(&read), Some(500));
    }

    #[test]
    fn without_a_limit_nothing_is_said() {
        assert_eq!(available_bytes(&machine(&[])), None);
        assert_eq!(available_bytes(&machine(&[("/proc/self/cgroup", "0::/\n")])), None);
    }
}
