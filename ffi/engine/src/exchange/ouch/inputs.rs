//! Inputs that wait for room in the ring, in one block of memory: a flood costs no allocation a message.

use hftz_gateway::Input;

/// Encoded inputs, one after the other.
#[derive(Default)]
pub struct Inputs {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Inputs, and bytes of them, that are in the ring already.
    handed: usize,
    at: usize,
}

impl Inputs {
    pub fn push(&mut self, input: &Input<'_>) {
        input.encode(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Hands them over, the oldest first, until one is not taken; how many were.
    pub fn hand_over(&mut self, mut take: impl FnMut(&[u8]) -> bool) -> u64 {
        let before = self.handed;
        while let Some(&end) = self.ends.get(self.handed) {
            if !take(&self.bytes[self.at..end]) {
                break;
            }
            (self.handed, self.at) = (self.handed + 1, end);
        }
        let count = self.handed - before;
        if self.handed == self.ends.len() {
            self.forget();
        }
        count as u64
    }

    pub fn forget(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        (self.handed, self.at) = (0, 0);
    }
}
