//! What a message is to the books, by its type.
//!
//! A bit for each question that is asked of every message, so that the answers are arithmetic: what the next message is
//! is a coin toss, and a branch that guesses wrong costs more than all the arithmetic.

/// Answers about one type of message.
#[derive(Clone, Copy)]
pub(super) struct Class(u8);

const ADDS: u8 = 1;
const NAMES: u8 = 2;
const DELETES: u8 = 4;
const TRADES: u8 = 8;
const REPLACES: u8 = 16;

/// One for each type.
const CLASSES: [Class; 256] = {
    let mut classes = [Class(0); 256];
    classes[b'A' as usize] = Class(ADDS);
    classes[b'F' as usize] = Class(ADDS);
    classes[b'E' as usize] = Class(NAMES | TRADES);
    classes[b'C' as usize] = Class(NAMES | TRADES);
    classes[b'X' as usize] = Class(NAMES);
    classes[b'D' as usize] = Class(NAMES | DELETES);
    classes[b'U' as usize] = Class(REPLACES);
    classes
};

impl Class {
    #[inline(always)]
    pub fn of(kind: u8) -> Self {
        CLASSES[usize::from(kind)]
    }

    /// One order comes or loses shares, all or some: A F E C X D.
    #[inline(always)]
    pub fn is_plain(self) -> bool {
        self.0 & (ADDS | NAMES) != 0
    }

    /// A F.
    #[inline(always)]
    pub fn adds(self) -> bool {
        self.0 & ADDS != 0
    }

    /// D: all that is open.
    #[inline(always)]
    pub fn deletes(self) -> bool {
        self.0 & DELETES != 0
    }

    /// E C.
    #[inline(always)]
    pub fn trades(self) -> bool {
        self.0 & TRADES != 0
    }

    /// U.
    #[inline(always)]
    pub fn replaces(self) -> bool {
        self.0 & REPLACES != 0
    }
}
