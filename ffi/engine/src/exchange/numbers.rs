//! The order numbers that sessions of native clients have used. They must rise (rule 17): an order that is sent again after a lost
//! connection or a crash never trades twice.
//!
//! One number a session and not a set of ids, which would grow with the day. The table of all sessions is half a MiB, of which
//! the system only provides what is touched.

/// Bits of an order id below the session.
const NUMBER_BITS: u32 = 48;
const SESSIONS: usize = 1 << (u64::BITS - NUMBER_BITS);
/// Bytes of one session in a saved state: its number (2) and what its next order must have at least (8), little-endian.
const SAVED: usize = 10;

/// For each session the lowest number that its next order may have.
pub struct Numbers(Box<[u64]>);

impl Numbers {
    /// Before the first order.
    #[must_use]
    pub fn new() -> Self {
        Self(vec![0; SESSIONS].into_boxed_slice())
    }

    /// Whether a new order's number is above those of its session so far. It is used from now on.
    #[inline]
    pub fn take(&mut self, order_id: u64) -> bool {
        let lowest = &mut self.0[(order_id >> NUMBER_BITS) as usize];
        let number = order_id & ((1 << NUMBER_BITS) - 1);
        let rises = number >= *lowest;
        *lowest = (*lowest).max(number + 1);
        rises
    }

    /// Appends the sessions that have used a number, ascending.
    pub fn save(&self, state: &mut Vec<u8>) {
        for (session, lowest) in self.0.iter().enumerate().filter(|(_, lowest)| **lowest > 0) {
            state.extend_from_slice(&(session as u16).to_le_bytes());
            state.extend_from_slice(&lowest.to_le_bytes());
        }
    }

    /// Takes up a saved state.
    ///
    /// # Errors
    /// When it is no such state.
    pub fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        let (rows, rest) = state.as_chunks::<SAVED>();
        if !rest.is_empty() {
            return Err("the numbers of sessions end early".into());
        }
        for &[s0, s1, number @ ..] in rows {
            let lowest = u64::from_le_bytes(number);
            if lowest > 1 << NUMBER_BITS {
                return Err("a session has used a number that does not exist".into());
            }
            self.0[usize::from(u16::from_le_bytes([s0, s1]))] = lowest;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_is_taken_when_its_session_has_used_none_like_it_or_above(
            ids in prop::collection::vec((prop::sample::select(vec![0u64, 7, 0xFFFF]), 0u64..40), 0..200),
            cut in 0usize..200,
        ) {
            let mut numbers = Numbers::new();
            let mut used: Vec<(u64, u64)> = Vec::new();
            for (at, &(session, number)) in ids.iter().enumerate() {
                let expected = !used.iter().any(|&(other, before)| other == session && before >= number);
                prop_assert_eq!(numbers.take(session << NUMBER_BITS | number), expected);
                used.push((session, number));
                if at == cut {
                    let (mut state, mut again) = (Vec::new(), Numbers::new());
                    numbers.save(&mut state);
                    again.restore(&state).unwrap();
                    numbers = again;
                }
            }
        }
    }

    #[test]
    fn the_last_number_of_a_session_is_one_too_and_nonsense_is_no_state() {
        let mut numbers = Numbers::new();
        assert!(numbers.take(u64::MAX) && !numbers.take(u64::MAX));
        assert!(numbers.restore(&[0; 9]).is_err());
        assert!(numbers.restore(&[0xFF; 10]).is_err());
    }
}
