//! Applying a batch: memory is asked for before it is needed.
//!
//! With a million orders every message visits memory that no cache holds: the bucket of its reference, where its order
//! is, and the level of that. The second is known only from the first, so a processor left alone waits for each in
//! turn. But messages are independent: while one is applied, the level of one some places behind it is asked for, and the
//! bucket and the ladders of one further behind. So memory is busy while the processor works; in rounds of stages, each
//! for a group of messages, either would wait for the other. All that is fetched is a hint:
//! messages are applied strictly in order by the same code as without a batch, so an order added and cancelled within the
//! distance is no special case.
//!
//! The first-level cache waits for some sixteen lines at a time. Where most buckets lie in memory that is less than the
//! processor could use, and a bucket is asked for twice: early into the second-level cache, which waits for more, and from
//! there. Where they do not, asking twice would only cost.
//!
//! What a message is is a coin toss, and a wrong guess costs more than a stage: looking for a level works out both what a
//! new order would need and what the order does that the message names, and takes one.

use hftz_isa::prefetch;
use hftz_model::Delta;

use super::apply::{Applied, Hint, adds};
use super::table::Pair;
use super::{Books, Observer, OnAnomaly};
use crate::store::ladder::Ladder;
use crate::store::order::Spot;
use crate::store::orders::Orders;

/// Messages to decode before they are applied: so many that the wait for the first ones of a batch is little of it, so few that they
/// stay in the first-level cache.
pub const BATCH: usize = 512;

/// Buckets beyond which most of them lie in memory: 32 MiB.
const MANY: u32 = 1 << 18;

/// How far behind the message that is applied the one is whose bucket is found, and asked for if there are many; the one whose
/// bucket is asked for into the first-level cache; and the one whose level is: far enough for the line to have come by
/// then, near enough for that cache and its 64 addresses of pages to hold them all.
const FAR: usize = 32;
const MIDDLE: usize = 16;
const NEAR: usize = 8;

/// Hints there are at a time: that of a message takes the place of the one before it by so many, which was just applied.
const ROOM: usize = FAR;
const _: () = assert!(ROOM.is_power_of_two() && NEAR < MIDDLE && MIDDLE < FAR);

/// What is known of the messages that come next.
struct Ahead {
    hints: [Hint; ROOM],
    /// [`Books::changes`] they allow for.
    changes: u64,
}

impl Books {
    /// Applies messages in order, fetching memory ahead, and returns how many were applied: fewer than given only under
    /// [`super::OnAnomaly::Stop`], when the next one is the anomaly. Any length works; [`BATCH`] is a good
    /// one.
    pub fn apply_batch(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        if self.orders.buckets() > MANY {
            self.apply_ahead::<true>(deltas, observer)
        } else {
            self.apply_ahead::<false>(deltas, observer)
        }
    }

    fn apply_ahead<const FROM_MEMORY: bool>(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        let Some(first) = deltas.first() else { return 0 };
        let mut ahead = Ahead { hints: [self.look(first); ROOM], changes: self.changes() };
        for (delta, hint) in deltas.iter().zip(&mut ahead.hints) {
            self.find_home::<FROM_MEMORY>(delta, hint);
        }
        for hint in &ahead.hints[..MIDDLE] {
            Orders::prefetch(hint.home);
        }
        for (delta, hint) in deltas.iter().zip(&mut ahead.hints[..NEAR]) {
            self.fetch_level(delta, hint);
        }
        for (at, window) in deltas.windows(FAR + 1).enumerate() {
            Orders::prefetch(ahead.hints[(at + MIDDLE) % ROOM].home);
            self.fetch_level(&window[NEAR], &mut ahead.hints[(at + NEAR) % ROOM]);
            let hint = &mut ahead.hints[at % ROOM];
            let applied = self.apply_with(&window[0], hint, observer);
            self.find_home::<FROM_MEMORY>(&window[FAR], hint);
            if applied != Applied::Plainly && !self.goes_on(applied, deltas, at + 1, &mut ahead) {
                return at;
            }
        }
        self.finish(deltas, &mut ahead, observer)
    }

