//! The kernel command line: words separated by blanks, each a flag or `key=value`. No quoting: QEMU and GRUB would each
//! treat quotes differently.

/// A view of the text; lookups scan, there are only a few words.
#[derive(Clone, Copy, Debug)]
pub struct Cmdline<'a>(pub &'a str);

impl<'a> Cmdline<'a> {
    /// The value of the last `key=value`, so that an appended word overrides.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&'a str> {
        self.0
            .split_ascii_whitespace()
            .filter_map(|word| word.split_once('='))
            .rfind(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// Whether `name` stands alone or as `name=1`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.split_ascii_whitespace().any(|word| word == name) || self.value(name) == Some("1")
    }

    /// A number, decimal or `0x` hexadecimal; `None` when absent or malformed.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        let text = self.value(key)?;
        match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_wins() {
        let line = Cmdline("test=mem/* seed=7 test=cpu/*  shell");
        assert_eq!(line.value("test"), Some("cpu/*"));
        assert_eq!(line.number("seed"), Some(7));
        assert!(line.has("shell") && !line.has("seed") && !line.has("she"));
    }

    #[test]
    fn a_malformed_number_is_absent() {
        let line = Cmdline("a=0x10 b=1x c= d=99999999999999999999999");
        assert_eq!(line.number("a"), Some(16));
        assert_eq!((line.number("b"), line.number("c"), line.number("d")), (None, None, None));
    }
}
