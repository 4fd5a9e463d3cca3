//! Live orders: one cache line each in an arena; what is free is handed out again last in, first out, so that a busy
//! engine stays on warm lines. An [index](ById) finds them by id.
//!
//! Handle 0 is no order: its slot takes the writes of branch-free unlinking and is never read for meaning. A handle is
//! checked once, when it is made: whoever holds one may go to its slot without another look at the arena's length.

use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

use hftz_isa::prefetch;
use hftz_model::{OrderKind, SelfTradeMode, Side, TimeInForce};

use super::index::{Found, Index as ById};
use super::memory;
use super::settings::SetupError;

/// Where a live order is, kept in [`Order::level`]: a level's handle or one of the queues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the book, at this level.
    Level(u32),
    /// Market order beside the book in an auction.
    MarketQueue,
    /// Stop that has not been elected.
    Stops,
    /// At-open or at-close order before its auction.
    AuctionWait,
}

/// One order: everything a cancel, a fill or a report needs.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Order {
    pub id: u64,
    /// Sequence number of the report by which it took its present place (rule 16).
    pub reference: u64,
    /// As last entered.
    pub price: i64,
    /// All of it, reserve included.
    pub open: u32,
    /// The part that trades and is published.
    pub shown: u32,
    /// What a refill shows at most, 0 all.
    pub display: u32,
    /// Traded so far; saturates, which is enough to compare with a 32-bit total.
    pub traded: u32,
    /// Neighbours in the level or queue.
    pub prev: u32,
    pub next: u32,
    pub(super) level: u32,
    /// Next order of a chain of the id table.
    pub(super) chain: u32,
    pub account: u16,
    pub symbol: u16,
    pub side: Side,
    pub kind: OrderKind,
    pub time_in_force: TimeInForce,
    pub self_trade: SelfTradeMode,
}

const _: () = assert!(size_of::<Order>() == 64);

impl Order {
    const MARKET_QUEUE: u32 = u32::MAX;
    const STOPS: u32 = u32::MAX - 1;
    const AUCTION_WAIT: u32 = u32::MAX - 2;

    /// No order.
    pub const NONE: Self = Self {
        id: 0,
        reference: 0,
        price: 0,
        open: 0,
        shown: 0,
        display: 0,
        traded: 0,
        prev: 0,
        next: 0,
        level: 0,
        chain: 0,
        account: 0,
        symbol: 0,
        side: Side::Buy,
        kind: OrderKind::Limit,
        time_in_force: TimeInForce::Day,
        self_trade: SelfTradeMode::Allow,
    };

    #[inline]
    pub fn place(&self) -> Place {
        match self.level {
            Self::MARKET_QUEUE => Place::MarketQueue,
            Self::STOPS => Place::Stops,
            Self::AUCTION_WAIT => Place::AuctionWait,
            level => Place::Level(level),
        }
    }

    #[inline]
    pub fn set_place(&mut self, place: Place) {
        self.level = match place {
            Place::MarketQueue => Self::MARKET_QUEUE,
            Place::Stops => Self::STOPS,
            Place::AuctionWait => Self::AUCTION_WAIT,
            Place::Level(level) => level,
        };
    }

    /// What it shows when it takes a place in the book, or when its shown part is refilled (rule 6).
    #[inline]
    pub fn shows(&self) -> u32 {
        if self.display == 0 { self.open } else { self.display.min(self.open) }
    }

    /// Whether it expires with an auction it takes part in.
    #[inline]
    pub fn auction_only(&self) -> bool {
        matches!(self.time_in_force, TimeInForce::AtOpen | TimeInForce::AtClose)
    }

    #[inline]
    pub fn is_market(&self) -> bool {
        self.kind == OrderKind::Market
    }

    /// The session that sent it.
    #[inline]
    pub fn session(&self) -> u16 {
        (self.id >> 48) as u16
    }
}

/// The arena.
pub struct Orders {
    slots: Vec<Order>,
    /// Free slots, linked by `next`.
    free: u32,
    live: u32,
    capacity: u32,
}