    /// The last messages of a batch, behind which there are none to look at.
    #[inline(never)]
    fn finish(&mut self, deltas: &[Delta], ahead: &mut Ahead, observer: &mut impl Observer) -> usize {
        for (at, delta) in deltas.iter().enumerate().skip(deltas.len().saturating_sub(FAR)) {
            Orders::prefetch(ahead.hints[(at + MIDDLE) % ROOM].home);
            if let Some(near) = deltas.get(at + NEAR) {
                self.fetch_level(near, &mut ahead.hints[(at + NEAR) % ROOM]);
            }
            let applied = self.apply_with(delta, &ahead.hints[at % ROOM], observer);
            if applied != Applied::Plainly && !self.goes_on(applied, deltas, at + 1, ahead) {
                return at;
            }
        }
        deltas.len()
    }

    /// Whether to go on after something unusual. A window may have moved, a bucket may have been split: what was found
    /// there before is looked up again.
    #[inline(never)]
    fn goes_on(&mut self, applied: Applied, deltas: &[Delta], next: usize, ahead: &mut Ahead) -> bool {
        let changes = self.changes();
        if changes != ahead.changes {
            ahead.changes = changes;
            for (at, delta) in deltas.iter().enumerate().skip(next).take(FAR) {
                let hint = &mut ahead.hints[at % ROOM];
                if self.orders.was_split(hint.home) | self.pool.has_moved(hint.pair.cast()) {
                    self.find_home::<false>(delta, hint);
                    if at < next + NEAR {
                        self.fetch_level(delta, hint);
                    }
                }
            }
        }
        applied != Applied::Not || self.policy != OnAnomaly::Stop
    }

    /// How often a window was moved or a bucket was split: not more than once each by one message.
    #[inline(always)]
    fn changes(&self) -> u64 {
        self.pool.moves() + u64::from(self.orders.buckets())
    }

    /// As [`Self::apply_batch`], message by message without looking ahead: the same code, to measure what fetching gains.
    pub fn apply_each(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        deltas.iter().position(|delta| !self.apply(delta, observer)).unwrap_or(deltas.len())
    }

    /// Finds the bucket of a message's reference, and the ladders of its symbol, which it asks for.
    #[inline(always)]
    fn find_home<const FROM_MEMORY: bool>(&mut self, delta: &Delta, hint: &mut Hint) {
        hint.home = self.orders.home(delta.reference);
        if FROM_MEMORY {
            Orders::prefetch_later(hint.home);
        }
        hint.pair = self.table.enter(delta.locate);
        for side in 0..2 {
            prefetch(hint.pair.cast::<Ladder>().wrapping_add(side));
        }
    }

    /// Looks into the bucket and at the ladders that were asked for, and asks for the level.
    #[inline(always)]
    fn fetch_level(&mut self, delta: &Delta, hint: &mut Hint) {
        let guess = self.orders.guess(hint.home);
        hint.guess = guess;
        let there = self.orders.get(hint.home.entry(guess)).spot().of(delta.locate);
        let new = Spot::new(delta.locate, usize::from(delta.code) & 1, delta.price);
        hint.spot = core::hint::select_unpredictable(adds(delta.kind), new, there);
        let ladder = ladder(hint.pair, hint.spot.side());
        hint.place = ladder.place(hint.spot.price());
        prefetch(hint.place.level);
        if delta.kind == b'U' {
            Orders::prefetch(self.orders.home(delta.other));
            prefetch(ladder.place(delta.price).level);
        }
    }
}

/// One side of a symbol.
#[inline(always)]
fn ladder<'a>(pair: *const Pair, side: usize) -> &'a Ladder {
    // SAFETY: an entry of the table, which keeps it in place; nothing else refers to it while a stage looks.
    unsafe { &(&(*pair).0)[side] }
}
