//! Test selection: `*` matches any run of characters, slashes included, and commas separate alternatives.

/// Whether `name` matches one of the comma-separated patterns. Linear in the product of the lengths at worst: a star
/// that fails is retried only at the latest one.
#[must_use]
pub fn matches(patterns: &str, name: &str) -> bool {
    patterns.split(',').any(|pattern| one(pattern.as_bytes(), name.as_bytes()))
}

fn one(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, n));
                p += 1;
            }
            Some(byte) if *byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| naive(rest, &name[at..])),
            ([p, pattern @ ..], [n, name @ ..]) => p == n && naive(pattern, name),
            (rest, name) => rest.is_empty() && name.is_empty(),
        }
    }

    #[test]
    fn a_star_crosses_slashes_and_commas_are_alternatives() {
        assert!(matches("mem/*", "mem/pmm/runs"));
        assert!(matches("cpu/*,mem/*", "mem/heap"));
        assert!(!matches("mem", "mem/heap") && !matches("", "mem"));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definition(pattern in "[ab*]{0,8}", name in "[ab]{0,8}") {
            prop_assert_eq!(matches(&pattern, &name), naive(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
