//! Applying a batch: memory is asked for before it is needed.
//!
//! With a million orders every message visits memory that no cache holds: the bucket of its reference, where its order
//! is, and the level of that. The second is known only from the first, so a processor left alone waits for each in
//! turn. But messages are independent: the buckets and ladders of a whole group are fetched, then its levels, and only then is
//! it applied. All that is fetched is a hint: messages are applied strictly in order by the same code as without a
//! batch, so an order added and cancelled in the same group is no special case.
//!
//! After the first stage the messages of a group are visited by what they need, one set after the other: what a message is
//! is a coin toss, and a wrong guess costs more than the work of a stage, as does working out both.

use hftz_model::Delta;

use super::apply::Hint;
use super::table::Pair;
use super::{Books, Observer};
use crate::store::ladder::Ladder;
use crate::store::order::Spot;
use crate::store::orders::Orders;
use crate::store::prefetch;

/// Messages that are fetched for together: enough for the line of the first to be there when that of the last has been
/// asked for, few enough that the first-level cache holds their lines and its 64 addresses of pages most of theirs.
const GROUP: usize = 24;

/// Room for a group, a power of two.
const ROOM: usize = GROUP.next_power_of_two();

const _: () = assert!(ROOM <= 32);

/// What a message needs, by its type.
const JOINS: u8 = 1;
const FINDS: u8 = 2;
const NEEDS: [u8; 256] = {
    let mut needs = [0; 256];
    needs[b'A' as usize] = JOINS;
    needs[b'F' as usize] = JOINS;
    needs[b'E' as usize] = FINDS;
    needs[b'C' as usize] = FINDS;
    needs[b'X' as usize] = FINDS;
    needs[b'D' as usize] = FINDS;
    needs[b'U' as usize] = JOINS | FINDS;
    needs
};

/// Which messages of a group need the same, a bit each. Going through them set by set, no stage guesses what a message is.
#[derive(Clone, Copy)]
struct Set(u32);

impl Set {
    /// The next message's bit comes in at the top; after the last one [`Self::settled`] puts the first at the bottom.
    #[inline(always)]
    const fn with(self, needs: u8, what: u8) -> Self {
        Self(self.0 >> 1 | (needs as u32 / what as u32) << 31)
    }

    #[inline(always)]
    const fn settled(self, count: usize) -> Self {
        Self(self.0 >> (32 - count))
    }
}

impl Iterator for Set {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let at = self.0.trailing_zeros() as usize % ROOM;
        let any = self.0 != 0;
        self.0 &= self.0.wrapping_sub(1);
        any.then_some(at)
    }
}

impl Books {
    /// Applies messages in order, fetching memory ahead, and returns how many were applied: fewer than given only under
    /// [`super::OnAnomaly::Stop`], when the next one is the anomaly. Any length works; below a few dozen there is little to
    /// fetch ahead, beyond a few hundred nothing more is gained.
    pub fn apply_batch(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        let Some(first) = deltas.first() else { return 0 };
        let mut hints = [self.look(first); ROOM];
        for (group, deltas) in deltas.chunks(GROUP).enumerate() {
            self.fetch(deltas, &mut hints);
            // Places and homes that were looked up before a window moved or a bucket was split may have moved too.
            let shape = self.shape();
            for (at, (delta, hint)) in deltas.iter().zip(&mut hints).enumerate() {
                if shape != self.shape() {
                    *hint = self.look(delta);
                }
                if !self.apply_with(delta, hint, observer) {
                    return group * GROUP + at;
                }
            }
        }
        deltas.len()
    }

    /// Changes when places or homes do.
    #[inline(always)]
    fn shape(&self) -> u64 {
        self.pool.reshapes() + u64::from(self.orders.buckets())
    }

    /// As [`Self::apply_batch`], message by message without looking ahead: the same code, to measure what fetching gains.
    pub fn apply_each(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        deltas.iter().position(|delta| !self.apply(delta, observer)).unwrap_or(deltas.len())
    }

    /// Every stage for one group.
    #[inline(always)]
    fn fetch(&mut self, deltas: &[Delta], hints: &mut [Hint; ROOM]) {
        let (mut joins, mut finds) = (Set(0), Set(0));
        for (delta, hint) in deltas.iter().zip(hints.iter_mut()) {
            let needs = NEEDS[usize::from(delta.kind)];
            (joins, finds) = (joins.with(needs, JOINS), finds.with(needs, FINDS));
            hint.home = self.orders.home(delta.reference);
            Orders::prefetch(hint.home);
            hint.pair = self.table.enter(delta.locate);
            for side in 0..2 {
                prefetch(hint.pair.cast::<Ladder>().wrapping_add(side));
            }
        }
        let (joins, finds) = (joins.settled(deltas.len()), finds.settled(deltas.len()));
        let swaps = Set(joins.0 & finds.0);
        for at in Set(joins.0 & !finds.0) {
            let (delta, hint) = (&deltas[at], &mut hints[at]);
            hint.spot = Spot::new(delta.locate, usize::from(delta.code) & 1, delta.price);
            hint.place = ladder(hint.pair, hint.spot.side()).place(delta.price);
            prefetch(hint.place.level);
            self.orders.prefetch_rest(hint.home);
        }
        for at in finds {
            let (delta, hint) = (&deltas[at], &mut hints[at]);
            hint.guess = self.orders.guess(hint.home);
            hint.spot = self.orders.get(hint.guess).spot().of(delta.locate);
            let ladder = ladder(hint.pair, hint.spot.side());
            hint.place = ladder.place(hint.spot.price());
            prefetch(hint.place.level);
            ladder.prefetch_next(hint.spot.price());
            self.orders.prefetch_rest(hint.home);
        }
        for at in swaps {
            let (delta, hint) = (&deltas[at], &hints[at]);
            Orders::prefetch(self.orders.home(delta.other));
            prefetch(ladder(hint.pair, hint.spot.side()).place(delta.price).level);
        }
    }
}

/// One side of a symbol.
#[inline(always)]
fn ladder<'a>(pair: *const Pair, side: usize) -> &'a Ladder {
    // SAFETY: an entry of the table, which keeps it in place; nothing else refers to it while a stage looks.
    unsafe { &(&(*pair).0)[side] }
}
