//! Orders of a symbol that are live but not in its book: market orders in an auction, stops, at-open and at-close orders.
//!
//! Each kind is a queue through the orders' own links. Stops are also in a treap for each side by trigger, and whatever
//! takes part in an auction without outliving it is in a treap by acceptance. Only symbols that have such orders have a
//! record.

use alloc::vec::Vec;

use super::memory;
use super::orders::{Orders, Place};
use super::settings::SetupError;

/// A queue through [`Order::prev`](super::orders::Order) and `next`.
#[derive(Clone, Copy, Default)]
pub struct Queue {
    pub head: u32,
    pub tail: u32,
}

impl Queue {
    pub fn push(&mut self, orders: &mut Orders, handle: u32) {
        let tail = self.tail;
        self.tail = handle;
        if tail == 0 {
            self.head = handle;
        } else {
            orders[tail].next = handle;
        }
        orders[handle].prev = tail;
        orders[handle].next = 0;
    }

    pub fn unlink(&mut self, orders: &mut Orders, handle: u32) {
        let (prev, next) = (orders[handle].prev, orders[handle].next);
        if prev == 0 {
            self.head = next;
        } else {
            orders[prev].next = next;
        }
        if next == 0 {
            self.tail = prev;
        } else {
            orders[next].prev = prev;
        }
    }
}

/// One symbol's waiting orders.
#[derive(Clone, Copy, Default)]
pub struct Waiting {
    /// Market orders in an auction, both sides.
    pub market: Queue,
    /// Stops not elected, both sides, in order of acceptance.
    pub stops: Queue,
    /// At-open and at-close orders before their auction, in order of acceptance.
    pub auction: Queue,
    /// Roots of the stops by trigger, for each side.
    pub triggers: [u32; 2],
    /// Root of the orders that the end of the auction ends: market orders and at-open and at-close orders in it.
    pub participants: u32,
}

impl Waiting {
    /// The queue of a place outside the book.
    pub fn queue(&mut self, place: Place) -> Option<&mut Queue> {
        match place {
            Place::MarketQueue => Some(&mut self.market),
            Place::Stops => Some(&mut self.stops),
            Place::AuctionWait => Some(&mut self.auction),
            Place::Level(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        self.market.head | self.stops.head | self.auction.head | self.participants == 0
    }
}

/// The records of all symbols.
pub struct Waitings {
    records: Vec<Waiting>,
    /// Free records, linked by `participants`.
    free: u32,
}

impl Waitings {
    pub fn new(capacity: u32) -> Result<Self, SetupError> {
        let mut records = memory::reserved(capacity.min(u32::from(u16::MAX)) as usize + 1, capacity)?;
        records.push(Waiting::default());
        Ok(Self { records, free: 0 })
    }

    #[inline]
    pub fn get(&self, record: u32) -> &Waiting {
        &self.records[record as usize]
    }

    #[inline]
    pub fn record(&mut self, record: u32) -> &mut Waiting {
        &mut self.records[record as usize]
    }

    /// The record of a symbol, made if it has none.
    pub fn ensure(&mut self, record: &mut u32) -> &mut Waiting {
        if *record == 0 {
            if self.free == 0 {
                self.records.push(Waiting::default());
                *record = self.records.len() as u32 - 1;
            } else {
                *record = self.free;
                self.free = self.records[*record as usize].participants;
                self.records[*record as usize] = Waiting::default();
            }
        }
        &mut self.records[*record as usize]
    }

    /// Gives the record back when nothing waits any more.
    pub fn release(&mut self, record: &mut u32) {
        if *record != 0 && self.records[*record as usize].is_empty() {
            self.records[*record as usize].participants = self.free;
            self.free = *record;
            *record = 0;
        }
    }
}
