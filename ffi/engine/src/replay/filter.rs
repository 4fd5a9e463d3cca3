//! Which messages a replay looks at: all, or those of some symbols.

use super::directory::Directory;
use hftz_model::Delta;

/// Chooses by stock locate, which every message carries; which locates those are is learned as names appear.
pub struct Filter {
    names: Vec<Vec<u8>>,
    seen: Vec<bool>,
    wanted: Box<[bool]>,
}

impl Filter {
    /// `None` when all symbols are wanted.
    #[must_use]
    pub fn new(symbols: &[String]) -> Option<Self> {
        if symbols.is_empty() {
            return None;
        }
        let names: Vec<Vec<u8>> = symbols.iter().map(|name| name.clone().into_bytes()).collect();
        let seen = vec![false; names.len()];
        Some(Self { names, seen, wanted: vec![false; 1 << 16].into_boxed_slice() })
    }

    /// Takes note of a name that the directory has just learned.
    pub fn notice(&mut self, directory: &Directory, locate: u16) {
        let place = self.names.iter().position(|name| name == directory.name(locate));
        self.wanted[usize::from(locate)] = place.is_some();
        if let Some(index) = place {
            self.seen[index] = true;
        }
    }

    #[inline]
    #[must_use]
    pub fn wants(&self, delta: &Delta) -> bool {
        self.wants_locate(delta.locate)
    }

    #[inline]
    #[must_use]
    pub fn wants_locate(&self, locate: u16) -> bool {
        self.wanted[usize::from(locate)]
    }

    /// The first wanted symbol that never appeared.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let index = self.seen.iter().position(|&seen| !seen)?;
        Some(String::from_utf8_lossy(&self.names[index]).into_owned())
    }
}
