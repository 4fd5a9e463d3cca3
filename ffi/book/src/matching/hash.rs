//! Two numbers for what the engine holds: the shown books alone, comparable with a feed's replica, and the whole state.

use hftz_model::{Side, TimeInForce, TradingState};

use super::index::Index;
use super::orders::Place;
use super::saved::Special;
use super::symbol::{Symbol, key_of};
use super::{Engine, set_bits};
use crate::store::StateHasher;

impl<I: Index> Engine<I> {
    /// The hash of the shown books by the definition of `docs/state-hash.md`: what a replica of the published feed has.
    #[must_use]
    pub fn books_hash(&self) -> u64 {
        let mut hasher = StateHasher::new();
        for symbol in set_bits(&*self.touched) {
            for side in [Side::Buy, Side::Sell] {
                if self.best(symbol, side).is_some() {
                    hasher.side(symbol, side);
                }
                self.each_in_book(symbol, side, |handle| {
                    let order = &self.orders[handle];
                    hasher.order(order.reference, order.price, order.shown);
                });
            }
        }
        hasher.finish()
    }

    /// The hash of everything that decides what the engine will answer, engine time left out; the byte stream is defined
    /// in `docs/engine-rules.md`.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::new();
        hasher.bytes(&self.sequence.to_le_bytes());
        hasher.bytes(&self.matches.to_le_bytes());
        hasher.bytes(&[u8::from(self.blocks.everything())]);
        for account in self.blocks.accounts() {
            hasher.bytes(&account.to_le_bytes());
        }
        for symbol in 1..=u16::MAX {
            self.hash_symbol(symbol, &mut hasher);
        }
        hasher.finish()
    }

    fn hash_symbol(&self, symbol: u16, hasher: &mut StateHasher) {
        if self.is_idle(symbol) {
            return;
        }
        let about = &self.symbols[symbol as usize];
        let heads = self.queue_heads(symbol);
        hasher.bytes(&symbol.to_le_bytes());
        hasher.bytes(&[about.state.byte(), about.auction.byte(), u8::from(about.has(Symbol::BLOCKED))]);
        hasher.bytes(&about.last.to_le_bytes());
        hasher.bytes(&about.reference.to_le_bytes());
        for side in [Side::Buy, Side::Sell] {
            self.each_in_book(symbol, side, |handle| self.hash_order(handle, b'B', hasher));
        }
        for (head, place) in heads.into_iter().zip(*b"MSW") {
            let mut at = head;
            while at != 0 {
                self.hash_order(at, place, hasher);
                at = self.orders[at].next;
            }
        }
    }

    /// The first orders of a symbol's market queue, stops and auction queue.
    fn queue_heads(&self, symbol: u16) -> [u32; 3] {
        let mut waiting = *self.waitings.get(self.symbols[symbol as usize].waiting);
        let places = [Place::MarketQueue, Place::Stops, Place::AuctionWait];
        places.map(|place| waiting.queue(place).map_or(0, |queue| queue.head))
    }

    /// Whether a symbol is as if no command had ever named it; an idle one is no part of the state.
    pub(super) fn is_idle(&self, symbol: u16) -> bool {
        let about = &self.symbols[symbol as usize];
        let idle = about.state == TradingState::Trading && about.last == 0 && about.reference == 0;
        let empty = || [Side::Buy, Side::Sell].into_iter().all(|side| self.best(symbol, side).is_none());
        idle && !about.has(Symbol::BLOCKED) && self.queue_heads(symbol) == [0; 3] && empty()
    }

    /// What an order at this place has beside its slot; 0 where it means nothing.
    pub(super) fn special(&self, handle: u32, place: u8) -> Special {
        let (order, at) = (&self.orders[handle], handle as usize);
        let stop = place == b'S';
        let dated = order.time_in_force == TimeInForce::Gtd;
        let ranked = dated || place != b'B' || order.auction_only();
        Special {
            trigger: if stop { -key_of(order.side.opposite(), self.extras.trigger[at]) } else { 0 },
            minimum: if stop { self.extras.minimum[at] } else { 0 },
            expiry: if dated { self.extras.expiry[at] } else { 0 },
            accepted: if ranked { self.extras.accepted[at] } else { 0 },
        }
    }

    fn hash_order(&self, handle: u32, place: u8, hasher: &mut StateHasher) {
        let (order, special) = (&self.orders[handle], self.special(handle, place));
        hasher.bytes(&[
            place,
            order.side.byte(),
            order.kind.byte(),
            order.time_in_force.byte(),
            order.self_trade.byte(),
        ]);
        hasher.bytes(&order.account.to_le_bytes());
        hasher.bytes(&order.id.to_le_bytes());
        hasher.bytes(&order.reference.to_le_bytes());
        hasher.bytes(&order.price.to_le_bytes());
        for shares in [order.open, order.shown, order.display, order.traded] {
            hasher.bytes(&shares.to_le_bytes());
        }
        hasher.bytes(&special.trigger.to_le_bytes());
        hasher.bytes(&special.minimum.to_le_bytes());
        hasher.bytes(&special.expiry.to_le_bytes());
        hasher.bytes(&special.accepted.to_le_bytes());
    }

    /// Calls `each` with the orders of one side of a book, best level first, first to last.
    pub(super) fn each_in_book(&self, symbol: u16, side: Side, mut each: impl FnMut(u32)) {
        let about = &self.symbols[symbol as usize];
        let mut next = self.ladders.top(about, &self.specs, side);
        while let Some((price, level)) = next {
            let mut at = self.ladders.level(level).head;
            while at != 0 {
                each(at);
                at = self.orders[at].next;
            }
            next = self.ladders.worse(about, &self.specs, side, price);
        }
    }
}
