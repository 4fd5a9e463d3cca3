//! Applying a batch: memory is asked for before it is needed.
//!
//! With a million orders every message visits three or four lines that no cache holds: the bucket of its reference, its
//! order, its level, its neighbours in the queue. Each is known only from the one before, so a processor left alone
//! waits for each in turn. But the messages of a batch are independent: while one is applied, the levels of the next
//! ones are fetched, the orders of those after them, the buckets of those after them. All that is fetched is a hint:
//! messages are applied strictly in order by the same code as without a batch, so an order added and cancelled in the
//! same batch is no special case.

use core::ops::Range;

use hftz_model::Delta;

use super::apply::Hint;
use super::table::Pair;
use super::{Books, Observer};
use crate::store::index::{Guess, Home, Index};
use crate::store::ladder::Ladder;
use crate::store::orders::{Level, Order};
use crate::store::prefetch;

/// Messages a stage runs through at a time. Enough to keep the memory system busy, few enough that what the stages fetch
/// stays in a first-level cache of 32 KiB until it is used.
const GROUP: usize = 16;
/// Groups in flight: one is applied while three stages fetch.
const STAGES: usize = 4;

/// What the stages know about the messages of one group.
///
/// Messages that join a level (A F U) and messages that need a live order (E C X D U) are listed apart when the group is
/// first looked at, without a branch: the stages then run through lists in which every message is the same case.
#[derive(Clone, Copy)]
struct Group {
    joins: List,
    finds: List,
    /// The ladders of the message's symbol.
    pairs: [*mut Pair; GROUP],
    homes: [Home; GROUP],
    /// [`Index::buckets`] for which the homes hold.
    buckets: u32,
    /// Where a message that finds will probably find its order.
    guesses: [Guess; GROUP],
    /// Where a message that joins will probably join.
    levels: [*const Level; GROUP],
}

#[derive(Clone, Copy)]
struct List {
    entries: [u8; GROUP],
    length: usize,
}

impl List {
    const EMPTY: Self = Self { entries: [0; GROUP], length: 0 };

    #[inline(always)]
    fn push(&mut self, entry: usize, really: bool) {
        // There are no more than entries before this one; the mask says so to the compiler.
        self.entries[self.length % GROUP] = entry as u8;
        self.length += usize::from(really);
    }

    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.entries[..self.length.min(GROUP)].iter().map(|&entry| usize::from(entry) % GROUP)
    }
}

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
        let none = Group {
            joins: List::EMPTY,
            finds: List::EMPTY,
            pairs: [core::ptr::null_mut(); GROUP],
            homes: [self.index.home(0); GROUP],
            buckets: 0,
            guesses: [Guess::NONE; GROUP],
            levels: [core::ptr::null(); GROUP],
        };
        let mut groups = [none; STAGES];
        let count = deltas.len().div_ceil(GROUP);
        for step in 0..count + STAGES - 1 {
            if step < count {
                self.fetch_buckets(&deltas[range(step, deltas)], &mut groups[step % STAGES]);
            }
            if let Some(step) = step.checked_sub(1).filter(|&step| step < count) {
                self.fetch_orders(&deltas[range(step, deltas)], &mut groups[step % STAGES]);
            }
            if let Some(step) = step.checked_sub(2).filter(|&step| step < count) {
                self.fetch_levels(&groups[step % STAGES]);
            }
            if let Some(step) = step.checked_sub(3) {
                let group = &groups[step % STAGES];
                for (entry, at) in range(step, deltas).enumerate() {
                    let delta = &deltas[at];
                    let mut home = group.homes[entry % GROUP];
                    if group.buckets != self.index.buckets() {
                        // A split in between may have moved it.
                        home = self.index.home(delta.reference);
                    }
                    let (pair, guess) = (group.pairs[entry % GROUP], Some(group.guesses[entry % GROUP]));
                    if !self.apply_with(delta, Hint { home, pair, guess }, observer) {
                        return at;
                    }
                }
            }
        }
        deltas.len()
    }

    /// As [`Self::apply_batch`], message by message without looking ahead: the same code, to measure what fetching gains.
    pub fn apply_each(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        deltas.iter().position(|delta| !self.apply(delta, observer)).unwrap_or(deltas.len())
    }

    #[inline(always)]
    fn fetch_buckets(&mut self, deltas: &[Delta], group: &mut Group) {
        (group.joins, group.finds) = (List::EMPTY, List::EMPTY);
        group.buckets = self.index.buckets();
        for (entry, delta) in deltas.iter().enumerate().take(GROUP) {
            let needs = NEEDS[usize::from(delta.kind)];
            group.joins.push(entry, needs & JOINS != 0);
            group.finds.push(entry, needs & FINDS != 0);
            let home = self.index.home(delta.reference);
            group.homes[entry] = home;
            Index::prefetch(home);
            let pair = self.table.enter(delta.locate);
            group.pairs[entry] = pair;
            for side in 0..2 {
                prefetch(pair.cast::<Ladder>().wrapping_add(side));
            }
            if needs == JOINS | FINDS {
                Index::prefetch(self.index.home(delta.other));
            }
        }
    }

    #[inline(always)]
    fn fetch_orders(&self, deltas: &[Delta], group: &mut Group) {
        for entry in group.finds.iter() {
            let guess = self.index.guess(group.homes[entry]);
            group.guesses[entry] = guess;
            self.orders.prefetch(guess.handle);
        }
        for entry in group.joins.iter() {
            let delta = &deltas[entry];
            // SAFETY: pages of the table stay where they are, and nothing is borrowed from them.
            let pair = unsafe { &(*group.pairs[entry]).0 };
            let level = pair[usize::from(delta.code == b'S')].guess(delta.price);
            group.levels[entry] = level;
            prefetch(level);
        }
    }

    #[inline(always)]
    fn fetch_levels(&self, group: &Group) {
        for entry in group.finds.iter() {
            let &Order { side, price, next, prev, .. } = self.orders.get(group.guesses[entry].handle);
            self.orders.prefetch(next);
            self.orders.prefetch(prev);
            // SAFETY: as in `fetch_orders`.
            let pair = unsafe { &(*group.pairs[entry]).0 };
            prefetch(pair[usize::from(side & 1)].guess(price));
        }
        for entry in group.joins.iter() {
            // SAFETY: a guess can be read, and blocks of levels, once allocated, remain.
            self.orders.prefetch(unsafe { (*group.levels[entry]).tail });
        }
    }
}

/// The messages of a group.
#[inline(always)]
fn range(group: usize, deltas: &[Delta]) -> Range<usize> {
    group * GROUP..((group + 1) * GROUP).min(deltas.len())
}
