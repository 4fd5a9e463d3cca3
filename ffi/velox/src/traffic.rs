//! What transactions say: a seeded crowd that keeps a book about as full as it is.
//!
//! The middle price walks slowly inside the window. Half of all transactions add 1 to 100 at 1 to 16 ticks from it, half take 1 to
//! 200 from the best price: takers could take twice what is added, so quantities settle instead of growing without end.

use crate::transaction::{Action, Transaction};
use hftz_flow::Random;
use hftz_model::Side;

/// How far the middle price may walk from where it began, in ticks: well inside a window of 16384.
const WALK: i64 = 4_000;

/// The crowd.
#[derive(Clone, Debug)]
pub struct Traffic {
    random: Random,
    centre: i64,
    walked: i64,
    next_id: u64,
}

impl Traffic {
    /// A crowd around the price `centre`.
    #[must_use]
    pub fn new(centre: i64, seed: u64) -> Self {
        Self { random: Random::new(seed), centre, walked: 0, next_id: 0 }
    }

    /// The next transaction, meant to be sent at `intended`. Ids count from 0.
    #[inline]
    #[allow(clippy::cast_possible_wrap)]
    pub fn next(&mut self, intended: u64) -> Transaction {
        // One draw is enough for all of it: fields of bits that do not overlap.
        let bits = self.random.bits();
        if bits >> 56 & 0x7F == 0 {
            let step = if bits >> 63 == 0 { 1 } else { -1 };
            self.walked = (self.walked + step).clamp(-WALK, WALK);
        }
        let side = if bits & 1 == 0 { Side::Buy } else { Side::Sell };
        let middle = self.centre + self.walked;
        let away = 1 + (bits >> 2 & 0xF) as i64;
        let share = bits >> 8 & 0xFF_FFFF;
        let (action, span) = if bits & 2 == 0 { (Action::Add, 100) } else { (Action::Take, 200) };
        let (price, quantity) = (
            match (action, side) {
                (Action::Add, Side::Buy) => middle - away,
                (Action::Add, Side::Sell) => middle + away,
                // A limit beyond every price that rests.
                (Action::Take, Side::Buy) => self.centre - 2 * WALK,
                (Action::Take, Side::Sell) => self.centre + 2 * WALK,
            },
            1 + ((share * span) >> 24) as u32,
        );
        let id = self.next_id;
        self.next_id += 1;
        Transaction::new(id, intended, action, side, price, quantity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Book;

    #[test]
    fn the_crowd_stays_inside_the_window_and_its_book_stays_small() {
        let (mut traffic, book) = (Traffic::new(0, 3), Book::around(0));
        let (mut added, mut taken) = (0_u64, 0_u64);
        for i in 0..1_000_000 {
            let sent = traffic.next(i);
            assert_eq!(sent.id, i);
            match sent.check().unwrap() {
                (Action::Add, side) => {
                    book.add(side, sent.price, sent.quantity).unwrap();
                    added += u64::from(sent.quantity);
                }
                (Action::Take, side) => taken += u64::from(book.take(side, sent.price, sent.quantity).unwrap_or(0)),
            }
        }
        let resting = book.total(Side::Buy) + book.total(Side::Sell);
        assert_eq!(added - taken, resting);
        assert!((20_000_000..30_000_000).contains(&added) && resting < 200_000, "{added} {resting}");
    }

    #[test]
    fn the_same_seed_says_the_same() {
        let say = |seed| {
            let mut traffic = Traffic::new(100, seed);
            (0..50).map(|i| traffic.next(i)).collect::<Vec<_>>()
        };
        assert_eq!(say(1), say(1));
        assert_ne!(say(1), say(2));
    }
}
