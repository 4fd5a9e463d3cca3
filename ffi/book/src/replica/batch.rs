//! Applying a batch: memory is asked for before it is needed.
//!
//! With a million orders every message visits three or four lines that no cache holds: the bucket of its reference, its
//! order, its level, its neighbours in the queue. Each is known only from the one before, so a processor left alone
//! waits for each in turn. But the messages of a batch are independent: while one is applied, the levels of the next
//! ones are fetched, the orders of those after them, the buckets of those after them. All that is fetched is a hint:
//! messages are applied strictly in order by the same code as without a batch, so an order added and cancelled in the
//! same batch is no special case.

use hftz_model::Delta;

use super::{Books, Observer};
use crate::store::index::{Home, Index};
use crate::store::orders::{Handle, Order};
use crate::store::prefetch;

/// Messages a stage runs through at a time. Enough to keep the memory system busy, few enough that what the stages fetch
/// stays in a first-level cache of 32 KiB until it is used.
const GROUP: usize = 16;
/// Groups in flight: one is applied while three stages fetch.
const STAGES: usize = 4;

/// What earlier stages found out for later ones, by message number modulo the ring.
struct Ring {
    homes: [Home; GROUP * STAGES],
    handles: [Handle; GROUP * STAGES],
}

impl Books {
    /// Applies messages in order, fetching memory ahead, and returns how many were applied: fewer than given only under
    /// [`super::OnAnomaly::Stop`], when the next one is the anomaly. Any length works; below a few dozen there is little to
    /// fetch ahead, beyond a few hundred nothing more is gained.
    pub fn apply_batch(&mut self, deltas: &[Delta], observer: &mut impl Observer) -> usize {
        let mut ring = Ring { homes: [self.index.home(0); GROUP * STAGES], handles: [Handle::NONE; GROUP * STAGES] };
        let groups = deltas.len().div_ceil(GROUP);
        for step in 0..groups + STAGES - 1 {
            let group = |stage: usize| {
                let start = step.checked_sub(stage).map_or(deltas.len(), |group| group * GROUP).min(deltas.len());
                start..(start + GROUP).min(deltas.len())
            };
            for at in group(0) {
                self.fetch_buckets(&deltas[at], at, &mut ring);
            }
            for at in group(1) {
                self.fetch_orders(&deltas[at], at, &mut ring);
            }
            for at in group(2) {
                self.fetch_levels(&deltas[at], at, &ring);
            }
            for at in group(3) {
                if !self.apply(&deltas[at], observer) {
                    return at;
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
    fn fetch_buckets(&mut self, delta: &Delta, at: usize, ring: &mut Ring) {
        let home = self.index.home(delta.reference);
        ring.homes[at % (GROUP * STAGES)] = home;
        Index::prefetch(home);
        Index::prefetch(self.index.home(delta.other));
        self.table.prefetch(delta.locate);
    }

    #[inline(always)]
    fn fetch_orders(&mut self, delta: &Delta, at: usize, ring: &mut Ring) {
        let handle = self.index.guess(ring.homes[at % (GROUP * STAGES)]);
        ring.handles[at % (GROUP * STAGES)] = handle;
        self.orders.prefetch(handle);
        if let Some(pair) = self.table.get(delta.locate) {
            let side = usize::from(delta.code == b'S');
            prefetch(pair[side].guess(delta.price));
        }
    }

    #[inline(always)]
    fn fetch_levels(&mut self, delta: &Delta, at: usize, ring: &Ring) {
        let &Order { locate, side, price, next, prev, .. } = self.orders.get(ring.handles[at % (GROUP * STAGES)]);
        self.orders.prefetch(next);
        self.orders.prefetch(prev);
        if let Some(pair) = self.table.get(locate) {
            prefetch(pair[usize::from(side & 1)].guess(price));
        }
        if matches!(delta.kind, b'A' | b'F')
            && let Some(pair) = self.table.get(delta.locate)
        {
            let side = usize::from(delta.code == b'S');
            // SAFETY: a guess can be read.
            self.orders.prefetch(unsafe { (*pair[side].guess(delta.price)).tail });
        }
    }
}
