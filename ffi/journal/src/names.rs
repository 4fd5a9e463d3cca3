//! Which file of the directory is what. Numbers are padded so that names sort as they count.

/// Guards against a second process.
pub(crate) const LOCK: &str = "lock";
pub(crate) const IDENTITY: &str = "identity";
/// Ending of files that are being made; left behind by a crash, removed by the next writer.
pub(crate) const UNFINISHED: &str = ".new";
/// Ending of what a forced recovery set aside.
pub(crate) const ASIDE: &str = ".cut";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    Lock,
    Identity,
    Log(u64),
    Snapshot(u64),
    Unfinished,
    Aside,
    Stranger,
}

pub(crate) fn log(index: u64) -> String {
    format!("log-{index:010}")
}

pub(crate) fn snapshot(sequence: u64) -> String {
    format!("snapshot-{sequence:020}")
}

pub(crate) fn classify(name: &str) -> Entry {
    let ours = |name: &str| match (numbered(name, "log-", 10), numbered(name, "snapshot-", 20)) {
        (Some(index), _) if index > 0 => Some(Entry::Log(index)),
        (_, Some(sequence)) => Some(Entry::Snapshot(sequence)),
        _ if name == IDENTITY => Some(Entry::Identity),
        _ => None,
    };
    if name == LOCK {
        return Entry::Lock;
    }
    if let Some(stem) = name.strip_suffix(UNFINISHED) {
        return ours(stem).map_or(Entry::Stranger, |_| Entry::Unfinished);
    }
    if let Some((stem, rest)) = name.split_once(ASIDE) {
        let known = ours(stem).is_some() && rest.bytes().all(|byte| byte.is_ascii_digit());
        return if known { Entry::Aside } else { Entry::Stranger };
    }
    ours(name).unwrap_or(Entry::Stranger)
}

fn numbered(name: &str, prefix: &str, digits: usize) -> Option<u64> {
    let number = name.strip_prefix(prefix)?;
    let plain = number.len() == digits && number.bytes().all(|byte| byte.is_ascii_digit());
    if plain { number.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        assert_eq!(classify(&log(7)), Entry::Log(7));
        assert_eq!(classify(&snapshot(1 << 40)), Entry::Snapshot(1 << 40));
        assert_eq!(classify("identity.new"), Entry::Unfinished);
        assert_eq!(classify("log-0000000003.cut2"), Entry::Aside);
    }

    #[test]
    fn anything_else_is_a_stranger() {
        for name in ["", "notes.txt", "log-1", "log-0000000000", "log-00000000+1", "snapshot-x", "core.new", "a.cut"] {
            assert_eq!(classify(name), Entry::Stranger, "{name}");
        }
    }
}