impl Orders {
    pub fn new(capacity: u32) -> Result<Self, SetupError> {
        let mut slots = memory::reserved(capacity as usize + 1, capacity)?;
        slots.push(Order::NONE);
        Ok(Self { slots, free: 0, live: 0, capacity })
    }

    #[inline]
    pub fn live(&self) -> u32 {
        self.live
    }

    #[inline]
    pub fn is_full(&self) -> bool {
        self.live == self.capacity
    }

    /// Asks for a slot; any number is fine.
    #[inline]
    pub fn fetch(&self, handle: u32) {
        prefetch(self.slots.as_ptr().wrapping_add(handle as usize));
    }

    /// What is in a slot, if there is one of this number.
    #[inline]
    pub fn get(&self, handle: u32) -> Option<&Order> {
        self.slots.get(handle as usize)
    }

    /// Looks for the live order with this id.
    #[inline(always)]
    pub fn look<I: ById>(&self, id: u64, ids: &I) -> Found<I::Place> {
        ids.find(id, &self.slots)
    }

    /// Where a new order can be made known by its id, `None` when that is live.
    #[inline(always)]
    pub fn room<I: ById>(&self, id: u64, ids: &I) -> Option<I::Room> {
        ids.room(id, &self.slots)
    }

    /// Takes a slot for an order; 0, and nothing has happened, when its id is live. The caller has checked that the arena is
    /// not full.
    #[inline]
    pub fn insert<I: ById>(&mut self, order: &Order, ids: &mut I) -> u32 {
        let Some(room) = self.room(order.id, ids) else { return 0 };
        let handle = self.take();
        self[handle] = *order;
        self.index(room, handle, ids);
        handle
    }

    /// Takes a slot. What it holds must be written at once and then be [indexed](Self::index).
    #[inline(always)]
    pub fn take(&mut self) -> u32 {
        self.live += 1;
        if self.free == 0 {
            return self.grow();
        }
        let handle = self.free;
        self.free = self[handle].next;
        handle
    }

    #[inline(never)]
    fn grow(&mut self) -> u32 {
        self.slots.push(Order::NONE);
        self.slots.len() as u32 - 1
    }

    /// Makes an order that is in its slot known by its id.
    #[inline(always)]
    pub fn index<I: ById>(&mut self, room: I::Room, handle: u32, ids: &mut I) {
        ids.insert(room, handle, self.live, &mut self.slots);
    }

    /// Writes an order back that was changed outside its slot.
    #[inline]
    pub fn restore(&mut self, handle: u32, order: &Order) {
        let chain = self[handle].chain;
        self[handle] = Order { chain, ..*order };
    }

    /// Frees a live order's slot.
    #[inline]
    pub fn remove<I: ById>(&mut self, handle: u32, ids: &mut I) {
        let found = self.look(self[handle].id, ids);
        debug_assert_eq!(found.handle, handle);
        ids.remove(found, &mut self.slots);
        self.give(handle);
    }

    /// Frees the slot of the live order that a [look](Self::look) found.
    #[inline(always)]
    pub fn remove_found<I: ById>(&mut self, found: Found<I::Place>, ids: &mut I) {
        ids.remove(found, &mut self.slots);
        self.give(found.handle);
    }

    #[inline]
    fn give(&mut self, handle: u32) {
        self[handle].next = self.free;
        self.free = handle;
        self.live -= 1;
    }
}

impl Index<u32> for Orders {
    type Output = Order;
    #[inline]
    fn index(&self, handle: u32) -> &Order {
        debug_assert!((handle as usize) < self.slots.len());
        // SAFETY: handles come from `take` alone, in links and tables of this engine, and slots are never given back.
        unsafe { self.slots.get_unchecked(handle as usize) }
    }
}

impl IndexMut<u32> for Orders {
    #[inline]
    fn index_mut(&mut self, handle: u32) -> &mut Order {
        debug_assert!((handle as usize) < self.slots.len());
        // SAFETY: as above.
        unsafe { self.slots.get_unchecked_mut(handle as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_encoding() {
        let mut order = Order::NONE;
        for place in [Place::Level(7), Place::MarketQueue, Place::Stops, Place::AuctionWait] {
            order.set_place(place);
            assert_eq!(order.place(), place);
        }
    }
}
