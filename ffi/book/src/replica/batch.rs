//! Applying a batch: memory is asked for before it is needed.
//!
//! With a million orders every message visits three or four lines that no cache holds: the bucket of its reference, its
//! order, its level, its neighbours in the queue. Each is known only from the one before, so a processor left alone
//! waits for each in turn. But the messages of a batch are independent: while one is applied, the levels of a later one
//! are fetched, the order of one after that, the bucket of one further on. All that is fetched is a hint: messages are
//! applied strictly in order by the same code as without a batch, so an order added and cancelled in the same batch is
//! no special case.
//!
//! The stages take turns message by message, not group by group: a processor has some twenty lines on their way at a
//! time, and one that asks for fifty at once stands still where it could apply a message. No stage branches on what a
//! message is: that is a coin toss, and a wrong guess costs more than working out both.

use core::hint::select_unpredictable as select;

use hftz_model::Delta;

use super::apply::Hint;
use super::table::Pair;
use super::{Books, Observer};
use crate::store::index::Index;
use crate::store::ladder::{Ladder, Place};
use crate::store::orders::{Handle, Spot};
use crate::store::prefetch;

/// Messages between one stage and the next: enough for a line to arrive from memory, few enough that what three stages
/// have fetched is still in a cache when it is used.
const DISTANCE: usize = 12;
/// Messages that are fetched for at once, a power of two.
const SLOTS: usize = 64;

const _: () = assert!(SLOTS.is_power_of_two() && SLOTS > 3 * DISTANCE);

/// What the stages know about a message.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Ahead {
    hint: Hint,
    /// What it needs.
    needs: u8,
}

const _: () = assert!(size_of::<Ahead>() == 64);

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

impl Books {
    /// Applies messages in order, fetching memory ahead, and returns how many were applied: fewer than given only under
    /// [`super::OnAnomaly::Stop`], when the next one is the anomaly. Any length works; below a few dozen there is little to
    /// fetch ahead, beyond a few hundred nothing more is gained.
    pub fn apply_batch(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        let Some(first) = deltas.first() else { return 0 };
        let nothing = Ahead { hint: self.look(first), needs: 0 };
        let mut slots = [nothing; SLOTS];
        for at in 0..3 * DISTANCE {
            self.fetch(deltas, at, &mut slots);
        }
        // Places and homes that were looked up before a window moved or a bucket was split may have moved too.
        let (mut shape, mut moved) = (self.shape(), 0);
        for (at, delta) in deltas.iter().enumerate() {
            self.fetch(deltas, at + 3 * DISTANCE, &mut slots);
            let slot = &mut slots[at % SLOTS];
            if at < moved {
                slot.hint = self.look(delta);
            }
            if !self.apply_with(delta, &slot.hint, observer) {
                return at;
            }
            let now = self.shape();
            if shape != now {
                (shape, moved) = (now, at + 3 * DISTANCE + 1);
            }
        }
        deltas.len()
    }

    /// Changes when places or homes do.
    #[inline(always)]
    fn shape(&self) -> u64 {
        self.pool.reshapes() + u64::from(self.index.buckets())
    }

    /// As [`Self::apply_batch`], message by message without looking ahead: the same code, to measure what fetching gains.
    pub fn apply_each(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        deltas.iter().position(|delta| !self.apply(delta, observer)).unwrap_or(deltas.len())
    }

    /// One turn of every stage; the first one's is at message `at`.
    #[inline(always)]
    fn fetch(&mut self, deltas: &[Delta], at: usize, slots: &mut [Ahead; SLOTS]) {
        if let Some(delta) = deltas.get(at) {
            self.fetch_bucket(delta, &mut slots[at % SLOTS]);
        }
        let at = at.wrapping_sub(DISTANCE);
        if let Some(delta) = deltas.get(at) {
            self.fetch_order(delta, &mut slots[at % SLOTS]);
        }
        let at = at.wrapping_sub(DISTANCE);
        if let Some(delta) = deltas.get(at) {
            self.fetch_level(delta, &mut slots[at % SLOTS]);
        }
    }

    #[inline(always)]
    fn fetch_bucket(&mut self, delta: &Delta, slot: &mut Ahead) {
        slot.needs = NEEDS[usize::from(delta.kind)];
        slot.hint.home = self.index.home(delta.reference);
        Index::prefetch(slot.hint.home);
        slot.hint.pair = self.table.enter(delta.locate);
        for side in 0..2 {
            prefetch(slot.hint.pair.cast::<Ladder>().wrapping_add(side));
        }
    }

    #[inline(always)]
    fn fetch_order(&self, delta: &Delta, slot: &mut Ahead) {
        let finds = slot.needs & FINDS != 0;
        let hint = &mut slot.hint;
        hint.guess = self.index.guess(hint.home);
        let order = self.orders.address(hint.guess.handle);
        let level = ladder(hint.pair, usize::from(delta.code) & 1).place(delta.price).level;
        prefetch(select(finds, order.cast::<u8>(), level.cast()));
        hint.place.level = select(finds, Place::nowhere().level, level);
        if slot.needs == JOINS | FINDS {
            for side in 0..2 {
                prefetch(ladder(hint.pair, side).place(delta.price).level);
            }
        }
    }

    #[inline(always)]
    fn fetch_level(&self, delta: &Delta, slot: &mut Ahead) {
        let finds = slot.needs & FINDS != 0;
        let hint = &mut slot.hint;
        let order = self.orders.get(select(finds, hint.guess.handle, Handle::NONE));
        // SAFETY: a place's level can be read, and blocks of levels, once allocated, remain.
        let tail = unsafe { (*hint.place.level).tail };
        self.orders.prefetch(select(finds, order.next, tail));
        self.orders.prefetch(select(finds, order.prev, Handle::NONE));
        let joins = Spot::new(delta.locate, usize::from(delta.code) & 1, delta.price);
        hint.spot = select(finds, order.spot.of(delta.locate), joins);
        let ladder = ladder(hint.pair, hint.spot.side());
        hint.place = ladder.place(hint.spot.price());
        prefetch(hint.place.level);
        ladder.prefetch_next(hint.spot.price(), finds);
        if slot.needs == JOINS | FINDS {
            // SAFETY: as above.
            self.orders.prefetch(unsafe { (*ladder.place(delta.price).level).tail });
            Index::prefetch(self.index.home(delta.other));
        }
    }
}

/// One side of a symbol.
#[inline(always)]
fn ladder<'a>(pair: *const Pair, side: usize) -> &'a Ladder {
    // SAFETY: an entry of the table, which keeps it in place; nothing else refers to it while a stage looks.
    unsafe { &(&(*pair).0)[side] }
}
