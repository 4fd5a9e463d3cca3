//! Which symbol a stock locate stands for.

use hftz_model::Delta;

/// Names by locate, learned from the stock directory and, in a capture that starts in the middle of the day, from any
/// message that carries its symbol.
///
/// Every message asks whether it has something to teach, so the question comes first that has nearly always the same answer:
/// whether its locate has a name, a bit of 8 KiB. Whether its type carries a symbol changes from message to message, and a processor
/// that guesses the answer is wrong every second time: a tenth of a replay.
pub struct Directory {
    names: Box<[[u8; 8]]>,
    /// Whether there is a name, a bit for each locate.
    known: Box<[u64; 1 << 10]>,
}

impl Directory {
    #[must_use]
    pub fn new() -> Self {
        Self { names: vec![[0; 8]; 1 << 16].into_boxed_slice(), known: Box::new([0; 1 << 10]) }
    }

    /// Whether this message could teach a name: its type carries a symbol and the locate has none, or it is the directory's own.
    #[inline]
    #[must_use]
    pub fn wants(&self, delta: &Delta) -> bool {
        let known = self.known[usize::from(delta.locate / 64)] >> (delta.locate % 64) & 1 == 1;
        (!known || delta.kind == b'R') && symbol_at(delta.kind).is_some()
    }

    /// Learns from the raw message of a delta that [`Directory::wants`].
    pub fn learn(&mut self, delta: &Delta, message: &[u8]) {
        let Some(at) = symbol_at(delta.kind) else { return };
        let Some(name) = message.get(at..).and_then(<[u8]>::first_chunk::<8>) else { return };
        self.set(delta.locate, *name);
    }

    /// Names a locate; eight bytes, padded with spaces. Bytes that would break a CSV or JSON row become `?`: a damaged
    /// input must not damage the output.
    pub fn set(&mut self, locate: u16, name: [u8; 8]) {
        let name = name
            .map(|b| if matches!(b, b'!'..=b'~' | b' ' | 0) && !matches!(b, b'"' | b',' | b'\\') { b } else { b'?' });
        self.names[usize::from(locate)] = name;
        let bit = 1 << (locate % 64);
        if name == [0; 8] {
            self.known[usize::from(locate / 64)] &= !bit;
        } else {
            self.known[usize::from(locate / 64)] |= bit;
        }
    }

    /// The symbol without its padding; empty when it is not known.
    #[inline]
    #[must_use]
    pub fn name(&self, locate: u16) -> &[u8] {
        let name = &self.names[usize::from(locate)];
        let end = name.iter().position(|&byte| byte == b' ' || byte == 0).unwrap_or(8);
        &name[..end]
    }

    /// The symbol as text, `#locate` when it is not known.
    #[must_use]
    pub fn label(&self, locate: u16) -> String {
        match self.name(locate) {
            [] => format!("#{locate}"),
            name => String::from_utf8_lossy(name).into_owned(),
        }
    }

    /// Symbols known by name.
    #[must_use]
    pub fn known(&self) -> u32 {
        self.known.iter().map(|word| word.count_ones()).sum()
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self::new()
    }
}

/// Offset of the eight-byte stock field (ITCH 5.0), for the types that have one.
const fn symbol_at(kind: u8) -> Option<usize> {
    match kind {
        b'R' | b'H' | b'Y' | b'K' | b'J' | b'h' | b'N' | b'O' => Some(11),
        b'L' => Some(15),
        b'Q' => Some(19),
        b'A' | b'F' | b'P' => Some(24),
        b'I' => Some(28),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_learned_once_and_the_directory_message_overrides() {
        let mut directory = Directory::new();
        let add = Delta { kind: b'A', locate: 7, ..Delta::default() };
        let mut message = [0; 36];
        message[24..32].copy_from_slice(b"AAPL    ");
        assert!(directory.wants(&add));
        directory.learn(&add, &message);
        assert_eq!((directory.name(7), directory.known()), (&b"AAPL"[..], 1));
        assert!(!directory.wants(&add));
        assert!(directory.wants(&Delta { kind: b'R', ..add }));
        assert!(!directory.wants(&Delta { kind: b'E', locate: 9, ..add }));
        assert_eq!(directory.label(9), "#9");
        directory.set(7, [0; 8]);
        assert_eq!((directory.label(7).as_str(), directory.known()), ("#7", 0));
        assert!(directory.wants(&add));
    }
}
